package migration

import (
	"slices"
	"strings"

	"belay/sqlview/pattern"
)

// foreignTool is a tool that belay knows by sight and does not run.
type foreignTool struct {
	name, title string
	signs       []Sign
	tables      []KnownTable
}

// foreign are tools whose folders must be named, never misread as plain files,
// and whose history tables are named wherever they are met. The columns are
// those that tell a table from others of its name (versions: formats that belay
// runs name their own).
var foreign = []foreignTool{
	{name: "sqitch", title: "Sqitch",
		signs:  []Sign{{Score: 100, Why: "sqitch.plan", File: "sqitch.plan"}},
		tables: []KnownTable{{Schema: "sqitch", Name: "changes", Columns: []string{"change_id", "script_hash"}}}},
	{name: "liquibase", title: "Liquibase",
		signs: []Sign{
			{
				Score: 100, Why: "a file that begins with --liquibase formatted sql",
				SQL: pattern.New(`(?i)\A--\s*liquibase formatted sql`),
			},
		},
		tables: []KnownTable{{Name: "databasechangelog", Columns: []string{"id", "author", "filename"}}}},
	{name: "refinery", title: "refinery",
		signs: []Sign{
			{
				Score: 96, Why: "files named V1__name beside a Cargo.toml with refinery", Beside: "Cargo.toml",
				Mentions: "refinery", Name: refineryName.MatchString,
			},
			{
				Score: 85, Why: "files named V1__name beside a Cargo.toml", Beside: "Cargo.toml",
				Name: refineryName.MatchString,
			},
			{Score: 70, Why: "files named V1__name", Name: refineryName.MatchString},
		},
		tables: []KnownTable{{Name: "refinery_schema_history", Columns: []string{"version", "checksum"}}}},
	{name: "alembic", title: "Alembic",
		signs: []Sign{{
			Score: 95, Why: "Python with down_revision", Code: pattern.New(`(?m)^down_revision\b`),
			Words: []string{"down_revision"},
		}},
		tables: []KnownTable{{Name: "alembic_version", Columns: []string{"version_num"}}}},
	{name: "django", title: "Django",
		signs: []Sign{
			{Score: 95, Why: "Python with migrations.Migration", Code: pattern.New(`\(migrations\.Migration\)`)},
		},
		tables: []KnownTable{{Name: "django_migrations", Columns: []string{"app", "name", "applied"}}}},
	{name: "rails", title: "Rails",
		signs: []Sign{
			{Score: 95, Why: "Ruby with ActiveRecord::Migration", Code: pattern.New(`ActiveRecord::Migration`)},
		},
		tables: []KnownTable{
			{Name: "schema_migrations", Columns: []string{"version"}, Beside: "ar_internal_metadata"},
		}},
	{name: "knex", title: "Knex",
		signs:  programSigns("Knex", `\b[kK]nex\b`, "nex", `"knex"`),
		tables: []KnownTable{{Name: "knex_migrations", Columns: []string{"name", "batch", "migration_time"}}}},
	{name: "sequelize", title: "Sequelize",
		signs:  programSigns("Sequelize", `\bqueryInterface\b`, "queryInterface", `"sequelize`),
		tables: []KnownTable{{Name: "SequelizeMeta", Columns: []string{"name"}}}},
	{name: "drizzle-folders", title: "Drizzle 1.0, with a folder for each migration",
		signs: []Sign{{Score: 100, Why: "folders with a snapshot.json", Inside: "snapshot.json"}}},
	{name: "mikro-orm", title: "MikroORM",
		signs:  []Sign{{Score: 97, Why: "programs of MikroORM", Code: pattern.New(`@mikro-orm/migrations`)}},
		tables: []KnownTable{{Name: "mikro_orm_migrations", Columns: []string{"id", "name", "executed_at"}}}},
	{name: "kysely", title: "Kysely",
		signs: []Sign{{
			Score: 97, Why: "programs of Kysely", Code: pattern.New(`\bKysely\b|['"]kysely['"]`),
			Words: []string{"ysely"},
		}},
		tables: []KnownTable{{Name: "kysely_migration", Columns: []string{"name", "timestamp"}}}},
	{name: "typeorm", title: "TypeORM",
		signs: []Sign{{
			Score: 97, Why: "programs of TypeORM", Code: pattern.New(`\bMigrationInterface\b`),
			Words: []string{"MigrationInterface"},
		}},
		tables: []KnownTable{
			{Name: "migrations", Columns: []string{"id", "timestamp", "name"}},
		}},
	{name: "db-migrate", title: "db-migrate",
		signs: []Sign{
			{Score: 97, Why: "programs of db-migrate", Code: pattern.New(`\bdbm\b`), Words: []string{"dbm"}},
			{Score: 97, Why: "programs of db-migrate", Code: pattern.New(`\bseedLink\b`), Words: []string{"seedLink"}},
		},
		tables: []KnownTable{{Name: "migrations", Columns: []string{"id", "name", "run_on"}}}},
	{name: "ecto", title: "Ecto",
		signs: []Sign{
			{Score: 95, Why: "Elixir with Ecto.Migration", Name: pattern.New(`^[0-9]+_.*\.exs$`).MatchString},
		},
		tables: []KnownTable{{Name: "schema_migrations", Columns: []string{"version", "inserted_at"}}}},
}

const upText = `exports\.up\b|export (?:async )?(?:function|const|let|var) up\b|` +
	`(?:module\.exports\s*=|export default)\s*\{[^}]*\bup\b`

var exportsUp = pattern.New(upText)

// programSigns are those of a tool whose migrations are JavaScript: a word of its own in
// them is sure, its name in the package.json less so, and without either the program may
// be any such tool's, and a person is asked. in stands in whatever word matches.
func programSigns(title, word, in, inPackage string) []Sign {
	const by = "JavaScript that exports up"
	return []Sign{
		{Score: 95, Why: by + ", for " + title, Code: upWith(word), Words: []string{"export", "up", in}},
		{
			Score: 78, Why: by + ", beside a package.json with " + strings.Trim(inPackage, `"`), Code: exportsUp,
			Words: []string{"export", "up"}, Beside: "package.json", Mentions: inPackage,
		},
		{Score: 60, Why: by, Code: exportsUp, Words: []string{"export", "up"}},
	}
}

// upWith is a program that exports up and has a word, before or behind.
func upWith(word string) *pattern.Pattern {
	return pattern.New(`(?s)(` + upText + `).*` + word + `|` + word + `.*(` + upText + `)`)
}

var refineryName = pattern.New(`^[UV][0-9]+(\.[0-9]+)?__\w+\.(sql|rs)$`)

// Title is how a tool calls itself; a name that is not known is its own title.
func Title(name string) string {
	name = strings.ToLower(name)
	if i := slices.IndexFunc(formats, func(f Format) bool { return f.Name == name }); i >= 0 {
		return formats[i].Title
	}
	if t := foreignNamed(name); t != nil {
		return t.title
	}
	return name
}

func foreignNamed(name string) *foreignTool {
	if i := slices.IndexFunc(foreign, func(t foreignTool) bool { return t.name == strings.ToLower(name) }); i >= 0 {
		return &foreign[i]
	}
	return nil
}

package migration

import "hash/crc32"

// golangMigrate was watched as the command line tool v4.20.1 with its pgx5
// driver, and read in source/parse.go, database/util.go and
// database/pgx/v5/pgx.go of that version.
var golangMigrate = register(Format{
	Name:  "golang-migrate",
	Title: "golang-migrate",
	Doc: `# golang-migrate

**Files.** ` + "`VERSION_title.up.sql` and `VERSION_title.down.sql`" + ` in one flat folder. Versions are numbers and are run in
numeric order, so 0000001 and 1 are the same version. Other names are ignored. Two up files of one version stop every command.

**Transactions.** None is opened. A file is sent as one string, which the server runs as one implicit transaction when it
has more than one statement. A file of a single statement is not in a transaction block, so CREATE INDEX CONCURRENTLY must
stand alone in its file. With ` + "`x-multi-statement=true`" + ` in the URL each statement is sent alone; the tool then cuts at every ;,
also within a function's body, belay where a statement ends.

**History.** One row in ` + "`schema_migrations(version bigint, dirty boolean)`" + ` of current_schema(), or in the table that
` + "`x-migrations-table`" + ` names. Every version up to the row's
counts as applied: a file that is merged later with a lower version is passed over without a word. The tool writes the row
with dirty = true before the file and dirty = false after it; a dirty row stops every command.

**Lock.** An advisory key of schema, table and database name. The command line hashes the path of the URL with its slash, a
service that calls WithInstance hashes the bare name: the two do not exclude each other, so belay takes both keys.

**Belay.** The row is written in the file's own transaction. Where the file cannot be in one, it is written dirty before and
clean after, as the tool does.
`,
	Signs: []Sign{
		{
			Score: 95, Why: "up files, and a go.mod with golang-migrate", Name: isGolangMigrateUp, Beside: "go.mod",
			Mentions: "golang-migrate/migrate",
		},
		// sqlx names its files alike.
		{
			Score: 40, Why: "up files beside a Cargo.toml", Name: isGolangMigrateUp, Beside: "Cargo.toml",
			NotBeside: "go.mod",
		},
		{Score: 80, Why: "up files", Name: isGolangMigrateUp},
	},
	Outside: Outside{
		How: "leave it alone in its file: golang-migrate opens no transaction for a file of one statement",
	},
	Load:         loadGolangMigrate,
	ForceCommand: "migrate force VERSION",
	VersionOf:    golangMigrateVersion,
	NextName:     golangMigrateNext,
	Compose:      composeGolangMigrate,
	History: History{
		Table: "schema_migrations",
		Columns: []Column{
			{Name: "version", Types: []string{"bigint"}},
			{Name: "dirty", Types: []string{"boolean"}},
		},
		UpTo:       true,
		Privileges: []string{"SELECT", "INSERT", "DELETE"},
		Create: func(table string) string {
			return "CREATE TABLE IF NOT EXISTS " + table +
				" (version bigint not null primary key, dirty boolean not null)"
		},
		Read: func(table string) string {
			return "SELECT version::pg_catalog.text, ''::pg_catalog.text, ''::pg_catalog.text, dirty FROM " + table +
				" ORDER BY version DESC"
		},
		Record: func(table string, m Migration) []Write { return setVersion(table, int64(m.Number), false) },
		Begin:  func(table string, m Migration) []Write { return setVersion(table, int64(m.Number), true) },
		BeginDown: func(table string, _ Migration, prev *Migration) []Write {
			return setVersion(table, versionOrNil(prev), true)
		},
		Unrecord: func(table string, _ Migration, prev *Migration) []Write {
			return setVersion(table, versionOrNil(prev), false)
		},
		Keys: func(database, schema, table string) []int64 {
			return []int64{
				golangMigrateKey("/"+database, schema, table),
				golangMigrateKey(database, schema, table),
			}
		},
	},
})

func golangMigrateNext(f Folder, title, now string) string {
	return nextVersion(f, now, 6) + "_" + slug(title) + ".up.sql"
}

// nilVersion is how the tool spells "no migration is applied" in a dirty row.
const nilVersion = -1

func versionOrNil(m *Migration) int64 {
	if m == nil {
		return nilVersion
	}
	return int64(m.Number)
}

// setVersion empties the table with DELETE where the tool uses TRUNCATE: that
// would hold ACCESS EXCLUSIVE on it for the whole migration. The rows that are
// left are equal.
func setVersion(table string, version int64, dirty bool) []Write {
	writes := []Write{{SQL: "DELETE FROM " + table}}
	if version == nilVersion && !dirty {
		return writes
	}
	return append(writes, Write{
		SQL:  "INSERT INTO " + table + " (version, dirty) VALUES ($1, $2)",
		Args: []any{version, dirty},
	})
}

// golangMigrateKey multiplies modulo 2^32; the result is never negative.
func golangMigrateKey(database, schema, table string) int64 {
	const salt = 1486364155
	return int64(crc32.ChecksumIEEE([]byte(schema+"\x00"+table+"\x00"+database)) * salt)
}

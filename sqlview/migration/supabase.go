package migration

import (
	"io/fs"
	"slices"

	"belay/sqlview/pattern"
)

// supabase was read in apps/cli-go/pkg/migration of 1d1e71912; its wire protocol
// was played with pgx, the CLI was not run.
var _ = register(Format{
	Name:  "supabase",
	Title: "Supabase",
	Doc: `# supabase

**Files.** ` + "`VERSION_title.sql`" + ` in supabase/migrations, sorted by file name. There is no way back. The CLI passes over a first file
` + "`…_init.sql`" + ` that is older than 2021-12-09, and so does belay.

**Transactions.** A file is sent as one pipeline with its history row, which the server runs as one transaction. CREATE INDEX
CONCURRENTLY works alone in its file; with anything before it the file fails, and two of them, or a failure behind one, leave an invalid
index.

**History.** A row in ` + "`supabase_migrations.schema_migrations(version, statements, name)`" + ` for each version. The statements are kept and never
compared: an edited file is not noticed. A file merged later with a lower version stops the CLI, unless it is told --include-all.

**Lock.** None: nothing keeps the CLI from starting beside belay.
`,
	Signs: []Sign{
		{
			Score: 90, Why: "numbered files in supabase/migrations", Path: "supabase/migrations",
			Name: supabaseName.MatchString,
		},
		{
			Score: 90, Why: "numbered files, and a config.toml with project_id", Beside: "config.toml",
			Mentions: "project_id", Name: supabaseName.MatchString,
		},
	},
	Load:      loadSupabase,
	VersionOf: supabaseFiles.version,
	SortKey:   byFileName,
	NextName:  supabaseNext,
	Compose:   composeSupabase,
	Outside:   Outside{How: "leave it alone in its file: the file and its history row are then no transaction"},
	History: History{
		Schema: "supabase_migrations",
		Table:  "schema_migrations",
		Columns: []Column{
			{Name: "version", Types: []string{"text"}},
			{Name: "statements", Types: []string{"text[]"}},
			{Name: "name", Types: []string{"text"}},
		},
		Privileges: []string{"SELECT", "INSERT", "DELETE"},
		Create: func(table string) string {
			return "CREATE TABLE IF NOT EXISTS " + table +
				" (version pg_catalog.text NOT NULL PRIMARY KEY, statements pg_catalog.text[], name pg_catalog.text)"
		},
		Read: func(table string) string {
			return "SELECT version, coalesce(name, ''), ''::pg_catalog.text, false FROM " + table +
				" ORDER BY version DESC"
		},
		Record: func(table string, m Migration) []Write {
			return []Write{
				{
					SQL:  "INSERT INTO " + table + " (version, statements, name) VALUES ($1, $2, $3)",
					Args: []any{m.Version, statementsOf(m.Up.Bytes), m.Title},
				},
			}
		},
		Unrecord: func(table string, m Migration, _ *Migration) []Write {
			return []Write{
				{SQL: "DELETE FROM " + table + " WHERE version OPERATOR(pg_catalog.=) $1", Args: []any{m.Version}},
			}
		},
		Keys: noKeys,
	},
})

var (
	supabaseName  = pattern.New(`^([0-9]+)_(.*)\.sql$`)
	supabaseFiles = oneFile{
		format: "supabase",
		name:   supabaseName,
		twice:  "the CLI fails at the second, whose version is taken",
		fill:   fillSupabase,
	}
	supabaseInit = pattern.New(`^[0-9]{14}_init\.sql$`)
)

func loadSupabase(root fs.FS, dir string) (Folder, error) {
	f, err := supabaseFiles.load(root, dir)
	if len(f.Migrations) > 0 {
		if first := f.Migrations[0]; supabaseInit.MatchString(first.Up.Path) && first.Number < 20211209000000 {
			f.Migrations = slices.Delete(f.Migrations, 0, 1)
			f.Problems = append(f.Problems, Problem{Kind: Name, Version: first.Version, Paths: []string{first.Up.Path},
				Message: first.Up.Path +
					" is passed over, as the CLI does with such a first file of before December 2021",
				Hint: "nothing to do where the database has what is in it"})
		}
	}
	return f, err
}

func fillSupabase(m *Migration) []Problem {
	m.Up.Tx = TxImplicit
	return checkSections(m.Up)
}

func supabaseNext(f Folder, title, now string) string {
	return nextVersion(f, now, 0) + "_" + slug(title) + ".sql"
}

func composeSupabase(f Folder, d Draft, now string) Migration {
	return supabaseFiles.compose(supabaseNext(f, d.Title, now), d.Up)
}

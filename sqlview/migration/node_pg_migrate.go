package migration

import (
	"io/fs"

	"belay/sqlview/pattern"
)

// nodePgMigrate was watched as the command line tool 9.0.0.
var _ = register(Format{
	Name:  "node-pg-migrate",
	Title: "node-pg-migrate",
	Doc: `# node-pg-migrate

**Files.** ` + "`PREFIX_name.sql`" + ` in one flat folder: the prefix is milliseconds, a time in 17 digits or a number. Below
` + "`-- Up Migration`" + ` stands what is run, below ` + "`-- Down Migration`" + ` the way back. A file ` + "`PREFIX_name.js`" + ` (or .ts, .mjs, .cjs) is a
migration too: belay knows what is applied of them and leaves it to the tool to run one.

**Transactions.** The tool runs all that is pending in one transaction, belay each file in its own with its history row. A .sql file
cannot be run outside a transaction; a JavaScript one can, by pgm.noTransaction().

**History.** A row in ` + "`pgmigrations(id, name, run_on)`" + ` for each migration, its name without the extension; down deletes it. A file
before one that is applied stops the tool. An edited file is not noticed.

**Lock.** The advisory key 7241865325823964, where the tool does not wait: it fails at once.
`,
	Signs: append([]Sign{{Score: 95, Why: "files with -- Down Migration", SQL: sections[3].line}},
		programSigns("node-pg-migrate", `\bpgm\b`, "pgm", `"node-pg-migrate"`)...),
	Load:      loadNodePgMigrate,
	VersionOf: nodePgVersion,
	SortKey:   func(name string) string { return numberKey(LeadingNumber(name)) + name },
	NextName:  nodePgNext,
	Compose:   composeNodePg,
	Outside: Outside{
		How: "write it in JavaScript with pgm.noTransaction() and run it with the tool, which runs every .sql file " +
			"in a transaction",
	},
	History: History{
		Schema: "public",
		Table:  "pgmigrations",
		Columns: []Column{
			{Name: "id", Types: []string{"integer", "bigint"}},
			{Name: "name", Types: []string{"character varying", "text"}},
			{Name: "run_on", Types: []string{"timestamp without time zone", "timestamp with time zone"}},
		},
		Privileges: []string{"SELECT", "INSERT", "DELETE"},
		Create: func(table string) string {
			return "CREATE TABLE IF NOT EXISTS " + table +
				" (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL)"
		},
		Read: func(table string) string {
			return "SELECT name::pg_catalog.text, ''::pg_catalog.text, run_on::pg_catalog.text, false FROM " + table +
				" ORDER BY run_on DESC, id DESC"
		},
		Record: func(table string, m Migration) []Write {
			return []Write{
				{SQL: "INSERT INTO " + table + " (name, run_on) VALUES ($1, pg_catalog.now())", Args: []any{m.Version}},
			}
		},
		Unrecord: func(table string, m Migration, _ *Migration) []Write {
			return []Write{
				{
					SQL:  "DELETE FROM " + table + " WHERE name::pg_catalog.text OPERATOR(pg_catalog.=) $1",
					Args: []any{m.Version},
				},
			}
		},
		Keys: func(_, _, _ string) []int64 { return []int64{7241865325823964} },
	},
})

var nodePgFiles = oneFile{
	format: "node-pg-migrate",
	name:   pattern.New(`^([0-9]+[_-](.+))\.sql$`),
	code:   pattern.New(`^([0-9]+[_-](.+))\.(?:js|ts|mjs|cjs|mts|cts)$`),
	fill:   fillNodePg,
}

func loadNodePgMigrate(root fs.FS, dir string) (Folder, error) { return nodePgFiles.load(root, dir) }

func nodePgVersion(name string) (string, bool) { return nodePgFiles.version(name) }

// nodePgNext begins an empty folder as the tool does, with milliseconds.
func nodePgNext(f Folder, title, now string) string {
	if len(f.Migrations) == 0 {
		f.Migrations = []Migration{{Up: File{Path: "1000000000000_.sql"}}}
	}
	return nextVersion(f, now, 0) + "_" + slug(title) + ".sql"
}

func composeNodePg(f Folder, d Draft, now string) Migration {
	text := "-- Up Migration\n" + d.Up
	if d.Down != "" {
		text += "\n-- Down Migration\n" + d.Down
	}
	return nodePgFiles.compose(nodePgNext(f, d.Title, now), text)
}

var (
	nodePgUp   = pattern.New(`(?im)^\s*--[\s-]*up\s+migration`)
	nodePgDown = pattern.New(`(?im)^\s*--[\s-]*down\s+migration`)
)

// fillNodePg parts the file as the tool does: without a word it is run whole.
func fillNodePg(m *Migration) []Problem {
	file := m.Up
	up, down := nodePgUp.FindIndex(file.Whole), nodePgDown.FindIndex(file.Whole)
	begin, end := 0, len(file.Whole)
	switch {
	case down != nil && (up == nil || up[0] < down[0]):
		end = down[0]
	case down != nil:
		line := 1 + len(linesOf(file.Whole[:down[0]]))
		return []Problem{
			atLine(file, line, "Down Migration stands above Up Migration",
				"put the way back below, as the tool's own files have it"),
		}
	}
	if up != nil {
		begin = up[0]
	}
	m.Up = file.part(begin, end, TxFile)
	if down != nil {
		if d := file.part(down[0], len(file.Whole), TxFile); !d.empty() || emptyOnPurpose.Match(d.Bytes) {
			m.Down = &d
		}
	}
	return nil
}

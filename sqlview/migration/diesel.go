package migration

import (
	"io/fs"
	"path"
	"strings"

	"belay/sqlview/pattern"
)

// diesel was read in diesel_migrations; it was not run.
var _ = register(Format{
	Name:  "diesel",
	Title: "Diesel",
	Doc: `# diesel

**Files.** ` + "`VERSION_title/up.sql` and `down.sql`" + ` in folders, the version normally ` + "`YYYY-MM-DD-hhmmss`" + `; without its dashes it is what
the table has. Versions are compared as text. Of two folders of one version Diesel sees one alone.

**Transactions.** One transaction a file, with its history row. ` + "`run_in_transaction = false`" + ` in the folder's metadata.toml has each of
its files sent as one string outside of one, so a statement that needs it stands alone.

**History.** A row in ` + "`__diesel_schema_migrations(version, run_on)`" + ` for each version; down deletes it. A folder merged later with a lower
version is run without a word, and an edited file is not noticed.

**Lock.** None: nothing keeps Diesel from starting beside belay.
`,
	Signs:     []Sign{{Score: 90, Why: "folders with an up.sql", Inside: "up.sql"}},
	Load:      loadDiesel,
	VersionOf: dieselVersion,
	SortKey:   func(version string) string { return version },
	NextName:  dieselNext,
	Compose:   composeDiesel,
	Outside: Outside{
		How: "write run_in_transaction = false into a metadata.toml beside it, and leave it alone in its file",
	},
	History: History{
		Table: "__diesel_schema_migrations",
		Columns: []Column{
			{Name: "version", Types: []string{"character varying"}},
			{Name: "run_on", Types: []string{"timestamp without time zone"}},
		},
		Privileges: []string{"SELECT", "INSERT", "DELETE"},
		Create: func(table string) string {
			return "CREATE TABLE IF NOT EXISTS " + table +
				" (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)"
		},
		Read: func(table string) string {
			return "SELECT version::pg_catalog.text, ''::pg_catalog.text, run_on::pg_catalog.text, false FROM " +
				table + " ORDER BY version DESC"
		},
		Record: func(table string, m Migration) []Write {
			return []Write{{SQL: "INSERT INTO " + table + " (version) VALUES ($1)", Args: []any{m.Version}}}
		},
		Unrecord: func(table string, m Migration, _ *Migration) []Write {
			return []Write{
				{
					SQL:  "DELETE FROM " + table + " WHERE version::pg_catalog.text OPERATOR(pg_catalog.=) $1",
					Args: []any{m.Version},
				},
			}
		},
		Keys: noKeys,
	},
})

var (
	dieselFiles = oneFolder{
		format: "diesel",
		name:   pattern.New(`^([^_]+)(?:_(.*))?$`),
		up:     "up.sql",
		down:   "down.sql",
		twice:  "Diesel sees one of them alone",
		fill:   fillDiesel,
	}
	dieselNoTx = pattern.New(`(?m)^\s*run_in_transaction\s*=\s*false\s*(#.*)?$`)
)

func loadDiesel(root fs.FS, dir string) (Folder, error) { return dieselFiles.load(root, dir) }

func fillDiesel(m *Migration, root fs.FS, inner string) []Problem {
	m.Version = strings.ReplaceAll(m.Version, "-", "")
	metadata, err := fs.ReadFile(root, path.Join(inner, "metadata.toml"))
	if err != nil || !dieselNoTx.Match(metadata) {
		return nil
	}
	m.Up.Tx = TxImplicit
	if m.Down != nil {
		m.Down.Tx = TxImplicit
	}
	return nil
}

func dieselVersion(name string) (string, bool) {
	version, ok := dieselFiles.version(name)
	return strings.ReplaceAll(version, "-", ""), ok
}

// dieselNext spells a time with dashes, as the tool does, but for a folder whose
// newest has none.
func dieselNext(f Folder, title, now string) string {
	version := nextVersion(f, now, 0)
	newest := path.Base(path.Dir(newestName(f, "")))
	if len(version) == len(stamp) && (len(f.Migrations) == 0 || dashedStamp.MatchString(newest)) {
		version = version[:4] + "-" + version[4:6] + "-" + version[6:8] + "-" + version[8:]
	}
	return path.Join(version+"_"+slug(title), dieselFiles.up)
}

func composeDiesel(f Folder, d Draft, now string) Migration {
	m := dieselFiles.compose(path.Dir(dieselNext(f, d.Title, now)), d.Up, d.Down)
	m.Version = strings.ReplaceAll(m.Version, "-", "")
	return m
}

package migration

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"belay/sqlview/pattern"
)

// drizzle was watched as drizzle-kit 0.31.11 with drizzle-orm 0.45.4.
var _ = register(Format{
	Name:  "drizzle",
	Title: "Drizzle",
	Doc: `# drizzle

**Files.** ` + "`TAG.sql`" + ` for each entry of meta/_journal.json, in its order; ` + "`when`" + ` of the entry is the version. There is no way back, and
a file that no entry names is not run. New migrations are made by ` + "`drizzle-kit generate`" + ` (--custom for SQL of one's own), which
also writes the journal: belay writes none.

**Transactions.** Drizzle runs all that is pending in one transaction, belay each file in its own with its history row. Nothing can be run
outside a transaction.

**History.** A row in ` + "`drizzle.__drizzle_migrations(id, hash, created_at)`" + ` for each entry, created_at being its when. Drizzle runs what is
newer than the newest row: an entry with a lower when is passed over without a word, so belay stops at one. The hash is the SHA-256 of the
file and never compared by Drizzle.

**Lock.** None: nothing keeps Drizzle from starting beside belay.
`,
	Signs:     []Sign{{Score: 100, Why: "meta/_journal.json", File: drizzleJournal}},
	Load:      loadDrizzle,
	VersionOf: drizzleVersion,
	NextName:  drizzleNext,
	OwnNames:  true,
	Outside: Outside{
		How: "take it out of the migrations and run it by hand: Drizzle runs everything in a transaction",
	},
	History: History{
		Schema: "drizzle",
		Table:  "__drizzle_migrations",
		Columns: []Column{
			{Name: "id", Types: []string{"integer"}},
			{Name: "hash", Types: []string{"text"}},
			{Name: "created_at", Types: []string{"bigint"}},
		},
		Privileges: []string{"SELECT", "INSERT", "DELETE"},
		Create: func(table string) string {
			return "CREATE TABLE IF NOT EXISTS " + table +
				" (id SERIAL PRIMARY KEY, hash pg_catalog.text NOT NULL, created_at bigint)"
		},
		Read: func(table string) string {
			return "SELECT created_at::pg_catalog.text, ''::pg_catalog.text, ''::pg_catalog.text, false, hash FROM " +
				table +
				" WHERE created_at IS NOT NULL ORDER BY created_at DESC"
		},
		Record: func(table string, m Migration) []Write {
			return []Write{
				{
					SQL:  "INSERT INTO " + table + " (hash, created_at) VALUES ($1, $2)",
					Args: []any{m.Checksum, int64(m.Number)},
				},
			}
		},
		Unrecord: func(table string, m Migration, _ *Migration) []Write {
			return []Write{
				{
					SQL:  "DELETE FROM " + table + " WHERE created_at OPERATOR(pg_catalog.=) $1",
					Args: []any{int64(m.Number)},
				},
			}
		},
		Keys: noKeys,
	},
})

const drizzleJournal = "meta/_journal.json"

// drizzleEntries is the journal as far as it says what is run.
type drizzleEntries struct {
	Dialect string `json:"dialect"`
	Entries []struct {
		When int64  `json:"when"`
		Tag  string `json:"tag"`
	} `json:"entries"`
}

func loadDrizzle(root fs.FS, dir string) (Folder, error) {
	f := Folder{Format: "drizzle", Dir: dir, Git: there(root, ".git")}
	l, err := list(root, dir)
	if err != nil {
		return f, err
	}
	journal, why := readJournal(root, dir)
	if why != "" {
		f.Problems = append(f.Problems, Problem{Kind: Unsupported, Paths: []string{drizzleJournal}, Stops: true,
			Message: drizzleJournal + ": " + why, Hint: "run it with drizzle-kit migrate, or fix the journal"})
		return f, nil
	}
	named := map[string]bool{}
	newest := int64(0)
	for _, e := range journal.Entries {
		name := e.Tag + ".sql"
		named[name] = true
		file, err := readFile(root, dir, name, TxFile)
		if errors.Is(err, fs.ErrNotExist) {
			f.Problems = append(f.Problems, Problem{Kind: Orphan, Paths: []string{name}, Stops: true,
				Message: fmt.Sprintf("%s names %s, and there is no such file", drizzleJournal, name),
				Hint:    "bring the file back, or take the entry out"})
			continue
		}
		if err != nil {
			return f, err
		}
		if e.When <= newest {
			f.Problems = append(f.Problems,
				Problem{Kind: Late, Version: fmt.Sprint(e.When), Paths: []string{name}, Stops: true,
					Message: fmt.Sprintf("%s stands in the journal with when %d, which is not above the entry before "+
						"it: where that one is applied, Drizzle passes over this one without a word", name, e.When),
					Hint: "where it is applied nowhere: drizzle-kit drop, then generate it anew"})
		}
		newest = max(newest, e.When)
		f.Migrations = append(f.Migrations, Migration{Version: fmt.Sprint(e.When), Number: uint64(max(e.When, 0)),
			Title: strings.TrimLeft(strings.TrimLeft(e.Tag, "0123456789"), "_"), Up: file, Checksum: file.SHA256})
		f.Problems = append(f.Problems, checkSections(file)...)
	}
	f.Problems = append(f.Problems,
		checkIgnored(root, dir, l, "Drizzle", func(name string) bool {
			return named[name]
		}, drizzleName.MatchString)...)
	f.finish(l.files, "Drizzle runs one of them alone")
	return f, nil
}

func readJournal(root fs.FS, dir string) (journal drizzleEntries, why string) {
	text, err := fs.ReadFile(root, path.Join(dir, drizzleJournal))
	if err != nil {
		return journal, "it cannot be read: " + err.Error()
	}
	if err := json.Unmarshal(text, &journal); err != nil {
		return journal, "it is no JSON: " + err.Error()
	}
	if journal.Dialect != "postgresql" {
		return journal, fmt.Sprintf("the dialect is %q, not postgresql", journal.Dialect)
	}
	return journal, ""
}

var drizzleName = pattern.New(`^([0-9]+)_(.+)\.sql$`)

// drizzleVersion knows the number of the file, not the time that the journal has.
func drizzleVersion(name string) (string, bool) {
	part := drizzleName.FindStringSubmatch(name)
	if part == nil {
		return "", false
	}
	return part[1], true
}

func drizzleNext(f Folder, title, _ string) string {
	number := uint64(0)
	for _, m := range f.Migrations {
		number = max(number, LeadingNumber(m.Up.Path)+1)
	}
	return fmt.Sprintf("%04d_%s.sql", number, slug(title))
}

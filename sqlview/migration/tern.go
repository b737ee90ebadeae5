package migration

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strings"

	"belay/sqlview/pattern"
)

// tern was watched as the command line tool v2.3.4, and read in
// migrate/migrate.go of that version.
var _ = register(Format{
	Name:  "tern",
	Title: "tern",
	Doc: `# tern

**Files.** ` + "`N_title.sql`" + ` in one flat folder, numbered 1, 2, 3 without a gap. What stands below
` + "`---- create above / drop below ----`" + ` is the way back. A number twice or missing stops every command.

**Templates.** A file is a Go template with values from tern.conf. What ` + "`{{ }}`" + ` becomes is not in the file, so it stops.

**Transactions.** One transaction for each direction of a file, with the history row. ` + "`---- tern: disable-tx ----`" + ` in a line of its
own: each statement alone, in that half.

**History.** One row in ` + "`public.schema_version(version)`" + `, or in the table that version_table of tern.conf names. Every version up to
it counts as applied. An edited file is not noticed. A file that fails outside a transaction leaves no trace in the table.

**Lock.** The advisory key 9628173550095224, which tern waits for without limit.
`,
	Signs: []Sign{
		{Score: 100, Why: "files with ---- create above / drop below ----", SQL: sections[2].line},
		{Score: 95, Why: "tern.conf", File: "tern.conf"},
	},
	Load:      loadTern,
	VersionOf: ternFiles.version,
	NextName:  ternNext,
	Compose:   composeTern,
	Outside:   Outside{Header: ternDisable + "\n", How: "write " + ternDisable + " in a line above it"},
	History: History{
		Schema:     "public",
		Table:      "schema_version",
		Columns:    []Column{{Name: "version", Types: []string{"integer"}}},
		Privileges: []string{"SELECT", "INSERT", "DELETE"},
		UpTo:       true,
		Create: func(table string) string {
			return "CREATE TABLE IF NOT EXISTS " + table + " (version int4 NOT NULL);\n" +
				"INSERT INTO " + table + " (version) SELECT 0 WHERE NOT EXISTS (SELECT FROM " + table + ")"
		},
		Read: func(table string) string {
			return "SELECT version::pg_catalog.text, ''::pg_catalog.text, ''::pg_catalog.text, false FROM " + table +
				" WHERE version OPERATOR(pg_catalog.>) 0 ORDER BY version DESC"
		},
		Record: func(table string, m Migration) []Write { return ternVersion(table, int64(m.Number)) },
		Unrecord: func(table string, _ Migration, prev *Migration) []Write {
			return ternVersion(table, max(versionOrNil(prev), 0))
		},
		Keys: func(_, _, _ string) []int64 { return []int64{9628173550095224} },
	},
})

// ternVersion leaves one row, whatever the table had: tern reads any one of them.
func ternVersion(table string, version int64) []Write {
	return []Write{
		{SQL: "DELETE FROM " + table},
		{SQL: "INSERT INTO " + table + " (version) VALUES ($1)", Args: []any{version}},
	}
}

const (
	ternDrop    = "---- create above / drop below ----"
	ternDisable = "---- tern: disable-tx ----"
)

var (
	ternTemplate = pattern.New(`\{\{[^}\n]*(\}\})?`)
	ternNoTx     = pattern.New(`(?m)^` + ternDisable + `$`)
	// ternTable is version_table in the section [database] of tern.conf, the only
	// one that has it.
	ternTable = pattern.New(`(?m)^[ \t]*version_table[ \t]*=[ \t]*(\S+)[ \t]*$`)
)

var ternFiles = oneFile{
	format: "tern",
	name:   pattern.New(`^([0-9]+)_(.+)\.sql$`),
	number: func(version string) (uint64, error) {
		number, err := parseVersion(version)
		switch {
		case err != nil || number > math.MaxInt32:
			return 0, errors.New("tern cannot read a number above 2147483647, and wants them without a gap")
		case number == 0:
			return 0, errors.New("tern ends in a panic: its numbers begin with 1")
		}
		return number, nil
	},
	twice: "tern refuses to start",
	fill:  fillTern,
}

func loadTern(root fs.FS, dir string) (Folder, error) {
	f, err := ternFiles.load(root, dir)
	if err != nil {
		return f, err
	}
	for i, m := range f.Migrations {
		if above := uint64(0); i > 0 {
			above = f.Migrations[i-1].Number
			if m.Number > above+1 {
				f.Problems = append(f.Problems, ternGap(above+1, m))
			}
		} else if m.Number > 1 {
			f.Problems = append(f.Problems, ternGap(1, m))
		}
	}
	if conf, err := fs.ReadFile(root, path.Join(dir, "tern.conf")); err == nil {
		if table := ternTable.FindSubmatch(conf); table != nil {
			f.HistoryTable = string(table[1])
		}
	}
	return f, nil
}

func ternGap(missing uint64, m Migration) Problem {
	return Problem{Kind: Name, Version: m.Version, Paths: []string{m.Up.Path}, Stops: true,
		Message: fmt.Sprintf("%s: there is no migration %d before it, and tern refuses a gap", m.Up.Path, missing),
		Hint: "number the files without a gap, where the later ones are applied nowhere; else pull the branch " +
			"that has the missing one"}
}

func ternNext(f Folder, title, now string) string {
	return nextVersion(f, now, 3) + "_" + slug(title) + ".sql"
}

func composeTern(f Folder, d Draft, now string) Migration {
	header := map[bool]string{true: ternDisable + "\n"}
	text := header[d.NoTransaction] + d.Up
	if d.Down != "" {
		text += "\n" + ternDrop + "\n\n" + header[d.DownNoTransaction] + d.Down
	}
	return ternFiles.compose(ternNext(f, d.Title, now), text)
}

// fillTern parts the file where tern does: at the first of its lines.
func fillTern(m *Migration) []Problem {
	file := m.Up
	end := len(file.Whole)
	if at := strings.Index(string(file.Whole), ternDrop); at >= 0 {
		end = at
		if d := file.part(at+len(ternDrop), len(file.Whole), ternTx(file.Whole[at+len(ternDrop):])); !d.empty() ||
			emptyOnPurpose.Match(d.Bytes) {
			m.Down = &d
		}
	}
	m.Up = file.part(0, end, ternTx(file.Whole[:end]))
	return checkTemplate(file, ternTemplate, "a template of tern's: what runs is not in the file",
		"write the value out, or run this file with tern (tern print-migrations shows what it makes of it)")
}

func ternTx(half []byte) Tx {
	if ternNoTx.Match(half) {
		return TxNone
	}
	return TxFile
}

package migration

import (
	"fmt"
	"io/fs"
	"strings"

	"belay/sqlview/pattern"
)

// dbmate was watched as the npm binary 2.36.0, and read in pkg/dbmate/parse.go and
// pkg/driver/postgres/postgres.go of v2.35.0.
var _ = register(Format{
	Name:  "dbmate",
	Title: "dbmate",
	Doc: `# dbmate

**Files.** ` + "`VERSIONtitle.sql`" + ` in one flat folder, the version in digits, with a block ` + "`-- migrate:up`" + ` and, as the way back,
` + "`-- migrate:down`" + ` in the same file; nothing but comments stands above the first. dbmate sorts by file name, so 10_ comes before 2_.
Of two files of one version dbmate runs one, fails at the second, and from then on says of both that they are applied.

**Transactions.** One transaction a block, with its history row. ` + "`-- migrate:up transaction:false`" + ` has the block sent as one
string, outside a transaction where it holds one statement; each block says it for itself.

**History.** A row in ` + "`schema_migrations(version)`" + ` for each version, spelled as in the file's name; down deletes it. Rails has a
table of the same name and columns: where ar_internal_metadata stands beside it, it is hers. A file merged later with a lower version is run
without a word, and an edited file is not noticed.

**Lock.** None: two of dbmate do not exclude each other, and nothing keeps it from starting beside belay.
`,
	Signs:     []Sign{{Score: 100, Why: "files with -- migrate:up", SQL: sections[1].line}},
	Load:      loadDbmate,
	VersionOf: dbmateFiles.version,
	SortKey:   byFileName,
	NextName:  dbmateNext,
	Compose:   composeDbmate,
	Outside: Outside{
		Header: "-- migrate:up transaction:false\n",
		How:    "write -- migrate:up transaction:false above it, alone in its block",
	},
	History: History{
		Table:      "schema_migrations",
		Columns:    []Column{{Name: "version", Types: []string{"character varying"}}},
		Privileges: []string{"SELECT", "INSERT", "DELETE"},
		Create: func(table string) string {
			return "CREATE TABLE IF NOT EXISTS " + table + " (version varchar NOT NULL PRIMARY KEY)"
		},
		Read: func(table string) string {
			return "SELECT version::pg_catalog.text, ''::pg_catalog.text, ''::pg_catalog.text, false FROM " + table +
				" ORDER BY version DESC"
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

// noKeys is History.Keys of a tool that takes no lock.
func noKeys(_, _, _ string) []int64 { return nil }

// byFileName is the order of tools that sort the names of files: an underscore
// stands behind the version there.
func byFileName(version string) string { return version + "_" }

var dbmateFiles = oneFile{
	format: "dbmate",
	name:   pattern.New(`^([0-9]+)[_-]?(.*)\.sql$`),
	twice:  "dbmate would run one of them and call both applied",
	fill:   fillDbmate,
}

func loadDbmate(root fs.FS, dir string) (Folder, error) { return dbmateFiles.load(root, dir) }

func dbmateNext(f Folder, title, now string) string {
	return nextVersion(f, now, 0) + "_" + slug(title) + ".sql"
}

func composeDbmate(f Folder, d Draft, now string) Migration {
	outside := map[bool]string{true: " transaction:false"}
	return dbmateFiles.compose(dbmateNext(f, d.Title, now), "-- migrate:up"+outside[d.NoTransaction]+"\n"+d.Up+
		"\n-- migrate:down"+outside[d.DownNoTransaction]+"\n"+d.Down)
}

var dbmateBlock = pattern.New(`^--\s*migrate:(up|down)\b(.*)$`)

// fillDbmate parts the file at its blocks.
func fillDbmate(m *Migration) []Problem {
	file := m.Up
	var found []Problem
	up, down := -1, -1
	upTx, downTx := TxFile, TxFile
	for _, l := range linesOf(file.Whole) {
		said := dbmateBlock.FindStringSubmatch(l.text)
		if said == nil {
			continue
		}
		tx, why := dbmateOptions(said[2])
		switch {
		case why != "":
			found = append(found, atLine(file, l.number, why, "dbmate knows transaction:true and transaction:false"))
		case said[1] == "up" && up < 0 && down < 0:
			up, upTx = l.start, tx
		case said[1] == "down" && up >= 0 && down < 0:
			down, downTx = l.start, tx
		default:
			found = append(found,
				atLine(file, l.number,
					"a second block of this direction, or down above up: dbmate records the version at the first and "+
						"fails",
					"keep one block of each, up first; move the rest into a file of its own"))
		}
	}
	if up < 0 {
		return append(found,
			atLine(file, 1, "there is no -- migrate:up: dbmate refuses the file", "write -- migrate:up above the SQL"))
	}
	if head := file.part(0, up, TxFile); !head.empty() {
		found = append(found, atLine(file, 1, "SQL above -- migrate:up: dbmate refuses the file", "move it below"))
	}
	end := len(file.Whole)
	if down < 0 {
		found = append(found,
			atLine(file, len(linesOf(file.Whole)), "there is no -- migrate:down: dbmate refuses the file",
				"write -- migrate:down below, with nothing under it where there is no way back"))
	} else {
		end = down
		if d := file.part(down, len(file.Whole), downTx); !d.empty() || emptyOnPurpose.Match(d.Bytes) {
			m.Down = &d
		}
	}
	m.Up = file.part(up, end, upTx)
	return found
}

// dbmateOptions reads what stands behind the name of a block; why says what in
// it is not understood.
func dbmateOptions(options string) (tx Tx, why string) {
	tx = TxFile
	for _, option := range strings.Fields(options) {
		switch option {
		case "transaction:true":
		case "transaction:false":
			tx = TxImplicit
		default:
			return tx, fmt.Sprintf("%q is no option of a block", option)
		}
	}
	return tx, ""
}

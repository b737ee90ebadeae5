package migration

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"belay/sqlview/pattern"
)

// atlas was watched as the community command line tool, built from a5e0aecc
// (behind v1.2.3), and read in sql/migrate of that commit.
var _ = register(Format{
	Name:  "atlas",
	Title: "Atlas",
	Doc: `# atlas

**Files.** ` + "`VERSION_title.sql`" + ` in one flat folder, sorted by file name; the version is what stands before the first underscore. There
is no way back in the community's tool. Two files of one version make it panic.

**atlas.sum.** The hash of each file, of all files before it too: where it does not fit, Atlas refuses to start and belay does.
` + "`atlas migrate hash`" + ` writes it anew.

**Directives.** ` + "`-- atlas:txmode none`" + ` at the top, with an empty line below: no transaction. A delimiter, a checkpoint, checks before a
file and whatever else is not understood stop the file.

**Transactions.** One transaction a file, with its history row.

**History.** A row in ` + "`atlas_schema_revisions.atlas_schema_revisions`" + ` for each version, with the hash and the number of statements. A file
outside a transaction that failed leaves a row with applied < total, from which Atlas goes on; belay writes such a row before the file
with applied = 0, and completes it after. An edited file whose atlas.sum was written anew is not noticed by Atlas; belay names it. A file
merged later with a lower version stops Atlas, unless it is told --exec-order.

**Lock.** The advisory key 2686470616, which Atlas tries again and again.
`,
	Signs:     []Sign{{Score: 100, Why: "atlas.sum", File: atlasSum}},
	Load:      loadAtlas,
	VersionOf: atlasFiles.version,
	SortKey:   byFileName,
	NextName:  atlasNext,
	Compose:   composeAtlas,
	Sums:      atlasSums,
	Outside: Outside{
		Header: "-- atlas:txmode none\n\n",
		How:    "write -- atlas:txmode none in its first line, with an empty line below",
	},
	History: History{
		Schema: "atlas_schema_revisions",
		Table:  "atlas_schema_revisions",
		Columns: []Column{
			{Name: "version", Types: []string{"character varying"}},
			{Name: "description", Types: []string{"character varying"}},
			{Name: "type", Types: []string{"bigint"}},
			{Name: "applied", Types: []string{"bigint"}},
			{Name: "total", Types: []string{"bigint"}},
			{Name: "executed_at", Types: []string{"timestamp with time zone"}},
			{Name: "execution_time", Types: []string{"bigint"}},
			{Name: "error", Types: []string{"text"}},
			{Name: "error_stmt", Types: []string{"text"}},
			{Name: "hash", Types: []string{"character varying"}},
			{Name: "partial_hashes", Types: []string{"jsonb"}},
			{Name: "operator_version", Types: []string{"character varying"}},
		},
		Privileges: []string{"SELECT", "INSERT", "UPDATE", "DELETE"},
		Create: func(table string) string {
			return `CREATE TABLE IF NOT EXISTS ` + table + ` (
    version character varying PRIMARY KEY,
    description character varying NOT NULL,
    type bigint DEFAULT 2 NOT NULL,
    applied bigint DEFAULT 0 NOT NULL,
    total bigint DEFAULT 0 NOT NULL,
    executed_at timestamp with time zone NOT NULL,
    execution_time bigint NOT NULL,
    error pg_catalog.text,
    error_stmt pg_catalog.text,
    hash character varying NOT NULL,
    partial_hashes pg_catalog.jsonb,
    operator_version character varying NOT NULL
)`
		},
		// Cloud keeps a row of its own whose version begins with a dot.
		Read: func(table string) string {
			return `SELECT version::pg_catalog.text, ''::pg_catalog.text, executed_at::pg_catalog.text, applied OPERATOR(pg_catalog.<) total,
  hash::pg_catalog.text, type OPERATOR(pg_catalog.=) 1
  FROM ` + table + ` WHERE version::pg_catalog.text OPERATOR(pg_catalog.!~) '^\.' ORDER BY version DESC`
		},
		Record: func(table string, m Migration) []Write {
			n := len(statementsOf(m.Up.Bytes))
			return []Write{atlasRow(table, m, n, n, "")}
		},
		Begin: func(table string, m Migration) []Write {
			return []Write{atlasRow(table, m, 0, len(statementsOf(m.Up.Bytes)), "begun by belay, and not finished")}
		},
		BeginDown: func(table string, m Migration, _ *Migration) []Write {
			return []Write{
				atlasRow(table, m, 0, len(statementsOf(m.Up.Bytes)), "taken back by belay, and not finished"),
			}
		},
		Unrecord: func(table string, m Migration, _ *Migration) []Write {
			return []Write{
				{
					SQL:  "DELETE FROM " + table + " WHERE version::pg_catalog.text OPERATOR(pg_catalog.=) $1",
					Args: []any{m.Version},
				},
			}
		},
		Keys: func(_, _, _ string) []int64 { return []int64{2686470616} },
	},
})

func atlasRow(table string, m Migration, applied, total int, fault string) Write {
	return Write{
		SQL: `INSERT INTO ` + table +
			` (version, description, type, applied, total, executed_at, execution_time, error, error_stmt, hash, partial_hashes, operator_version)
VALUES ($1, $2, 2, $3, $4, pg_catalog.now(), 0, $5, $6, $7, 'null', 'belay')
ON CONFLICT (version) DO UPDATE SET applied = excluded.applied, total = excluded.total, error = excluded.error, error_stmt = excluded.error_stmt,
    hash = excluded.hash, partial_hashes = excluded.partial_hashes`,
		Args: []any{m.Version, m.Title, int64(applied), int64(total), fault, "", m.Checksum},
	}
}

const atlasSum = "atlas.sum"

var (
	atlasFiles = oneFile{
		format: "atlas",
		name:   pattern.New(`^([^_]+?)(?:_(.*))?\.sql$`),
		twice:  "Atlas ends in a panic once the first is applied",
		fill:   fillAtlas,
	}
	atlasDirective = pattern.New(`^-- *atlas:(\w+)(?: +(.*?))? *$`)
	atlasIgnored   = pattern.New(`\A[^\n]*atlas:sum +ignore`)
)

func loadAtlas(root fs.FS, dir string) (Folder, error) {
	f, err := atlasFiles.load(root, dir)
	if err != nil {
		return f, err
	}
	lines := atlasHashes(f.Migrations)
	for i := range f.Migrations {
		f.Migrations[i].Checksum = lines[i+1].hash
	}
	sum, err := fs.ReadFile(root, path.Join(dir, atlasSum))
	if err != nil {
		f.Problems = append(f.Problems, Problem{Kind: Edited, Paths: []string{atlasSum}, Stops: true,
			Message: "there is no atlas.sum: Atlas refuses to start", Hint: "write it with: atlas migrate hash"})
	} else if name := atlasDiffers(lines, string(sum)); name != "" {
		f.Problems = append(f.Problems, Problem{Kind: Edited, Paths: []string{name}, Stops: true,
			Message: name + " is not what atlas.sum says, or is not in it: Atlas refuses to start",
			Hint: "where the change is meant and the file is applied nowhere: atlas migrate hash; else take the " +
				"old text back from git"})
	}
	return f, nil
}

// atlasLine is one line of atlas.sum. The first has no name and the hash of all.
type atlasLine struct{ name, hash string }

func atlasHashes(all []Migration) []atlasLine {
	lines := []atlasLine{{}}
	files, total := sha256.New(), sha256.New()
	for _, m := range all {
		files.Write([]byte(m.Up.Path))
		if !atlasIgnored.Match(m.Up.Whole) {
			files.Write(m.Up.Whole)
		}
		hash := base64.StdEncoding.EncodeToString(files.Sum(nil))
		lines = append(lines, atlasLine{m.Up.Path, hash})
		total.Write([]byte(m.Up.Path + hash))
	}
	lines[0].hash = base64.StdEncoding.EncodeToString(total.Sum(nil))
	return lines
}

// atlasSums is atlas.sum as "atlas migrate hash" writes it.
func atlasSums(all []Migration) (string, []byte) {
	var b bytes.Buffer
	for _, line := range atlasHashes(all) {
		if line.name != "" {
			b.WriteString(line.name + " ")
		}
		b.WriteString("h1:" + line.hash + "\n")
	}
	return atlasSum, b.Bytes()
}

// atlasDiffers names the first file whose line is another in atlas.sum, "" = none.
func atlasDiffers(want []atlasLine, sum string) string {
	var have []atlasLine
	for line := range strings.Lines(strings.TrimSpace(sum)) {
		name, hash, _ := strings.Cut(strings.TrimSpace(line), "h1:")
		have = append(have, atlasLine{strings.TrimSpace(name), hash})
	}
	for i := 1; i < len(want); i++ {
		if i >= len(have) || have[i] != want[i] {
			return want[i].name
		}
	}
	if !slices.Equal(have, want) {
		return atlasSum
	}
	return ""
}

// fillAtlas reads the directives at the top, and stops at those that stand
// elsewhere or are not understood.
func fillAtlas(m *Migration) []Problem {
	found := checkSections(m.Up)
	header := true
	for _, l := range linesOf(m.Up.Whole) {
		said := atlasDirective.FindStringSubmatch(l.text)
		if said == nil {
			header = header && strings.HasPrefix(l.text, "--")
			continue
		}
		switch {
		case said[1] == "nolint" || said[1] == "sum":
		case said[1] == "txmode" && header && (said[2] == "file" || said[2] == "all"):
		case said[1] == "txmode" && header && said[2] == "none" && atlasHeaderEnds(m.Up.Whole[l.end:]):
			m.Up.Tx = TxNone
		case said[1] == "txmode":
			found = append(found,
				atLine(m.Up, l.number,
					l.text+
						" is not obeyed here: it stands at the top, with an empty line below, and is file, all or none",
					"move it up, and leave a line empty below"))
		default:
			found = append(found,
				atLine(m.Up, l.number, "belay does not run what "+l.text+" asks for", "run this file with Atlas"))
		}
	}
	return found
}

// atlasHeaderEnds is true where the comments at the top end in an empty line.
func atlasHeaderEnds(below []byte) bool {
	for line := range bytes.Lines(below) {
		text := strings.TrimRight(string(line), "\r\n")
		if !strings.HasPrefix(text, "--") {
			return text == ""
		}
	}
	return false
}

func atlasNext(f Folder, title, now string) string {
	return fmt.Sprintf("%s_%s.sql", nextVersion(f, now, 0), slug(title))
}

func composeAtlas(f Folder, d Draft, now string) Migration {
	text := d.Up
	if d.NoTransaction {
		text = "-- atlas:txmode none\n\n" + text
	}
	return atlasFiles.compose(atlasNext(f, d.Title, now), text)
}

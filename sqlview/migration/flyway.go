package migration

import (
	"bufio"
	"bytes"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"belay/sqlview/pattern"
)

// flyway was read in flyway-13.0.0 (c5e20fc77); it was not run. The lock key is
// the one printed in its issue 1654.
var _ = register(Format{
	Name:  "flyway",
	Title: "Flyway",
	Doc: `# flyway

**Files.** ` + "`VVERSION__title.sql`" + `, the version in digits with dots or underscores between, in the folder and below it. ` + "`UVERSION__title.sql`" + `
is the way back. A version twice stops every command; 1 and 1.0 are the same.

**Not run.** Repeatable files (R__), baseline files (B…__), callbacks such as beforeMigrate.sql, scripts, and a file with a placeholder
` + "`${name}`" + `: what would run is not in the file, or is run whenever it changes. Each stops.

**Transactions.** One transaction a file, with its history row. Flyway itself sees CREATE and DROP INDEX CONCURRENTLY, VACUUM, ALTER SYSTEM,
REINDEX of a schema, a database or the system, DISCARD ALL and CREATE or DROP of a DATABASE, a TABLESPACE or a SUBSCRIPTION, and runs a file of
them alone without one; a file that mixes them with others it refuses. ` + "`executeInTransaction=false`" + ` in ` + "`FILE.sql.conf`" + ` says it for any file.

**History.** A row in ` + "`flyway_schema_history`" + ` for each file that was run; success = false stops Flyway. The checksum is the CRC-32 of the
lines: an edited file stops Flyway, and belay. A row of type BASELINE stands for every version up to its own. A file merged later
with a lower version stops Flyway, unless it is told outOfOrder. Taken back by belay = the row is deleted.

**Lock.** An advisory key of schema and table. Flyway holds it in an open transaction unless flyway.postgresql.transactional.lock is
false, and CREATE INDEX CONCURRENTLY waits for that.
`,
	Signs: []Sign{
		{
			Score: 95, Why: "R__ or B…__ files, or a V…__ file with its .conf",
			Name: pattern.New(`^R__.*\.sql$|^B[0-9._]+__.*\.sql$|^V[0-9._]+__.*\.sql\.conf$`).MatchString,
		},
		{
			Score: 95, Why: "files named V1__name, and a flyway.toml", Beside: "flyway.toml",
			Name: flywayName.MatchString,
		},
		{
			Score: 95, Why: "files named V1__name, and a flyway.conf", Beside: "flyway.conf",
			Name: flywayName.MatchString,
		},
		{Score: 95, Why: "files named V1__name, and a pom.xml", Beside: "pom.xml", Name: flywayName.MatchString},
		{
			Score: 95, Why: "files named V1__name, and a build.gradle", Beside: "build.gradle",
			Name: flywayName.MatchString,
		},
		{
			Score: 95, Why: "files named V1__name, and a build.gradle.kts", Beside: "build.gradle.kts",
			Name: flywayName.MatchString,
		},
		{
			Score: 90, Why: "files named V1_2__name",
			Name: pattern.New(`^V[0-9]+[._][0-9._]*__.*\.sql$`).MatchString,
		},
		{Score: 80, Why: "files named V1__name", Name: flywayName.MatchString},
		{Score: 80, Why: "folders with files named V1__name", Below: flywayName.MatchString},
	},
	Load:      loadFlyway,
	VersionOf: flywayVersion,
	SortKey:   flywayKey,
	NextName:  flywayNext,
	Compose:   composeFlyway,
	Outside: Outside{
		How: "leave it alone in its file, as Flyway does without a transaction; where Flyway does not see it, write " +
			"executeInTransaction=false into a file of the same name with .conf behind it",
	},
	ForceCommand: "flyway repair",
	History: History{
		Table: "flyway_schema_history",
		Columns: []Column{
			{Name: "installed_rank", Types: []string{"integer"}},
			{Name: "version", Types: []string{"character varying"}},
			{Name: "description", Types: []string{"character varying"}},
			{Name: "type", Types: []string{"character varying"}},
			{Name: "script", Types: []string{"character varying"}},
			{Name: "checksum", Types: []string{"integer"}},
			{Name: "installed_by", Types: []string{"character varying"}},
			{Name: "installed_on", Types: []string{"timestamp without time zone"}},
			{Name: "execution_time", Types: []string{"integer"}},
			{Name: "success", Types: []string{"boolean"}},
		},
		Privileges: []string{"SELECT", "INSERT", "UPDATE", "DELETE"},
		Compares:   true,
		Create: func(table string) string {
			return `CREATE TABLE ` + table + ` (
    installed_rank INT NOT NULL CONSTRAINT flyway_schema_history_pk PRIMARY KEY,
    version VARCHAR(50),
    description VARCHAR(200) NOT NULL,
    type VARCHAR(20) NOT NULL,
    script VARCHAR(1000) NOT NULL,
    checksum INTEGER,
    installed_by VARCHAR(100) NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT pg_catalog.now(),
    execution_time INTEGER NOT NULL,
    success BOOLEAN NOT NULL
);
CREATE INDEX flyway_schema_history_s_idx ON ` + table + ` (success)`
		},
		// The newest row of a version counts; a repeatable file shows where it failed.
		Read: func(table string) string {
			return `SELECT coalesce(h.version, h.script)::pg_catalog.text, ''::pg_catalog.text, h.installed_on::pg_catalog.text, NOT h.success,
  coalesce(h.checksum::pg_catalog.text, ''), h.type::pg_catalog.text OPERATOR(pg_catalog.=) 'BASELINE'
  FROM (SELECT DISTINCT ON (coalesce(version, script)) * FROM ` + table + ` ORDER BY coalesce(version, script), installed_rank DESC) AS h
 WHERE (h.version IS NOT NULL OR NOT h.success)
   AND NOT (h.success AND h.type::pg_catalog.text OPERATOR(pg_catalog.~) '^(DELETE|UNDO_.*)$') ORDER BY h.installed_rank DESC`
		},
		Record: flywayRecord,
		Begin:  func(table string, m Migration) []Write { return []Write{flywayRow(table, m, false)} },
		BeginDown: func(table string, m Migration, _ *Migration) []Write {
			return []Write{
				{
					SQL: "UPDATE " + table +
						" SET success = false WHERE installed_rank OPERATOR(pg_catalog.=) (SELECT " +
						"pg_catalog.max(installed_rank) FROM " + table + " WHERE " + flywaySame + ")",
					Args: []any{m.Version},
				},
			}
		},
		Unrecord: func(table string, m Migration, _ *Migration) []Write {
			return []Write{{SQL: "DELETE FROM " + table + " WHERE " + flywaySame, Args: []any{m.Version}}}
		},
		Keys: func(_, schema, table string) []int64 {
			return []int64{0x466C79776179 + int64(javaHash(`"`+schema+`"."`+table+`"`))}
		},
	},
})

const flywaySame = "version::pg_catalog.text OPERATOR(pg_catalog.=) $1::pg_catalog.text"

// flywayRecord writes a row in the place of the one that Begin wrote.
func flywayRecord(table string, m Migration) []Write {
	return []Write{
		{SQL: "DELETE FROM " + table + " WHERE NOT success AND " + flywaySame, Args: []any{m.Version}},
		flywayRow(table, m, true),
	}
}

func flywayRow(table string, m Migration, success bool) Write {
	title := []rune(strings.ReplaceAll(m.Title, "_", " "))
	return Write{
		SQL: `INSERT INTO ` + table +
			` (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
SELECT coalesce(pg_catalog.max(installed_rank), 0) OPERATOR(pg_catalog.+) 1, $1, $2, 'SQL', $3, $4::pg_catalog.text::pg_catalog.int4, current_user, 0, $5
  FROM ` + table,
		Args: []any{m.Version, string(title[:min(len(title), 200)]), m.Up.Path, m.Checksum, success},
	}
}

// javaHash is String.hashCode.
func javaHash(s string) int32 {
	h := int32(0)
	for _, c := range s {
		h = 31*h + c
	}
	return h
}

// flywayCRC leaves the line ends out, so that CRLF does not matter.
func flywayCRC(b []byte) string {
	sum := crc32.NewIEEE()
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(b, byteOrderMark)))
	lines.Buffer(nil, len(b)+1)
	lines.Split(javaLines)
	for lines.Scan() {
		sum.Write(lines.Bytes())
	}
	return fmt.Sprint(int32(sum.Sum32()))
}

// javaLines also ends a line at a lone carriage return.
func javaLines(b []byte, _ bool) (advance int, token []byte, err error) {
	i := bytes.IndexAny(b, "\r\n")
	switch {
	case len(b) == 0:
		return 0, nil, nil
	case i < 0:
		return len(b), b, nil
	case b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n':
		return i + 2, b[:i], nil
	}
	return i + 1, b[:i], nil
}

// flywayKey sorts versions by their parts as numbers; zeros at the end do not count.
func flywayKey(version string) string {
	parts := strings.FieldsFunc(version, func(r rune) bool { return r == '.' || r == '_' })
	for len(parts) > 1 && strings.Trim(parts[len(parts)-1], "0") == "" {
		parts = parts[:len(parts)-1]
	}
	var b strings.Builder
	for _, p := range parts {
		p = strings.TrimLeft(p, "0")
		fmt.Fprintf(&b, "%s%s.", strings.Repeat("0", max(0, 30-len(p))), p)
	}
	return b.String()
}

func flywayVersion(name string) (string, bool) {
	part := flywayName.FindStringSubmatch(name[strings.LastIndexByte(name, '/')+1:])
	if part == nil {
		return "", false
	}
	return strings.ReplaceAll(part[1], "_", "."), true
}

// flywayNext counts the last part of the newest version on, but for a time.
func flywayNext(f Folder, title, now string) string {
	version := "1"
	if n := len(f.Migrations); n > 0 {
		newest := f.Migrations[n-1].Version
		if parts := strings.Split(newest, "."); len(parts) > 1 {
			last := &parts[len(parts)-1]
			*last = fmt.Sprintf("%0*d", len(*last), LeadingNumber(*last)+1)
			version = strings.Join(parts, ".")
		} else {
			version = nextVersion(f, now, 1)
		}
	}
	return "V" + version + "__" + slug(title) + ".sql"
}

// flywayAlone are the statements that Flyway sees to be impossible in a
// transaction.
var flywayAlone = pattern.New(`(?is)^(CREATE|DROP)\s+(DATABASE|TABLESPACE|SUBSCRIPTION)\s|^ALTER\s+SYSTEM\s|` +
	`^(CREATE|DROP)(\s+UNIQUE)?\s+INDEX\s+CONCURRENTLY\s|^REINDEX(\s+VERBOSE)?\s+(SCHEMA|DATABASE|SYSTEM)\s|^VACUUM\b|^DISCARD\s+ALL\b`)

// flywayTx is how Flyway runs a file; mixed is true where it refuses to.
func flywayTx(file File) (tx Tx, mixed bool) {
	all := statementsOf(file.Whole)
	outside := 0
	for _, s := range all {
		if flywayAlone.MatchString(s) {
			outside++
		}
	}
	switch {
	case outside == 0:
		return TxFile, false
	case outside == len(all):
		return TxNone, false
	}
	return TxFile, true
}

func composeFlyway(f Folder, d Draft, now string) Migration {
	name := flywayNext(f, d.Title, now)
	version, _ := flywayVersion(name)
	m := Migration{
		Version: version, Number: LeadingNumber(version), sortKey: flywayKey(version), Title: slug(d.Title),
		Up: NewFile(name, []byte(d.Up), TxFile),
	}
	m.Up.Tx, _ = flywayTx(m.Up)
	m.Checksum = flywayCRC(m.Up.Whole)
	if d.Down != "" && slices.ContainsFunc(f.Migrations, func(m Migration) bool { return m.Down != nil }) {
		down := NewFile("U"+strings.TrimPrefix(name, "V"), []byte(d.Down), TxFile)
		down.Tx, _ = flywayTx(down)
		m.Down = &down
	}
	return m
}

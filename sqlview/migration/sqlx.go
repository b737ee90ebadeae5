package migration

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io/fs"
	"strings"

	"belay/sqlview/pattern"
)

// sqlx was read in sqlx-core/src/migrate and sqlx-postgres/src/migrate.rs of
// 9d6bf662 (behind 0.8.6); it was not run.
var _ = register(Format{
	Name:  "sqlx",
	Title: "sqlx",
	Doc: `# sqlx

**Files.** ` + "`VERSION_title.sql`, or `VERSION_title.up.sql` and `VERSION_title.down.sql`" + `, in one flat folder and not both kinds mixed.
Versions are numbers in numeric order.

**Transactions.** One transaction a file, with its history row. Where the first bytes of the file are ` + "`-- no-transaction`" + ` it is sent as
one string outside of one, so a statement that needs it stands alone.

**History.** A row in ` + "`_sqlx_migrations(version, description, installed_on, success, checksum, execution_time)`" + ` for each version;
down deletes it. success = false is a migration whose outcome sqlx does not know, and it refuses to go on. The checksum is the SHA-384 of
the up file: an edited file stops sqlx, and belay. A file merged later with a lower version is run without a word.

**Lock.** An advisory key of the database's name, which sqlx waits for.
`,
	Signs: []Sign{
		{
			Score: 97, Why: "files that begin with -- no-transaction", SQL: pattern.New(`\A-- no-transaction`),
			Name: sqlxName.MatchString,
		},
		{
			Score: 95, Why: "numbered files, and a Cargo.toml with sqlx", Beside: "Cargo.toml", Mentions: "sqlx",
			Name: sqlxName.MatchString,
		},
		{Score: 60, Why: "numbered files beside a Cargo.toml", Beside: "Cargo.toml", Name: sqlxName.MatchString},
	},
	Load:      loadSqlx,
	VersionOf: sqlxVersion,
	NextName:  sqlxNext,
	Compose:   composeSqlx,
	Outside: Outside{
		Header: sqlxNoTx + "\n", How: "write " + sqlxNoTx + " in its first line, and nothing else in the file",
	},
	History: History{
		Table: "_sqlx_migrations",
		Columns: []Column{
			{Name: "version", Types: []string{"bigint"}},
			{Name: "description", Types: []string{"text"}},
			{Name: "installed_on", Types: []string{"timestamp with time zone"}},
			{Name: "success", Types: []string{"boolean"}},
			{Name: "checksum", Types: []string{"bytea"}},
			{Name: "execution_time", Types: []string{"bigint"}},
		},
		Privileges: []string{"SELECT", "INSERT", "UPDATE", "DELETE"},
		Compares:   true,
		Create: func(table string) string {
			return `CREATE TABLE IF NOT EXISTS ` + table + ` (
    version BIGINT PRIMARY KEY,
    description pg_catalog.text NOT NULL,
    installed_on TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT pg_catalog.now(),
    success BOOLEAN NOT NULL,
    checksum pg_catalog.bytea NOT NULL,
    execution_time BIGINT NOT NULL
)`
		},
		Read: func(table string) string {
			return `SELECT version::pg_catalog.text, ''::pg_catalog.text, installed_on::pg_catalog.text, NOT success, pg_catalog.encode(checksum, 'hex')
  FROM ` + table + ` ORDER BY version DESC`
		},
		Record: func(table string, m Migration) []Write { return []Write{sqlxRow(table, m, true)} },
		Begin:  func(table string, m Migration) []Write { return []Write{sqlxRow(table, m, false)} },
		BeginDown: func(table string, m Migration, _ *Migration) []Write {
			return []Write{sqlxRow(table, m, false)}
		},
		Unrecord: func(table string, m Migration, _ *Migration) []Write {
			return []Write{
				{
					SQL:  "DELETE FROM " + table + " WHERE version OPERATOR(pg_catalog.=) $1",
					Args: []any{int64(m.Number)},
				},
			}
		},
		Keys: func(database, _, _ string) []int64 {
			return []int64{0x3d32ad9e * int64(crc32.ChecksumIEEE([]byte(database)))}
		},
	},
})

func sqlxRow(table string, m Migration, success bool) Write {
	sum, _ := hex.DecodeString(m.Checksum)
	return Write{
		SQL: `INSERT INTO ` + table +
			` (version, description, success, checksum, execution_time) VALUES ($1, $2, $3, $4, -1)
ON CONFLICT (version) DO UPDATE SET success = excluded.success, checksum = excluded.checksum`,
		Args: []any{int64(m.Number), strings.ReplaceAll(m.Title, "_", " "), success, sum},
	}
}

const sqlxNoTx = "-- no-transaction"

var sqlxName = pattern.New(`^([0-9]+)_(.+?)(\.up|\.down)?\.sql$`)

func loadSqlx(root fs.FS, dir string) (Folder, error) {
	f := Folder{Format: "sqlx", Dir: dir, Git: there(root, ".git")}
	l, err := list(root, dir)
	if err != nil {
		return f, err
	}
	downs := map[uint64][]File{}
	var simple, reversible []string
	for _, name := range l.files {
		part := sqlxName.FindStringSubmatch(name)
		if part == nil {
			continue
		}
		number, err := bigint(part[1])
		if err != nil {
			f.Problems = append(f.Problems, Problem{Kind: Name, Paths: []string{name}, Stops: true,
				Message: name + ": " + err.Error(), Hint: "give it a shorter version"})
			continue
		}
		file, err := readFile(root, dir, name, TxFile)
		if err != nil {
			return f, err
		}
		file.Tx = sqlxTx(file.Whole)
		f.Problems = append(f.Problems, checkSections(file)...)
		if part[3] == ".down" {
			downs[number] = append(downs[number], file)
			continue
		}
		if part[3] == "" {
			simple = append(simple, name)
		} else {
			reversible = append(reversible, name)
		}
		f.Migrations = append(f.Migrations, Migration{
			Version: fmt.Sprint(number), Number: number, Title: part[2], Up: file, Checksum: sha384(file.Whole),
		})
	}
	f.pairDowns(downs)
	if len(simple) > 0 && len(reversible) > 0 {
		f.Problems = append(f.Problems, Problem{Kind: Name, Paths: []string{simple[0], reversible[0]}, Stops: true,
			Message: fmt.Sprintf("%s has no way back and %s is one of a pair: sqlx refuses to mix them", simple[0],
				reversible[0]),
			Hint: "name all of them alike, where they are applied nowhere"})
	}
	f.Problems = append(f.Problems,
		checkIgnored(root, dir, l, "sqlx", sqlxName.MatchString, likeMigration.MatchString)...)
	f.finish(l.files, "sqlx keeps one row for both")
	return f, nil
}

func sqlxTx(b []byte) Tx {
	if bytes.HasPrefix(b, []byte(sqlxNoTx)) {
		return TxImplicit
	}
	return TxFile
}

func sha384(b []byte) string {
	sum := sha512.Sum384(b)
	return hex.EncodeToString(sum[:])
}

func sqlxVersion(name string) (string, bool) {
	part := sqlxName.FindStringSubmatch(name)
	if part == nil || part[3] == ".down" {
		return "", false
	}
	return part[1], true
}

// sqlxNext is of the kind that the folder has; an empty one begins with pairs.
func sqlxNext(f Folder, title, now string) string {
	suffix := ".up.sql"
	if len(f.Migrations) > 0 && !strings.HasSuffix(newestName(f, ""), suffix) {
		suffix = ".sql"
	}
	return nextVersion(f, now, 0) + "_" + slug(title) + suffix
}

func composeSqlx(f Folder, d Draft, now string) Migration {
	name := sqlxNext(f, d.Title, now)
	text := func(sql string, alone bool) []byte {
		if alone {
			sql = sqlxNoTx + "\n" + sql
		}
		return []byte(sql)
	}
	up := text(d.Up, d.NoTransaction)
	m := numbered(Format{VersionOf: sqlxVersion}, NewFile(name, up, sqlxTx(up)))
	m.Version, m.Title, m.Checksum = fmt.Sprint(m.Number), slug(d.Title), sha384(up)
	if base, pairs := strings.CutSuffix(name, ".up.sql"); pairs && d.Down != "" {
		b := text(d.Down, d.DownNoTransaction)
		down := NewFile(base+".down.sql", b, sqlxTx(b))
		m.Down = &down
	}
	return m
}

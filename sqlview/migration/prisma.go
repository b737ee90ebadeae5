package migration

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"

	"belay/sqlview/pattern"
)

// prisma was watched as the schema engine 7.10 with its pg adapter, and read in
// prisma-engines.
var _ = register(Format{
	Name:  "prisma",
	Title: "Prisma",
	Doc: `# prisma

**Files.** ` + "`NAME/migration.sql`" + ` in folders that are run in the order of their names, normally ` + "`YYYYMMDDhhmmss_title`" + `. The whole
name is the key, so two of one time are two migrations. Prisma has no way back; belay takes ` + "`NAME/down.sql`" + `, which Prisma's own
guide has people write.

**Transactions.** None is opened. A file is sent as one string, which the server runs as one implicit transaction when it has more than
one statement: CREATE INDEX CONCURRENTLY must stand alone in its file. With a driver adapter Prisma cuts at every ;, also within a
function's body.

**History.** A row in ` + "`_prisma_migrations`" + ` for each migration, written before the file is run and finished after it. A row that was
not finished and not rolled back stops Prisma (P3009). What belay takes back loses its row: of one with rolled_back_at
` + "`migrate status`" + ` says nothing, and ` + "`migrate deploy`" + ` runs it. The checksum is the SHA-256 of the file;
` + "`migrate deploy`" + ` does not compare it, ` + "`migrate dev`" + ` does. A folder merged later with a lower name is run without a word.

**Lock.** The advisory key 72707369, for which Prisma waits ten seconds.
`,
	Signs: []Sign{
		{Score: 100, Why: "migration_lock.toml", File: "migration_lock.toml"},
		{Score: 84, Why: "folders with a migration.sql", Inside: "migration.sql"},
	},
	Load:         loadPrisma,
	VersionOf:    prismaFiles.version,
	SortKey:      func(name string) string { return name },
	NextName:     prismaNext,
	Compose:      composePrisma,
	Outside:      Outside{How: "leave it alone in its file: Prisma opens no transaction for a file of one statement"},
	ForceCommand: "prisma migrate resolve --applied NAME, or --rolled-back NAME",
	History: History{
		Table: "_prisma_migrations",
		Columns: []Column{
			{Name: "id", Types: []string{"character varying"}},
			{Name: "checksum", Types: []string{"character varying"}},
			{Name: "finished_at", Types: []string{"timestamp with time zone"}},
			{Name: "migration_name", Types: []string{"character varying"}},
			{Name: "logs", Types: []string{"text"}},
			{Name: "rolled_back_at", Types: []string{"timestamp with time zone"}},
			{Name: "started_at", Types: []string{"timestamp with time zone"}},
			{Name: "applied_steps_count", Types: []string{"integer"}},
		},
		Privileges: []string{"SELECT", "INSERT", "UPDATE", "DELETE"},
		Create: func(table string) string {
			return `CREATE TABLE IF NOT EXISTS ` + table + ` (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum VARCHAR(64) NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    migration_name VARCHAR(255) NOT NULL,
    logs pg_catalog.text,
    rolled_back_at TIMESTAMP WITH TIME ZONE,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT pg_catalog.now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
)`
		},
		// One that failed counts for its name, whatever finished before it.
		Read: func(table string) string {
			return `SELECT h.name, ''::pg_catalog.text, h.at::pg_catalog.text, h.dirty, h.checksum
  FROM (SELECT DISTINCT ON (migration_name) migration_name::pg_catalog.text AS name, started_at AS at, finished_at IS NULL AS dirty,
               checksum::pg_catalog.text AS checksum
          FROM ` + table + ` WHERE rolled_back_at IS NULL ORDER BY migration_name, finished_at IS NULL DESC, started_at DESC) AS h
 ORDER BY h.at DESC, h.name DESC`
		},
		Record: prismaFinish,
		Begin: func(table string, m Migration) []Write {
			return []Write{{SQL: `INSERT INTO ` + table + ` (id, checksum, migration_name)
VALUES (` + prismaID + `, $1, $2)`, Args: []any{m.Checksum, m.Version}}}
		},
		BeginDown: func(table string, m Migration, _ *Migration) []Write {
			return []Write{
				{SQL: `UPDATE ` + table + ` SET finished_at = NULL WHERE ` + prismaLive, Args: []any{m.Version}},
			}
		},
		Unrecord: func(table string, m Migration, _ *Migration) []Write {
			return []Write{
				// With rolled_back_at alone Prisma's status would say "up to date", and its deploy run it.
				{SQL: `DELETE FROM ` + table + ` WHERE ` + prismaLive, Args: []any{m.Version}},
			}
		},
		Keys: func(_, _, _ string) []int64 { return []int64{72707369} },
	},
})

const (
	prismaLive = `migration_name::pg_catalog.text OPERATOR(pg_catalog.=) $1::pg_catalog.text AND rolled_back_at IS NULL`
	// prismaID is a UUID on servers of every version.
	prismaID = `pg_catalog.md5(pg_catalog.concat(pg_catalog.random(), pg_catalog.clock_timestamp()))::pg_catalog.uuid::pg_catalog.text`
)

// prismaFinish writes a row that is complete, in the place of the one that Begin
// wrote.
func prismaFinish(table string, m Migration) []Write {
	return []Write{
		{SQL: `DELETE FROM ` + table + ` WHERE finished_at IS NULL AND ` + prismaLive, Args: []any{m.Version}},
		{SQL: `INSERT INTO ` + table + ` (id, checksum, migration_name, finished_at, applied_steps_count)
VALUES (` + prismaID + `, $2, $1, pg_catalog.clock_timestamp(), 1)`, Args: []any{m.Version, m.Checksum}},
	}
}

var prismaFiles = oneFolder{
	format: "prisma",
	name:   pattern.New(`^((?:[0-9]+[_-])?(.+))$`),
	up:     "migration.sql",
	down:   "down.sql",
	fill:   fillPrisma,
}

func fillPrisma(m *Migration, _ fs.FS, _ string) []Problem {
	m.Up.Tx, m.Checksum = TxImplicit, m.Up.SHA256
	lines := bytes.ReplaceAll(m.Up.Whole, []byte("\r\n"), []byte("\n"))
	m.Alike = []string{hexSHA256(lines), hexSHA256(bytes.ReplaceAll(lines, []byte("\n"), []byte("\r\n")))}
	if m.Down != nil {
		m.Down.Tx = TxImplicit
	}
	return nil
}

var prismaProvider = pattern.New(`(?m)^[ \t]*provider[ \t]*=[ \t]*"(\w+)"`)

func loadPrisma(root fs.FS, dir string) (Folder, error) {
	f, err := prismaFiles.load(root, dir)
	lock, _ := fs.ReadFile(root, path.Join(dir, "migration_lock.toml"))
	if p := prismaProvider.FindSubmatch(lock); p != nil && string(p[1]) != "postgresql" {
		f.Problems = append(f.Problems, Problem{
			Kind: Unsupported, Paths: []string{"migration_lock.toml"}, Stops: true,
			Message: fmt.Sprintf("migration_lock.toml has the provider %s, not postgresql", p[1]),
			Hint:    "name the folder of the PostgreSQL migrations with --migrations",
		})
	}
	return f, err
}

func prismaNext(f Folder, title, now string) string {
	return path.Join(nextVersion(f, now, 0)+"_"+slug(title), prismaFiles.up)
}

func composePrisma(f Folder, d Draft, now string) Migration {
	m := prismaFiles.compose(path.Dir(prismaNext(f, d.Title, now)), d.Up, d.Down)
	fillPrisma(&m, nil, "")
	return m
}

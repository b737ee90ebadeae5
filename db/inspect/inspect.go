// Package inspect reads the live catalog into a catalog.Snapshot, and the
// facts that a run wants to know right before it starts. Every read is a
// catalog or statistics read that waits for nobody's table lock: sizes are
// relpages, never pg_total_relation_size.
package inspect

import (
	"context"
	"embed"
	"fmt"
	"strings"
	"sync"
	"text/template"
	"time"

	"belay/db"
	"belay/sqlview/catalog"

	"github.com/jackc/pgx/v5"
)

//go:embed sql/*.sql
var files embed.FS

// queries are read with the first question: most calls of belay ask none.
var queries = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(db.SQLFuncs).Funcs(template.FuncMap{
		"mighty": MightySQL,
	}).ParseFS(files, "sql/*.sql"))
})

// timeout bounds each statement of a catalog read. A schema of 50,000 tables
// needs more than the monitor's own half second.
const timeout = 10 * time.Second

// ours is a WHERE clause over pg_namespace n: everything that is not the
// server's own or a session's temporary schema.
const ours = `n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg\_temp\_%' AND n.nspname NOT LIKE 'pg\_toast\_temp\_%'`

// locked lists the tables that somebody has, or wants, to himself. pg_get_expr
// and its kin open the table and would wait in line behind that.
const locked = `SELECT l.relation FROM pg_catalog.pg_locks l
  WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.relation IS NOT NULL
    AND l.database = (SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database())`

// version is what the .sql files ask for: catalogs grow columns over the years.
type version struct {
	Version      int
	Ours, Locked string
	// Scoped is true where the relations are given: $1, as oid[].
	Scoped bool
}

func (v version) sql(name string) string { return render(name, v) }
func (v version) major() int             { return v.Version }

func render(name string, facts any) string {
	var b strings.Builder
	if err := queries().ExecuteTemplate(&b, name+".sql", facts); err != nil {
		panic(err) // an embedded file is wrong: every test would see it
	}
	return b.String()
}

// asked is what makes the text of a read: the server's version, and more.
type asked interface {
	major() int
	sql(name string) string
}

// Names are the words of a text, as it may mean them: any of them may be the
// name of a relation, type or function in any schema.
type Names struct {
	Words []string
	// Cascade is true where TRUNCATE … CASCADE may go from table to table.
	Cascade bool
}

// Catalog reads all schemas but the server's own in one batch and one snapshot
// of the database, on servers from 10 on. Any role may; nothing is written and
// no table lock is waited for: a table that somebody has locked in ACCESS
// EXCLUSIVE mode, or wants to, comes as Partial, without the texts of defaults,
// checks and indexes. Traffic is left nil: db/watch measures it.
func Catalog(ctx context.Context, c *db.Conn) (*catalog.Snapshot, error) { return tried(ctx, c, nil) }

// Named is Catalog of what the names may mean and a statement about it reaches:
// neighbours by foreign keys, partitions, views and what they read. What is not
// there is not named. Types, functions, schemas and publications come whole.
func Named(ctx context.Context, c *db.Conn, n Names) (*catalog.Snapshot, error) {
	return tried(ctx, c, &n)
}

func tried(ctx context.Context, c *db.Conn, n *Names) (*catalog.Snapshot, error) {
	var s *catalog.Snapshot
	var err error
	// A lock that comes between the look and the read ends the read by lock_timeout.
	for range attempts {
		if s, err = readCatalog(ctx, c, n); db.Classify(err) != db.LockTimeout {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("catalog of %s: %w", c.Target, err)
	}
	return s, nil
}

const attempts = 3

func readCatalog(ctx context.Context, c *db.Conn, n *Names) (*catalog.Snapshot, error) {
	b := newBuilder()
	b.snapshot.EscapeStrings = c.TeamValue("standard_conforming_strings") == "off"
	v := version{Version: c.ServerMajor(), Ours: ours, Locked: locked}
	var scope []int64
	var groups [][]read
	var args, named []any
	if n != nil {
		b.snapshot.Asked = map[string]bool{}
		for _, w := range n.Words {
			b.snapshot.Asked[w] = true
		}
		v.Scoped, args, named = true, []any{&scope}, []any{&scope, n.Words}
		groups = append(groups, []read{
			{"scope", func(r pgx.Rows) error { return r.Scan(&scope) }, []any{n.Words, n.Cascade}},
		})
	}
	groups = append(groups, []read{
		{"session", b.session, nil}, {"roles", b.role, nil}, {"relations", b.relation, args},
		{"columns", b.column, args}, {"defaults", b.defaultOf, args}, {"collations", b.collationOf, args},
		{"types", b.typ, nil},
		{"indexes", b.index, args}, {"constraints", b.constraint, args},
		{"triggers", b.trigger, args}, {"inherits", b.inherit, args}, {"dependents", b.dependent, args},
		{"functions", b.function, nil}, {"publications", b.publication, nil}, {"servers", b.server, nil},
		{"needs", b.need, nil},
		{"casts", b.cast, nil}, {"partitioned", b.partitioned, args}, {"statistics", b.statistics, args},
		{"attached", b.attached, args},
		{"visibility", b.visibility, args}, {"others", b.other, named},
	})
	if v.Scoped {
		last := len(groups) - 1
		groups[last] = append(groups[last], b.detailReads(args)...)
	}
	schemas := func(batch *pgx.Batch) { c.QueueSchemas(batch, &b.snapshot.SearchPath) }
	if err := readAfter(ctx, c, v, schemas, groups...); err != nil {
		return nil, err
	}
	if err := spell(ctx, c, b); err != nil {
		return nil, err
	}
	return b.finish(), nil
}

// spell asks how the types that occur are spelled, once each.
func spell(ctx context.Context, c *db.Conn, b *builder) error {
	oids, mods := make([]int64, 0, len(b.formats)), make([]int32, 0, len(b.formats))
	for k := range b.formats {
		oids, mods = append(oids, k.oid), append(mods, k.mod)
	}
	rows, err := c.Query(ctx, version{}.sql("formats"), oids, mods)
	if err != nil {
		return fmt.Errorf("formats: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := b.format(rows); err != nil {
			return fmt.Errorf("formats: %w", err)
		}
	}
	return rows.Err()
}

// read is one .sql file and what becomes of each of its rows.
type read struct {
	name string
	row  func(pgx.Rows) error
	args []any
}

// readOnly sends all reads of a group at once, and all groups in one read-only
// transaction, so that they agree with each other; it lasts only as long as the
// answers take. What the monitor's own settings are is back in force afterwards.
func readOnly(ctx context.Context, c *db.Conn, v asked, groups ...[]read) error {
	return readAfter(ctx, c, v, nil, groups...)
}

// readAfter is readOnly after other questions, which go with the first group.
func readAfter(ctx context.Context, c *db.Conn, v asked, before func(*pgx.Batch), groups ...[]read) error {
	defer c.Patient(timeout)()
	for i, reads := range groups {
		var batch pgx.Batch
		if i == 0 && before != nil {
			before(&batch)
		}
		if i == 0 {
			begin(&batch, v)
		}
		for _, r := range reads {
			batch.Queue(v.sql(r.name), r.args...).Query(r.collect)
		}
		if i == len(groups)-1 {
			batch.Queue("COMMIT")
		}
		if err := c.Send(ctx, &batch); err != nil {
			return err
		}
	}
	return nil
}

// begin queues what opens the transaction.
func begin(batch *pgx.Batch, v asked) {
	batch.Queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	batch.Queue("SELECT pg_catalog.set_config('statement_timeout', $1, true), pg_catalog.set_config('work_mem', "+
		"'65536', true)",
		fmt.Sprint(timeout.Milliseconds()))
	if v.major() >= 11 {
		// The planner takes the recursions for large; compiling them takes seconds.
		batch.Queue("SELECT pg_catalog.set_config('jit', 'off', true)")
		return
	}
	restartClock(batch)
}

// restartClock has the time of the next statement counted by the statement_timeout that
// was just set: before 11 only a command that is about transactions does that.
func restartClock(batch *pgx.Batch) { batch.Queue("SAVEPOINT belay_timeout") }

func (r read) collect(rows pgx.Rows) error {
	for rows.Next() {
		if err := r.row(rows); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	return nil
}

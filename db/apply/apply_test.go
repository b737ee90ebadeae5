package apply_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/db/dbtest"
	"belay/sqlview/effect"
	"belay/sqlview/lock"
	"belay/sqlview/migration"
)

// record collects events; hook sees each of them first and may refuse it.
type record struct {
	mu   sync.Mutex
	all  []apply.Event
	hook func(apply.Event) error
}

func (r *record) tell(e apply.Event) error {
	r.mu.Lock()
	r.all = append(r.all, e)
	r.mu.Unlock()
	if r.hook != nil {
		return r.hook(e)
	}
	return nil
}

func (r *record) of(kind apply.EventKind) []apply.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []apply.Event
	for _, e := range r.all {
		if e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// executor opens three connections to dsn.
func executor(t testing.TB, dsn string) (*apply.Executor, *record) {
	t.Helper()
	x, rec, err := open(dsn)
	if err != nil {
		t.Fatal(err)
	}
	trio := x.Trio
	t.Cleanup(func() { _ = trio.Close() })
	return x, rec
}

func open(dsn string) (*apply.Executor, *record, error) {
	cfg, err := db.ParseConfig(dsn, "test")
	if err != nil {
		return nil, nil, err
	}
	trio, err := db.OpenTrio(context.Background(), cfg, "7f3a0001", "run")
	if err != nil {
		return nil, nil, err
	}
	rec := &record{}
	// Small pauses keep the tests quick. The first rung is long enough for a busy
	// machine to see the blockers in the middle of it.
	limits := apply.Limits{FirstRung: 300 * time.Millisecond, SecondRung: 600 * time.Millisecond, PauseFactor: 1}
	return &apply.Executor{Trio: trio, Tell: rec.tell, Limits: limits}, rec, nil
}

const historyTable = `CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)`

// unit is a file 7_x.up.sql of a golang-migrate folder.
func unit(statements ...apply.Statement) apply.Unit {
	for i := range statements {
		statements[i].Line = i + 1
	}
	return apply.Unit{Name: "7", Path: "7_x.up.sql", Statements: statements, Wrap: apply.Transaction,
		Begin: []migration.Write{{SQL: `DELETE FROM public.schema_migrations`},
			{SQL: `INSERT INTO public.schema_migrations VALUES ($1, true)`, Args: []any{int64(7)}}},
		Record: []migration.Write{{SQL: `DELETE FROM public.schema_migrations`},
			{SQL: `INSERT INTO public.schema_migrations (version, dirty) VALUES ($1, false)`, Args: []any{int64(7)}}},
		Mark: apply.Mark{
			SQL: `SELECT version::text, '', '', dirty FROM public.schema_migrations`, Version: "7", UpTo: true,
		}}
}

// instant is a statement judged instant under ACCESS EXCLUSIVE on public.t.
func instant(kind, sql string) apply.Statement {
	return apply.Statement{SQL: sql, Kind: kind, Effect: effect.Effect{Known: true, Transactional: true,
		Duration: effect.Instant, Locks: []effect.On{{Relation: "public.t", Mode: lock.AccessExclusive}}}}
}

// opaque is a statement whose duration nobody can know.
func opaque(kind, sql string) apply.Statement {
	return apply.Statement{
		SQL: sql, Kind: kind, Effect: effect.Effect{Known: true, Transactional: true, Duration: effect.Unknown},
	}
}

func addColumn() apply.Statement {
	return instant("ALTER TABLE", `ALTER TABLE t ADD COLUMN note text`)
}

// shop is a database with a table t of 1000 rows and a history table.
func shop(t testing.TB) *dbtest.DB {
	t.Helper()
	d := dbtest.New(t)
	fill(t, d)
	return d
}

func fill(t testing.TB, d *dbtest.DB) {
	t.Helper()
	d.Exec(t, historyTable)
	d.Exec(t, `CREATE TABLE t (id bigint PRIMARY KEY, a int);
		INSERT INTO t SELECT g, g FROM generate_series(1, 1000) g`)
}

func hasColumn(t testing.TB, d *dbtest.DB, name string) bool {
	t.Helper()
	return d.Count(t,
		fmt.Sprintf(`pg_attribute WHERE attrelid = 't'::regclass AND attname = '%s' AND NOT attisdropped`, name)) == 1
}

// version is the history row: "" where there is none.
func version(t testing.TB, d *dbtest.DB) string {
	t.Helper()
	return strings.Join(dbtest.QueryCol[string](t, d,
		`SELECT version || CASE WHEN dirty THEN ' dirty' ELSE '' END FROM schema_migrations`), ",")
}

// want checks an outcome and says everything where it is another.
func want(t testing.TB, got apply.Result, outcome apply.Outcome, reason apply.Reason) {
	t.Helper()
	if got.Outcome != outcome || got.Reason != reason {
		t.Fatalf("%s, %s (%v), want %s, %s; attempts %d, left %q", got.Outcome, got.Reason, got.Err, outcome, reason,
			got.Attempts, got.Left)
	}
}

// untouched checks that a unit left nothing: no column, no history row, no open
// transaction and no lock of ours.
func untouched(t testing.TB, d *dbtest.DB) {
	t.Helper()
	if hasColumn(t, d, "note") || version(t, d) != "" {
		t.Errorf("something stayed: note %v, version %q", hasColumn(t, d, "note"), version(t, d))
	}
	if n := d.Count(t,
		`pg_stat_activity WHERE application_name LIKE 'belay/%' AND datname = current_database() AND state LIKE 'idle in transaction%'`); n != 0 {
		t.Errorf("%d sessions of ours are in a transaction", n)
	}
}

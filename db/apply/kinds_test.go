package apply_test

import (
	"errors"
	"testing"
	"time"

	"belay/db"
	"belay/db/apply"
	"belay/db/dbtest"
	"belay/db/inspect"
	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/parse"
)

// kind is a statement that works outside a transaction of the unit, what makes
// it wait, and how the catalog shows that it took effect.
type kind struct {
	name, setup, sql, blocker, truth string
	// again is true where the probe cannot know it and it is sent again.
	again bool
	// since is the first major version that has the statement; 0 = all have it.
	since int
}

const oldSnapshot = `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM schema_migrations`

const parts = `CREATE TABLE p (id int, d int) PARTITION BY RANGE (d);
	CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10); INSERT INTO p VALUES (1, 1)`

var kinds = []kind{
	{name: "create index", sql: `CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)`, blocker: oldSnapshot,
		truth: `EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('t_a') AND indisvalid)`},
	{name: "drop index", setup: `CREATE INDEX t_a ON t (a)`, sql: `DROP INDEX CONCURRENTLY t_a`,
		blocker: `SELECT count(*) FROM t`,
		truth:   `to_regclass('t_a') IS NULL`},
	{name: "reindex index", setup: `CREATE INDEX t_a ON t (a); CREATE TABLE was AS SELECT 't_a'::regclass::oid AS o`,
		sql: `REINDEX INDEX CONCURRENTLY t_a`, blocker: oldSnapshot, truth: `'t_a'::regclass <> (SELECT o FROM was)`},
	{name: "reindex table", setup: `CREATE INDEX t_a ON t (a); CREATE TABLE was AS SELECT 't_a'::regclass::oid AS o`,
		sql: `REINDEX TABLE CONCURRENTLY t`, blocker: `SELECT count(*) FROM t`,
		truth: `'t_a'::regclass <> (SELECT o FROM was)`, again: true},
	{name: "reindex schema",
		setup: `CREATE SCHEMA s; CREATE TABLE s.u (id int PRIMARY KEY); CREATE TABLE was AS SELECT 's.u_pkey'::regclass::oid AS o`,
		sql:   `REINDEX SCHEMA CONCURRENTLY s`, blocker: oldSnapshot,
		truth: `'s.u_pkey'::regclass <> (SELECT o FROM was)`},
	{name: "detach", since: 14, setup: parts, sql: `ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY`,
		blocker: `SELECT count(*) FROM p`,
		truth:   `NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = 'p1'::regclass)`},
	{name: "validate", setup: `ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID`,
		sql:     `ALTER TABLE t VALIDATE CONSTRAINT c`,
		blocker: `LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE`,
		truth:   `(SELECT convalidated FROM pg_constraint WHERE conname = 'c')`},
	{
		name: "vacuum", sql: `VACUUM (TRUNCATE false) t`, blocker: `LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE`,
		truth: `true`, again: true,
	},
	{
		name: "analyze", sql: `ANALYZE t`, blocker: `LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE`, truth: `true`,
		again: true,
	},
	{name: "vacuum full", setup: `CREATE TABLE was AS SELECT pg_relation_filenode('t') AS o`, sql: `VACUUM FULL t`,
		blocker: `SELECT count(*) FROM t`,
		truth:   `pg_relation_filenode('t') <> (SELECT o FROM was)`},
	{name: "cluster", setup: `CREATE TABLE was AS SELECT pg_relation_filenode('t') AS o`, sql: `CLUSTER t USING t_pkey`,
		blocker: `SELECT count(*) FROM t`,
		truth:   `pg_relation_filenode('t') <> (SELECT o FROM was)`},
	{name: "enum", setup: `CREATE TYPE mood AS ENUM ('sad')`, sql: `ALTER TYPE mood ADD VALUE IF NOT EXISTS 'glad'`,
		blocker: `ALTER TYPE mood RENAME VALUE 'sad' TO 'low'`,
		truth:   `EXISTS (SELECT FROM pg_enum WHERE enumlabel = 'glad')`},
	{name: "attach", setup: `CREATE TABLE p (id int, d int) PARTITION BY RANGE (d); CREATE TABLE p1 (id int, d int)`,
		sql: `ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (1) TO (10)`, blocker: `SELECT count(*) FROM p1`,
		truth: `EXISTS (SELECT FROM pg_inherits WHERE inhrelid = 'p1'::regclass)`},
}

// judged makes a unit of SQL as the engine does, with the live catalog.
func judged(t testing.TB, x *apply.Executor, sql string) apply.Unit {
	t.Helper()
	var snap *catalog.Snapshot
	err := x.Trio.Monitor.Lend(t.Context(), 0, func(c *db.Conn) (err error) {
		snap, err = inspect.Catalog(t.Context(), c)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	files, err := parse.Parse(t.Context(), []byte(sql))
	if err != nil {
		t.Fatal(err)
	}
	u := byOne()
	u.Unbegin = u.Begin[:1]
	for _, s := range files[0].Statements {
		u.Statements = append(u.Statements, apply.FromParse([]byte(sql), s, effect.Of(s, snap, 0)))
	}
	return u
}

// Each kind is stopped in each way while it waits, and once its answer is lost.
// What is said must be true, what it left must be named, and the next run must
// end it. The short form has one way for each second kind, all ways over them.
func TestEveryKindStoppedInEveryWay(t *testing.T) {
	t.Parallel()
	ways := []string{"stop", "cancel", "terminate", "cut", "reply lost"}
	for i, k := range kinds {
		for j, way := range ways {
			if !dbtest.InShort(i, 2) || !dbtest.InShort(i/2+j, len(ways)) {
				continue
			}
			t.Run(k.name+"/"+way, func(t *testing.T) {
				t.Parallel()
				stopped(t, k, way)
			})
		}
	}
}

func stopped(t *testing.T, k kind, way string) {
	d := shop(t)
	if d.Cluster().Major() < k.since {
		t.Skipf("the statement is there from %d on", k.since)
	}
	if k.setup != "" {
		d.Exec(t, k.setup)
	}
	p := dbtest.NewProxy(t, d.DSN)
	x, rec := executor(t, p.DSN)
	x.Limits.ConnectionCheck = 50 * time.Millisecond
	x.Limits.FirstRung, x.Limits.HoldBudget = 20*time.Second, 20*time.Second // the fault comes first
	u := judged(t, x, k.sql)
	release := func() {}
	if way == "reply lost" {
		p.On(dbtest.Runs(k.sql), dbtest.CutReply)
	} else {
		_, release = d.Blocker(t, k.blocker)
		rec.hook = func(e apply.Event) error {
			if e.Kind == apply.StatementBegun {
				go fault(t, d, p, x, way)
			}
			return nil
		}
	}
	got := x.Run(t.Context(), u)
	release()
	_ = x.Trio.Close() // a new process asks once the old one's session is gone
	d.WaitForGone(t, got.Trace.PID)
	is := dbtest.QueryVal[bool](t, d, `SELECT `+k.truth)
	honest(t, d, k, way, got, is)
	again(t, d, k, u, got, is)
}

func fault(t *testing.T, d *dbtest.DB, p *dbtest.Proxy, x *apply.Executor, way string) {
	pid := d.WaitForLockWaitBy(t, "belay/7f3a0001/run")
	switch way {
	case "stop":
		x.Stop(errors.New("c"))
	case "cancel":
		d.Exec(t, `SELECT pg_cancel_backend($1)`, int32(pid))
	case "terminate":
		d.Exec(t, `SELECT pg_terminate_backend($1)`, int32(pid))
	case "cut":
		p.Refuse(true) // no cancel request gets through
		p.CutAll()
		// As the server's own check does, before 14 too. It may be gone, and its pid be the
		// asker's own.
		d.Exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE pid = $1 AND application_name LIKE 'belay/%'`, int32(pid))
	}
}

// honest holds the result against the catalog.
func honest(t *testing.T, d *dbtest.DB, k kind, way string, got apply.Result, is bool) {
	t.Helper()
	reason := map[string]apply.Reason{"stop": apply.Canceled, "cancel": apply.CanceledByOther}[way]
	switch {
	case got.Outcome == apply.Applied:
		t.Fatalf("%s and yet it says applied", way)
	case reason != "" && (got.Outcome != apply.NotApplied || got.Reason != reason):
		t.Errorf("%s, %s: %v", got.Outcome, got.Reason, got.Err)
	case got.Outcome == apply.NotApplied && is && !k.again:
		t.Errorf("it says not applied (%s), and it is", got.Reason)
	}
	if got.Outcome == apply.Unknown {
		return
	}
	invalid := d.Count(t, `pg_index WHERE NOT indisvalid`)
	if int(invalid) != len(got.Invalid) {
		t.Errorf("%d INVALID indexes, named %v", invalid, got.Invalid)
	}
	if d.Count(t, `pg_inherits i WHERE (to_jsonb(i) ->> 'inhdetachpending')::boolean`) != int64(len(got.Detaching)) {
		t.Errorf("half detached, named %v", got.Detaching)
	}
	if got.Unchanged() != (invalid == 0 && len(got.Detaching) == 0 && version(t, d) == "") {
		t.Errorf("left %q", got.Left)
	}
}

// again probes, clears away what stands in the way, and runs what is left.
func again(t *testing.T, d *dbtest.DB, k kind, u apply.Unit, got apply.Result, is bool) {
	t.Helper()
	e := probe(t, d, u, got.Trace)
	if e.Outcome != apply.NotApplied || (e.From == 1) != is && !k.again {
		t.Errorf("the probe says %s from %d (%s); truth %v", e.Outcome, e.From, e.Why, is)
	}
	x, _ := executor(t, d.DSN)
	u.From = e.From
	for range 4 {
		got = x.Run(t.Context(), u)
		for _, i := range got.Invalid {
			want(t, x.DropInvalid(t.Context(), i), apply.Applied, apply.Done)
		}
		for _, p := range got.Detaching {
			want(t, x.Finalize(t.Context(), p), apply.Applied, apply.Done)
			u.Detached = append(u.Detached, p)
		}
		if got.Outcome == apply.Applied {
			break
		}
	}
	if got.Outcome != apply.Applied || !dbtest.QueryVal[bool](t, d, `SELECT `+k.truth) || version(t, d) != "7" {
		t.Errorf("in the end %s, %s (%v), version %q", got.Outcome, got.Reason, got.Err, version(t, d))
	}
	if n := d.Count(t, `pg_index WHERE NOT indisvalid`); n != 0 {
		t.Errorf("%d INVALID indexes stay", n)
	}
}

package backfill_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"belay/db/backfill"
	"belay/db/dbtest"
)

func TestStatementsThatAreNotOne(t *testing.T) {
	s := newStand(t, `CREATE TABLE t (id int PRIMARY KEY, a int, b int, c jsonb); CREATE TABLE other (id int, x int)`)
	for _, c := range []struct{ set, where, want string }{
		{"", "", "nothing to set"},
		{"a = 1; DROP TABLE t", "", "more than one"},
		{"a = 1;", "", "semicolon"},
		{"a = 1 WHERE b = 2", "", "WHERE"},
		{"a = x FROM other", "", "FROM"},
		{"a = 1 RETURNING b", "", "RETURNING"},
		{"(a, b) = (1, 2)", "", "part of a column"},
		{"c['x'] = '1'", "", "part of a column"},
		{"a = 1 -- why", "", "comment"},
		{"a = ", "", "syntax"},
		{"a = 1", "b = 1) OR (true", "syntax"},
		{"a = 1", "true; SELECT 1", "more than one"},
		{"missing = 1", "", "no column"},
		{"a = missing", "", "does not exist"},
		{"a = 'x'", "", "invalid input"},
		{"a = 1", "nothing > 2", "does not exist"},
	} {
		_, err := backfill.Prepare(bounded(t), s.conn, backfill.Spec{Relation: "t", Set: c.set, Where: c.where})
		var bad *backfill.SpecError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q where %q: %v, want %q", c.set, c.where, err, c.want)
		}
	}
	for _, relation := range []string{"missing", "t_pkey", "no good"} {
		if _, err := backfill.Prepare(bounded(t), s.conn, backfill.Spec{Relation: relation, Set: "a = 1"}); err == nil {
			t.Errorf("%s is taken for a table", relation)
		}
	}
}

func TestHazards(t *testing.T) {
	const table = `CREATE TABLE t (id int PRIMARY KEY, a int, b int);`
	for _, c := range []struct{ name, sql, set, where string }{
		{"row-trigger", `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
			CREATE TRIGGER touch AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()`, "a = b", ""},
		{"indexed-target", `CREATE INDEX ON t (a)`, "a = b", ""},
		{"indexed-target", `CREATE INDEX ON t (b) WHERE a > 5`, "a = b", ""},
		{
			"foreign-key", `CREATE TABLE p (id int PRIMARY KEY); ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p`,
			"a = b", "",
		},
		{"generated", `ALTER TABLE t ADD g int GENERATED ALWAYS AS (b * 2) STORED`, "a = b", ""},
		{"generated-column", `ALTER TABLE t ADD g int GENERATED ALWAYS AS (b * 2) STORED`, "g = 1", ""},
		{"identity-column", `ALTER TABLE t ADD g int GENERATED ALWAYS AS IDENTITY`, "g = 1", ""},
		{"check", `ALTER TABLE t ADD CHECK (a > 0)`, "a = b", ""},
		{"publication", `CREATE PUBLICATION p FOR TABLE t`, "a = b", ""},
		{"replica-identity", `CREATE PUBLICATION p FOR TABLE t; ALTER TABLE t REPLICA IDENTITY FULL`, "a = b", ""},
		{"rule", `CREATE RULE r AS ON UPDATE TO t DO ALSO DELETE FROM t WHERE false`, "a = b", ""},
		{"reads-other-table", `CREATE TABLE o (id int, x int)`, "a = (SELECT max(x) FROM o WHERE o.id = t.id)", ""},
		{"not-verifiable", ``, "a = a + 1", ""},
		{"not-verifiable", ``, "a = random() * 5", ""},
		{"not-verifiable", `CREATE FUNCTION v() RETURNS int LANGUAGE sql AS 'SELECT 1'`, "a = v()", ""},
		{"null-guard", ``, "a = b", "a IS NULL"},
		{"not-covered", ``, "a = b", ""},
		{"overwrites", ``, "a = b", "b > 3"},
		{"partition-key",
			`CREATE TABLE parted (id int, a int) PARTITION BY RANGE (a); DROP TABLE t; ALTER TABLE parted RENAME TO t;
			CREATE TABLE one PARTITION OF t DEFAULT`, "a = 5", ""},
		{"no-key", `ALTER TABLE t DROP CONSTRAINT t_pkey`, "a = b", ""},
	} {
		t.Run(c.name+" "+c.set, func(t *testing.T) {
			s := newStand(t, table+c.sql)
			p := s.plan(t, backfill.Spec{Relation: "t", Set: c.set, Where: c.where})
			if !hasHazard(p, c.name) {
				t.Errorf("hazards %+v", p.Hazards)
			}
			for _, h := range p.Hazards {
				if h.Message == "" || h.Why == "" {
					t.Errorf("%s does not say what or why", h.Name)
				}
			}
		})
	}
	t.Run("a quiet table", func(t *testing.T) {
		s := newStand(t, table)
		p := s.plan(t, backfill.Spec{Relation: "t", Set: "a = b", Where: "a IS DISTINCT FROM b", DualWrite: true})
		if len(p.Hazards) != 0 {
			t.Errorf("hazards %+v", p.Hazards)
		}
	})
}

// The condition that is proposed leaves alone what the application writes before
// its row's batch comes, and itself proposes nothing.
func TestSafeWhereReplacesNothing(t *testing.T) {
	for _, c := range []struct{ set, where, want string }{
		{"n = 1", "", `"n" IS NULL`}, {"n = 1", "id < 90", `(id < 90) AND "n" IS NULL`},
		{"n = id, m = 2", "id < 90 OR id > 95", `(id < 90 OR id > 95) AND "n" IS NULL`},
		{"n = 1", "n IS NULL", ""}, {"n = n + 1", "", ""}, {"n = 1", "n IS DISTINCT FROM 1", ""},
	} {
		s := newStand(t,
			`CREATE TABLE t (id int PRIMARY KEY, n int, m int); INSERT INTO t SELECT i FROM generate_series(1, 100) i`)
		spec := backfill.Spec{Relation: "t", Set: c.set, Where: c.where, MaxRows: 5}
		if got := s.plan(t, spec).SafeWhere(); got != c.want {
			t.Errorf("SET %s WHERE %s: %s, want %s", c.set, c.where, got, c.want)
		}
		if c.want == "" {
			continue
		}
		spec.Where = c.want
		o := s.options(t, s.plan(t, spec))
		wrote := false
		o.Tell = func(e backfill.Event) {
			if e.Kind == backfill.Committed && !wrote {
				wrote = true
				s.Exec(t, "UPDATE t SET n = 77 WHERE id = 80")
			}
		}
		if _, err := backfill.Run(bounded(t), o); err != nil {
			t.Fatal(err)
		}
		if n := dbtest.QueryVal[int](t, s.DB, "SELECT n FROM t WHERE id = 80"); n != 77 {
			t.Errorf("SET %s WHERE %s: the application wrote 77, stored is %d", c.set, c.want, n)
		}
	}
}

// Under a policy an UPDATE changes what it sees and reports success.
func TestRowSecurity(t *testing.T) {
	s := newStand(t,
		`CREATE TABLE t (id int PRIMARY KEY, tenant text, n int); INSERT INTO t SELECT i, 't' || i % 3 FROM generate_series(1, 9) i;
		ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (tenant = 't1')`)
	role, dsn := s.Role(t, "tenant", "")
	s.Exec(t,
		`GRANT ALL ON t TO `+role+`; GRANT USAGE ON SCHEMA belay TO `+role+
			`; GRANT ALL ON ALL TABLES IN SCHEMA belay TO `+role)
	conn := connect(t, dsn)
	p, err := backfill.Prepare(bounded(t), conn, backfill.Spec{Relation: "t", Set: "n = 1"})
	if err != nil {
		t.Fatal(err)
	}
	if !hasHazard(p, "row-security") {
		t.Errorf("hazards %+v", p.Hazards)
	}
	o := s.options(t, p)
	o.Config = config(t, dsn)
	var stopped *backfill.HazardError
	if _, err := backfill.Run(bounded(t), o); !errors.As(err, &stopped) {
		t.Errorf("run: %v", err)
	}
	// A policy that comes after the plan: the server refuses, no row is left out.
	p.Hazards = nil
	if _, err := backfill.Run(bounded(t), o); err == nil || !strings.Contains(err.Error(), "row-level security") {
		t.Errorf("run in spite of it: %v", err)
	}
	if n := s.Count(t, "t WHERE n = 1"); n != 0 {
		t.Errorf("%d rows changed", n)
	}
}

func TestCoverage(t *testing.T) {
	const table = `CREATE TABLE t (id int PRIMARY KEY, amount int, cents bigint);`
	spec := backfill.Spec{Relation: "t", Set: "cents = amount * 100"}
	for _, c := range []struct {
		sql  string
		want backfill.CoverageKind
	}{
		{``, backfill.NotCovered},
		{`ALTER TABLE t ALTER cents SET DEFAULT 0`, backfill.ColumnDefault},
		{`CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.cents := NEW.amount * 100; RETURN NEW; END';
			CREATE TRIGGER own BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()`, backfill.OtherTrigger},
		{`CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.cents := NEW.amount * 100; RETURN NEW; END';
			CREATE TRIGGER own BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f(); ALTER TABLE t DISABLE TRIGGER own`, backfill.NotCovered},
	} {
		s := newStand(t, table+c.sql)
		if got := s.plan(t, spec).Coverage; got.Kind != c.want {
			t.Errorf("%s: %+v", c.sql, got)
		}
	}
	s := newStand(t, table)
	sync, err := s.plan(t, spec).SyncTrigger()
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range sync.Create {
		s.Exec(t, sql)
	}
	if got := s.plan(t, spec).Coverage; got.Kind != backfill.SyncTrigger {
		t.Errorf("with the sync trigger: %+v", got)
	}
	for _, sql := range sync.Drop {
		s.Exec(t, sql)
	}
	if n := s.Count(t, `pg_proc WHERE proname LIKE 'zz_belay%'`) +
		s.Count(t, `pg_trigger WHERE tgname LIKE 'zz_belay%'`); n != 0 {
		t.Errorf("%d objects are left", n)
	}
}

// The trigger computes what the statement computes, however it is written.
func TestSyncTriggerComputesTheSame(t *testing.T) {
	const table = `CREATE TABLE "Or ders" (id int PRIMARY KEY, amount int, "Re gion" text, cents bigint, note varchar(9), j json);`
	for _, spec := range []backfill.Spec{
		{Set: `cents = amount * 100`},
		{Set: `cents = amount * 100, note = left("Re gion" || ', ' || amount, 9)`, Where: `"Re gion" = 'EU'`},
		{Set: `cents = "Or ders".amount * 100`},
		{Set: `cents = (SELECT count(*) FROM pg_catalog.generate_series(1, amount))`},
		{Set: `j = to_json(amount)`},
		{Set: `note = CASE WHEN amount > 2 THEN 'many' END`, Where: `note IS NULL`},
	} {
		t.Run(spec.Set, func(t *testing.T) {
			s := newStand(t, table)
			spec.Relation = `"Or ders"`
			p := s.plan(t, spec)
			sync, err := p.SyncTrigger()
			if err != nil {
				t.Fatal(err)
			}
			for _, sql := range sync.Create {
				s.Exec(t, sql)
			}
			s.Exec(t,
				`INSERT INTO "Or ders" (id, amount, "Re gion") SELECT i, i, CASE WHEN i % 2 = 0 THEN 'EU' ELSE 'US' END FROM generate_series(1, 10) i`)
			s.Exec(t, `UPDATE "Or ders" SET amount = amount + 1 WHERE id > 4`)
			v, err := backfill.Verify(bounded(t), s.conn, p)
			if err != nil || v.Left != 0 || v.Differ != 0 || v.Rows != 10 {
				t.Errorf("verify %+v: %v", v, err)
			}
			res := run(t, s.options(t, p))
			if res.Verified.Left != 0 || res.Verified.Swept != 0 {
				t.Errorf("after the run %+v", res.Verified)
			}
		})
	}
	s := newStand(t, table)
	for _, set := range []string{"amount = amount + 1", "cents = random() * 9"} {
		if _, err := s.plan(t, backfill.Spec{Relation: `"Or ders"`, Set: set}).SyncTrigger(); err == nil {
			t.Errorf("%s gets a trigger", set)
		}
	}
}

func TestEstimates(t *testing.T) {
	s := newStand(t,
		`CREATE TABLE t (id int PRIMARY KEY, a int) WITH (autovacuum_enabled = off); INSERT INTO t SELECT i FROM generate_series(1, 20000) i`)
	p := s.plan(t, backfill.Spec{Relation: "t", Set: "a = 1"})
	if p.Estimated != "planner" || p.Rows < 10000 || p.Rows > 40000 {
		t.Errorf("never analyzed: %d by %s", p.Rows, p.Estimated)
	}
	s.Exec(t, `ANALYZE t`)
	s.Exec(t, `INSERT INTO t SELECT i FROM generate_series(20001, 30000) i`)
	p = s.plan(t, backfill.Spec{Relation: "t", Set: "a = 1"})
	if p.Estimated != "reltuples" || p.Rows < 29000 || p.Rows > 31000 {
		t.Errorf("grown by half: %d by %s", p.Rows, p.Estimated)
	}
	if !slices.Contains(dbtest.QueryCol[string](t, s.DB, `SELECT id::text FROM t LIMIT 1`), "1") {
		t.Error("something was changed")
	}
}

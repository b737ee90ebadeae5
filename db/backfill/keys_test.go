package backfill_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"belay/db/backfill"
	"belay/db/dbtest"
)

// Every table has n and its rows all get n = n + 1, which shows a row that was
// met twice as well as one that was not.
var tables = []struct {
	name, sql string
	key       []string
}{
	{"bigint", `CREATE TABLE t (id bigint PRIMARY KEY, n int DEFAULT 0);
		INSERT INTO t SELECT i FROM generate_series(1, 5000) i`, []string{"id"}},
	{"gaps and skew", `CREATE TABLE t (id bigint PRIMARY KEY, n int DEFAULT 0);
		INSERT INTO t SELECT i FROM generate_series(1, 4000) i UNION ALL SELECT i * 1000000007::bigint - 9000000000000000000 FROM generate_series(1, 1000) i`, []string{"id"}},
	{"uuid", `CREATE TABLE t (id uuid PRIMARY KEY, n int DEFAULT 0);
		INSERT INTO t SELECT gen_random_uuid() FROM generate_series(1, 5000)`, []string{"id"}},
	{"text", `CREATE TABLE t (id text COLLATE "en-x-icu" PRIMARY KEY, n int DEFAULT 0);
		INSERT INTO t SELECT chr(60 + i % 60) || md5(i::text) || CASE i % 3 WHEN 0 THEN 'é' WHEN 1 THEN '''"\' ELSE ' x' END FROM generate_series(1, 5000) i`, []string{"id"}},
	{"text with the collation of the index", `CREATE TABLE t (id text COLLATE "C" NOT NULL, n int DEFAULT 0);
		CREATE UNIQUE INDEX ON t (id COLLATE "en-x-icu");
		INSERT INTO t SELECT chr(60 + i % 60) || md5(i::text) FROM generate_series(1, 5000) i`, []string{"id"}},
	{"composite", `CREATE TABLE t (a int, b text, c date, n int DEFAULT 0, PRIMARY KEY (a, b, c));
		INSERT INTO t SELECT i % 7, md5((i % 100)::text), date '2020-01-01' + i FROM generate_series(1, 5000) i`, []string{"a", "b", "c"}},
	{"descending", `CREATE TABLE t (a int NOT NULL, b int NOT NULL, n int DEFAULT 0);
		CREATE UNIQUE INDEX ON t (a DESC, b DESC); INSERT INTO t SELECT i % 70, i FROM generate_series(1, 5000) i`, []string{"a", "b"}},
	{"char, time, float and names that need quotes",
		`CREATE TABLE t ("A b" char(10), "select" timestamptz, f float8, n int DEFAULT 0,
		PRIMARY KEY ("A b", "select", f));
		INSERT INTO t SELECT 'x' || i % 9, now() + i * interval '1.234567 s', i / 3.0::float8 FROM generate_series(1, 5000) i`, []string{"A b", "select", "f"}},
	{"partitions", `CREATE TABLE t (id bigint, n int DEFAULT 0, PRIMARY KEY (id)) PARTITION BY RANGE (id);
		CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (1) TO (2000);
		CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (2000) TO (9000) PARTITION BY HASH (id);
		CREATE TABLE t2a PARTITION OF t2 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
		CREATE TABLE t2b (n int DEFAULT 0, id bigint NOT NULL PRIMARY KEY);
		ALTER TABLE t2 ATTACH PARTITION t2b FOR VALUES WITH (MODULUS 2, REMAINDER 1);
		CREATE TABLE t3 PARTITION OF t DEFAULT;
		INSERT INTO t SELECT i FROM generate_series(1, 5000) i`, []string{"id"}},
	{"inheritance",
		`CREATE TABLE t (id bigint PRIMARY KEY, n int DEFAULT 0); CREATE TABLE child (PRIMARY KEY (id)) INHERITS (t);
		INSERT INTO t SELECT i FROM generate_series(1, 2500) i; INSERT INTO child SELECT i FROM generate_series(1, 2500) i`, []string{"id"}},
}

func TestEveryRowOnceByKey(t *testing.T) {
	for _, c := range tables {
		t.Run(c.name, func(t *testing.T) {
			s := newStand(t, c.sql)
			p := s.plan(t, backfill.Spec{Relation: "t", Set: "n = n + 1", MaxRows: 100})
			for _, l := range p.Leaves {
				if !slices.Equal(l.Key.Columns, c.key) {
					t.Errorf("%s goes by %v, want %v", l.Name, l.Key.Columns, c.key)
				}
			}
			res := run(t, s.options(t, p))
			if res.Rows != 5000 || s.Count(t, "t WHERE n = 1") != 5000 {
				t.Errorf("%d rows changed, %d are 1", res.Rows, s.Count(t, "t WHERE n = 1"))
			}
			if res.Batches < 10 {
				t.Errorf("only %d batches", res.Batches)
			}
			if got := dbtest.QueryVal[string](t, s.DB,
				`SELECT string_agg(DISTINCT state, ',') FROM belay.backfill`); got != "done" {
				t.Errorf("state %s", got)
			}
		})
	}
}

func TestByPlace(t *testing.T) {
	s := newStand(t, `CREATE TABLE t (v int, w int); INSERT INTO t SELECT i FROM generate_series(1, 5000) i`)
	byPlace(t, s)
	p := s.plan(t, backfill.Spec{Relation: "t", Set: "w = v * 2", MaxRows: 300})
	if !p.Leaves[0].Key.ByPlace() || !hasHazard(p, "no-key") {
		t.Fatalf("key %v, hazards %v", p.Leaves[0].Key, p.Hazards)
	}
	res := run(t, s.options(t, p))
	if res.Rows != 5000 || s.Count(t, "t WHERE w IS DISTINCT FROM v * 2") != 0 {
		t.Errorf("%d rows changed; %+v", res.Rows, res.Verified)
	}
}

// Before 14 a leaf without a key is refused, with what would lift it.
func TestNoTIDRange(t *testing.T) {
	s := newStand(t, `CREATE TABLE t (v int, w int); INSERT INTO t VALUES (1)`)
	p := s.plan(t, backfill.Spec{Relation: "t", Set: "w = v * 2"})
	if hasHazard(p, "no-tid-range") != (serverVersion(t, s.DB) < 140000) {
		t.Fatalf("hazards %v", p.Hazards)
	}
	if !hasHazard(p, "no-tid-range") {
		return
	}
	var refused *backfill.HazardError
	_, err := backfill.Run(bounded(t), s.options(t, p))
	if !errors.As(err, &refused) || !strings.Contains(refused.Hazards[0].Instead, "unique index") {
		t.Errorf("error = %v", err)
	}
	s.Exec(t, `CREATE UNIQUE INDEX ON t (v); ALTER TABLE t ALTER v SET NOT NULL`)
	if res := s.fill(t, backfill.Spec{Relation: "t", Set: "w = v * 2"}); res.Rows != 1 {
		t.Errorf("with a key: %+v", res)
	}
}

func TestByPlaceRefusesWhatItCannotKeep(t *testing.T) {
	s := newStand(t, `CREATE TABLE t (v int)`)
	p := s.plan(t, backfill.Spec{Relation: "t", Set: "v = v + 1"})
	_, err := backfill.Run(bounded(t), s.options(t, p))
	if err == nil || !strings.Contains(err.Error(), "neither a key nor a guard") {
		t.Errorf("error = %v", err)
	}
}

func hasHazard(p *backfill.Plan, name string) bool {
	return slices.ContainsFunc(p.Hazards, func(h backfill.Hazard) bool { return h.Name == name })
}

// Each index is unique, and each has a fault that would skip rows or lose time.
func TestUnfitKeys(t *testing.T) {
	for _, c := range []struct{ index, why string }{
		{`CREATE UNIQUE INDEX x ON t (maybe)`, "may be NULL"},
		{`CREATE UNIQUE INDEX x ON t (id) WHERE id > 5`, "a part of the table"},
		{`CREATE UNIQUE INDEX x ON t ((id + 1))`, "expression"},
		{`ALTER TABLE t ADD CONSTRAINT x UNIQUE (id) DEFERRABLE`, "DEFERRABLE"},
		{`CREATE UNIQUE INDEX x ON t (id, other DESC)`, "different directions"},
		{`CREATE UNIQUE INDEX x ON t (name text_pattern_ops)`, "order of the type"},
		{`CREATE UNIQUE INDEX x ON t (v)`, "sets v"},
		{
			`CREATE UNIQUE INDEX x ON t (id); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'x'::regclass`,
			"INVALID",
		},
	} {
		t.Run(c.why, func(t *testing.T) {
			s := newStand(t,
				`CREATE TABLE t (id int NOT NULL, other int NOT NULL, name text NOT NULL, maybe int, v int NOT NULL);`+
					c.index)
			p := s.plan(t, backfill.Spec{Relation: "t", Set: "v = 1"})
			if !p.Leaves[0].Key.ByPlace() {
				t.Fatalf("goes by %v", p.Leaves[0].Key)
			}
			i := slices.IndexFunc(p.Hazards, func(h backfill.Hazard) bool { return h.Name == "no-key" })
			if !strings.Contains(p.Hazards[i].Why, c.why) {
				t.Errorf("says %q, want %q", p.Hazards[i].Why, c.why)
			}
			_, err := backfill.Prepare(bounded(t), s.conn, backfill.Spec{
				Relation: "t", Set: "v = 1", Key: []string{"id"},
			})
			if err == nil {
				t.Error("a key that was asked for is taken")
			}
		})
	}
}

func TestBestKey(t *testing.T) {
	s := newStand(t, `CREATE TABLE t (a int NOT NULL, b bigint NOT NULL, c text NOT NULL, n int);
		CREATE UNIQUE INDEX abc ON t (a, b); CREATE UNIQUE INDEX c ON t (c); CREATE UNIQUE INDEX b ON t (b)`)
	if got := s.plan(t, backfill.Spec{Relation: "t", Set: "n = 1"}).Leaves[0].Key.String(); got != "b" {
		t.Errorf("goes by %s, want b", got)
	}
	if got := s.plan(t, backfill.Spec{
		Relation: "t", Set: "n = 1", Key: []string{"a", "b"},
	}).Leaves[0].Key.String(); got != "a, b" {
		t.Errorf("goes by %s, want a, b", got)
	}
}

package checklist

import (
	"strings"
	"testing"
	"time"

	"belay/db/apply"
	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/parse"
	"belay/steps"
)

// What nobody can know the length of, and what works through rows, waits for an
// accepted hold time; what is over at once, or makes nobody wait, does not.
func TestInstant(t *testing.T) {
	const given = `CREATE TABLE big (id bigint PRIMARY KEY, a int); CREATE TABLE tiny (id bigint PRIMARY KEY, a int);
		CREATE MATERIALIZED VIEW mv AS SELECT id FROM big; CREATE UNIQUE INDEX mvi ON mv (id);
		CREATE FUNCTION batch() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
		CREATE FUNCTION calm(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
		CREATE PROCEDURE proc() LANGUAGE plpgsql AS 'BEGIN END'`
	files, err := parse.Parse(t.Context(), []byte(given))
	if err != nil {
		t.Fatal(err)
	}
	snap := catalog.FromStatements(catalog.SourceLive, files[0].Statements, 15)
	for name, rows := range map[string]float64{"public.big": 1e6, "public.tiny": 10, "public.mv": 1e6} {
		r := *snap.Seen(name)
		r.Size = &catalog.Size{Rows: rows, Bytes: int64(rows) * 100}
		snap.Relations.Set(name, &r)
	}
	for sql, want := range map[string]bool{
		"SELECT batch()":                                                    false,
		"SELECT nobody_knows()":                                             false,
		"SELECT calm(1), now(), count(*) FROM tiny":                         true,
		"SELECT count(*) FROM big":                                          false,
		"SELECT * FROM big WHERE id = 1":                                    true,
		"SELECT setval('s', 1)":                                             true,
		"SELECT pg_catalog.set_config('search_path', '', false)":            true,
		"CREATE TABLE x AS SELECT * FROM big":                               false,
		"CREATE TABLE x AS SELECT * FROM tiny":                              true,
		"CREATE TABLE x AS SELECT batch()":                                  false,
		"CREATE TABLE x AS SELECT * FROM generate_series(1, 100000000)":     false,
		"CREATE TABLE x AS SELECT * FROM big WITH NO DATA":                  true,
		"CREATE TABLE x AS EXECUTE p":                                       false,
		"SELECT * INTO x FROM big":                                          false,
		"CREATE MATERIALIZED VIEW y AS SELECT * FROM big":                   false,
		"REFRESH MATERIALIZED VIEW mv":                                      false,
		"REFRESH MATERIALIZED VIEW CONCURRENTLY mv":                         false,
		"INSERT INTO tiny VALUES (1, 2)":                                    true,
		"INSERT INTO tiny VALUES (1, batch())":                              false,
		"INSERT INTO tiny SELECT * FROM big":                                false,
		"INSERT INTO big SELECT * FROM tiny":                                true,
		"INSERT INTO tiny SELECT g, g FROM generate_series(1, 10) g":        true,
		"INSERT INTO tiny SELECT * FROM unnest(ARRAY[1, 2])":                true,
		"INSERT INTO tiny SELECT g, g FROM generate_series(1, 100000000) g": false,
		"UPDATE big SET a = 1":                                              false,
		"UPDATE big SET a = 1 WHERE id = 5":                                 true,
		"UPDATE tiny SET a = 1":                                             true,
		"UPDATE tiny SET a = batch()":                                       false,
		"DELETE FROM big WHERE a = 1":                                       false,
		"MERGE INTO big USING tiny ON big.id = tiny.id WHEN MATCHED THEN UPDATE SET a = batch()": false,
		"COPY tiny FROM '/srv/x.csv'":                false,
		"DO $$ BEGIN NULL; END $$":                   false,
		"CALL proc()":                                false,
		"EXECUTE p":                                  false,
		"ALTER TABLE big ADD COLUMN note text":       true,
		"ALTER TABLE big ALTER COLUMN a TYPE bigint": false,
		"CREATE INDEX ON big (a)":                    false,
		"CREATE INDEX CONCURRENTLY i ON big (a)":     true,
		"VACUUM big":                                 true,
		"ANALYZE big":                                true,
		"CREATE EXTENSION IF NOT EXISTS pgcrypto":    true,
		"SELECT FROM WHERE":                          true,
	} {
		files, err := parse.Parse(t.Context(), []byte(sql))
		if err != nil {
			t.Fatal(err)
		}
		s := files[0].Statements[0]
		st := apply.FromParse([]byte(sql), s, effect.Of(s, snap, 15))
		if got := instant(st, s.Node, snap); got != want {
			t.Errorf("%s: instant %v, want %v (%s, scans %v)", sql, got, want, st.Effect.Duration, st.Effect.Scans)
		}
	}
}

// TestTooFar: a unit that is instant on a near line is asked about before where the line
// alone has it hold its locks past the budget.
func TestTooFar(t *testing.T) {
	unit := func(statements int) steps.Unit {
		return steps.Unit{Instant: true, Unit: apply.Unit{Statements: make([]apply.Statement, statements)}}
	}
	slow, built := unit(1), unit(1)
	slow.Instant, built.Concurrent = false, true
	for _, c := range []struct {
		name string
		u    steps.Unit
		away time.Duration
		want bool
	}{
		{"near", unit(1), time.Millisecond, false}, {"a busy machine", unit(40), 60 * time.Millisecond, false},
		{"another continent", unit(1), 200 * time.Millisecond, false},
		{"and more statements", unit(4), 200 * time.Millisecond, true},
		{"half a second", unit(1), 500 * time.Millisecond, true},
		{"asked for its own reason", slow, time.Second, false},
		{"CONCURRENTLY", built, time.Second, false}, {"nothing is sent", unit(0), time.Second, false},
	} {
		if got := tooFar(time.Second, c.u, c.away); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	q := askFar(unit(1), "b", 500*time.Millisecond)
	if !strings.Contains(q.Text, "each answer of the server takes 500 ms to come") ||
		!strings.Contains(q.Text, "about 1.5 s. ") {
		t.Error(q.Text)
	}
}

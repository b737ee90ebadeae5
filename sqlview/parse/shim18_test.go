package parse

import "testing"

// FuzzShim holds the rewriting of PostgreSQL 18 syntax against its promises:
// it never panics, and its offsets stay inside the statement and in order.
func FuzzShim(f *testing.F) {
	for _, seed := range []string{
		"ALTER TABLE t ADD x int GENERATED ALWAYS AS (a) VIRTUAL, ADD CONSTRAINT n NOT NULL b NOT VALID",
		"CREATE TABLE t (a int GENERATED ALWAYS AS (b), CHECK (a) NOT ENFORCED, NOT NULL é, PRIMARY KEY (a, b " +
			"WITHOUT OVERLAPS))",
		"ALTER TABLE t ADD FOREIGN KEY (a, PERIOD b) REFERENCES s.p (a, PERIOD b), ALTER CONSTRAINT c NO INHERIT",
		"UPDATE t SET a = 1 RETURNING WITH (OLD AS o) o.a", "VACUUM (FULL) ONLY (t), ONLY u", "ANALYZE ONLY",
		"RETURNING WITH (",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		s, ok := newShim(sql)
		text := s.text()
		if !ok && text != sql {
			t.Fatalf("%q was changed to %q without a feature", sql, text)
		}
		before := 0
		for off := range len(text) {
			at := s.original(off)
			if at < before || at > len(sql) {
				t.Fatalf("%q: byte %d of %q is %d of it, after %d", sql, off, text, at, before)
			}
			before = at
		}
		for _, feature := range s.features {
			if feature.Offset < 0 || feature.Offset >= len(sql) || feature.Node >= len(sql) {
				t.Fatalf("%q: %+v", sql, feature)
			}
		}
		if ok && len(sql) < 4000 {
			if stmts, ok := grammar(text); ok && len(stmts) == 1 {
				s.restore(stmts[0].Stmt)
			}
		}
	})
}

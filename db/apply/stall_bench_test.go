package apply_test

import (
	"os"
	"testing"
	"time"

	"belay/db/apply"
	"belay/db/dbtest"
)

// TestBenchReaderStall measures how readers fare beside each kind of statement
// that takes ACCESS EXCLUSIVE, while a transaction that reads stands in its way:
// the longest read, and the share of the time that a reader stood still. The goal
// on a quiet machine is rung + 100 ms, and a tenth of the time.
func TestBenchReaderStall(t *testing.T) {
	t.Parallel()
	if os.Getenv("BELAY_BENCH") == "" {
		t.Skip("set BELAY_BENCH=1 to measure")
	}
	for _, s := range []struct{ name, kind, sql string }{
		{"ADD COLUMN", "ALTER TABLE", `ALTER TABLE t ADD COLUMN note text`},
		{"ADD COLUMN DEFAULT", "ALTER TABLE", `ALTER TABLE t ADD COLUMN note text DEFAULT 'x' NOT NULL`},
		{"DROP COLUMN", "ALTER TABLE", `ALTER TABLE t DROP COLUMN a`},
		{"RENAME COLUMN", "ALTER TABLE", `ALTER TABLE t RENAME COLUMN a TO b`},
		{"RENAME", "ALTER TABLE", `ALTER TABLE t RENAME TO u`},
		{"SET DEFAULT", "ALTER TABLE", `ALTER TABLE t ALTER COLUMN a SET DEFAULT 1`},
		{"SET NOT NULL", "ALTER TABLE", `ALTER TABLE t ALTER COLUMN a SET NOT NULL`},
		{"widen varchar", "ALTER TABLE", `ALTER TABLE t ALTER COLUMN v TYPE varchar(20)`},
		{"ADD CHECK NOT VALID", "ALTER TABLE", `ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID`},
		{"DROP CONSTRAINT", "ALTER TABLE", `ALTER TABLE t DROP CONSTRAINT positive`},
		{"ADD UNIQUE USING INDEX", "ALTER TABLE", `ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX t_a`},
		{"SET (fillfactor)", "ALTER TABLE", `ALTER TABLE t SET (user_catalog_table = false)`},
		{"ENABLE ROW LEVEL SECURITY", "ALTER TABLE", `ALTER TABLE t ENABLE ROW LEVEL SECURITY`},
		{"ATTACH as a child", "ALTER TABLE", `ALTER TABLE t INHERIT parent`},
		{"DROP INDEX", "DROP INDEX", `DROP INDEX t_a`},
		{"DROP TRIGGER", "DROP TRIGGER", `DROP TRIGGER tr ON t`},
		{"CREATE RULE", "CREATE RULE", `CREATE RULE r AS ON DELETE TO t DO ALSO NOTHING`},
		{"TRUNCATE", "TRUNCATE TABLE", `TRUNCATE t`},
		{"DROP TABLE", "DROP TABLE", `DROP TABLE t`},
		{"LOCK TABLE", "LOCK TABLE", `LOCK TABLE t`},
	} {
		t.Run(s.name, func(t *testing.T) {
			d := dbtest.New(t)
			fill(t, d)
			d.Exec(t,
				`ALTER TABLE t ADD COLUMN v varchar(10), ADD CONSTRAINT positive CHECK (id > 0); CREATE UNIQUE INDEX t_a ON t (a);
				CREATE TABLE parent (id bigint, a int, v varchar(10));
				CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()`)
			x, _ := executor(t, d.DSN)
			x.Limits = apply.Limits{Attempts: 5, FirstRung: 200 * time.Millisecond} // the real rung and the real pause
			_, release := d.Blocker(t, `SELECT count(*) FROM t`)
			defer release()
			stop, start := readers(t, d, "t", 4), time.Now()
			got := x.Run(t.Context(), unit(instant(s.kind, s.sql)))
			whole := time.Since(start)
			longest, stalled := stop()
			want(t, got, apply.NotApplied, apply.Held)
			// Behind each attempt comes a pause; the last has none to be seen.
			whole += (whole - time.Duration(got.Attempts)*x.Limits.FirstRung) / time.Duration(got.Attempts-1)
			t.Logf("%-26s longest read %4d ms, stalled %4.1f %% of %.1f s in %d attempts", s.name,
				longest.Milliseconds(), 100*stalled.Seconds()/whole.Seconds(), whole.Seconds(), got.Attempts)
		})
	}
}

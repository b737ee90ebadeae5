package apply_test

import (
	"testing"

	"belay/db/apply"
	"belay/db/dbtest"
	"belay/sqlview/effect"
	"belay/sqlview/parse"
)

// fromText makes a unit of SQL as the engine does.
func fromText(t testing.TB, sql string) apply.Unit {
	t.Helper()
	files, err := parse.Parse(t.Context(), []byte(sql))
	if err != nil {
		t.Fatal(err)
	}
	u := unit()
	for _, s := range files[0].Statements {
		u.Statements = append(u.Statements, apply.FromParse([]byte(sql), s, effect.Of(s, nil, 0)))
	}
	u.Wrap = apply.WrapOf(u.Statements, false)
	return u
}

func TestFromParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sql        string
		wrap       apply.Wrap
		concurrent bool
		index      apply.Index
		constraint apply.Constraint
	}{
		{sql: `ALTER TABLE t ADD COLUMN note text`, wrap: apply.Transaction},
		{sql: `BEGIN; ALTER TABLE t ADD COLUMN note text; COMMIT`, wrap: apply.Own},
		{
			sql: `CREATE INDEX CONCURRENTLY t_a ON t (a)`, wrap: apply.OneByOne, concurrent: true,
			index: apply.Index{Name: "t_a", Table: "public.t"},
		},
		{sql: `CREATE INDEX t_a ON t (a)`, wrap: apply.Transaction, index: apply.Index{Name: "t_a", Table: "public.t"}},
		{
			sql: `DROP INDEX CONCURRENTLY IF EXISTS s.t_a`, wrap: apply.OneByOne, concurrent: true,
			index: apply.Index{Schema: "s", Name: "t_a"},
		},
		{sql: `DROP TABLE CONCURRENTLY_odd`, wrap: apply.Transaction},
		{sql: `REINDEX INDEX CONCURRENTLY t_a`, wrap: apply.OneByOne, concurrent: true},
		{sql: `REINDEX (CONCURRENTLY false) INDEX t_a`, wrap: apply.Transaction},
		{sql: `REFRESH MATERIALIZED VIEW CONCURRENTLY m`, wrap: apply.Transaction},
		{sql: `ALTER TABLE t DETACH PARTITION p CONCURRENTLY`, wrap: apply.OneByOne, concurrent: true},
		{
			sql: `ALTER TABLE t VALIDATE CONSTRAINT c`, wrap: apply.Transaction,
			constraint: apply.Constraint{Table: "public.t", Name: "c"},
		},
		{sql: `VACUUM t`, wrap: apply.OneByOne},
		{sql: `CREATE DATABASE x`, wrap: apply.OneByOne},
	} {
		t.Run(c.sql, func(t *testing.T) {
			u := fromText(t, c.sql)
			s := u.Statements[len(u.Statements)/2]
			if u.Wrap != c.wrap || s.Concurrent != c.concurrent || s.Index != c.index || s.Constraint != c.constraint {
				t.Errorf("wrap %s, concurrent %v, index %+v, constraint %+v", u.Wrap, s.Concurrent, s.Index,
					s.Constraint)
			}
			if err := u.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Real files, parsed and judged as the engine does it.
func TestParsedFilesRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, sql string }{
		{
			"own",
			"-- a file\nBEGIN;\nSET LOCAL lock_timeout = '1h';\nALTER TABLE t ADD COLUMN note text;\nCOMMENT ON " +
				"COLUMN t.note IS 'x; y';\nCOMMIT;\n",
		},
		{
			"plain",
			"ALTER TABLE t ADD COLUMN note text;\nCREATE TABLE u (id int REFERENCES t (id)); CREATE INDEX ON u " +
				"(id);\nINSERT INTO u SELECT 1;",
		},
		{
			"one by one",
			"CREATE INDEX CONCURRENTLY t_a ON t (a) WHERE a > 5;\nALTER TABLE t ADD COLUMN note text;\nALTER TABLE t " +
				"ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT c;\nVACUUM t;\nDROP " +
				"INDEX CONCURRENTLY t_a;",
		},
		{"do", "DO $$ BEGIN ALTER TABLE t ADD note text; END $$;"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := shop(t)
			x, _ := executor(t, d.DSN)
			got := x.Run(t.Context(), fromText(t, c.sql))
			want(t, got, apply.Applied, apply.Done)
			if !hasColumn(t, d, "note") || version(t, d) != "7" {
				t.Errorf("version %q", version(t, d))
			}
		})
	}
}

func TestDropOfAnIndexThatIsNotThereIsAnError(t *testing.T) {
	t.Parallel()
	d := shop(t)
	x, _ := executor(t, d.DSN)
	u := fromText(t, `DROP INDEX CONCURRENTLY t_aa`)
	u.Unbegin = u.Begin[:1]
	got := x.Run(t.Context(), u)
	want(t, got, apply.NotApplied, apply.StatementError)
	if version(t, d) != "" || got.Hint() == "" || !got.Unchanged() {
		t.Errorf("version %q, hint %q, left %q", version(t, d), got.Hint(), got.Left)
	}
}

// An INVALID index that was rebuilt meanwhile, or another one, is not dropped.
func TestDropInvalidSparesAValidIndex(t *testing.T) {
	t.Parallel()
	d := shop(t)
	d.Exec(t, `CREATE INDEX t_a ON t (a)`)
	oid := dbtest.QueryVal[uint32](t, d, `SELECT 't_a'::regclass::oid`)
	x, _ := executor(t, d.DSN)
	for _, i := range []apply.InvalidIndex{
		{Schema: "public", Name: "t_a", OID: oid}, {Schema: "public", Name: "t_a", OID: oid + 1},
	} {
		want(t, x.DropInvalid(t.Context(), i), apply.NotApplied, apply.IndexDiffers)
	}
	if d.Count(t, `pg_class WHERE relname = 't_a'`) != 1 {
		t.Error("it was dropped")
	}
}

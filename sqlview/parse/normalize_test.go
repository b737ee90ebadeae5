package parse

import (
	"context"
	"strings"
	"testing"
)

func TestNormalize(t *testing.T) {
	cases := []struct{ sql, want string }{
		{"SELECT * FROM t WHERE a = 'secret' AND b = 42", "SELECT * FROM t WHERE a = $1 AND b = $2"},
		{"ALTER TABLE t ADD c text DEFAULT 'secret' -- secret", "ALTER TABLE t ADD c text DEFAULT $1"},
		{"ALTER ROLE x PASSWORD E'sec\\'ret'", "ALTER ROLE x PASSWORD $1"},
		{"DO $x$ BEGIN PERFORM 'secret'; END $x$", "DO $1"},
		{"SELECT $1, 'secret', $3", "SELECT $1, $4, $3"},
		{"EXECUTE p('secret', $7)", "EXECUTE p($8, $7)"},
		{"ALTER TYPE e ADD VALUE /* secret */ 'secret'", "ALTER TYPE e ADD VALUE   $1"},
		{"ALTER TABLE t ADD x int GENERATED ALWAYS AS (a * 7) VIRTUAL CHECK (x <> 'secret')",
			"ALTER TABLE t ADD x int GENERATED ALWAYS AS (a * $1) VIRTUAL CHECK (x <> $2)"},
		{"SELEC 'secret'", ""},
		{"SELECT 'secret", ""},
		{"SELECT 1\x00 'secret'", ""},
		{"SELECT '\xff'", ""},
		{"SELECT 'secret'" + strings.Repeat("+1", 50_000), ""},
	}
	p := newParser(t)
	for _, c := range cases {
		if got := p.Normalize(context.Background(), c.sql); got != c.want {
			t.Errorf("%.60s\n got %q\nwant %q", c.sql, got, c.want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	p, ctx := newParser(t), context.Background()
	a := p.Fingerprint(ctx, "SELECT * FROM t WHERE a = 'x'")
	if b := p.Fingerprint(ctx, "select *  from t /* c */ where a = 'y'"); a == "" || a != b {
		t.Errorf("%q and %q", a, b)
	}
	if c := p.Fingerprint(ctx, "SELECT * FROM u WHERE a = 'x'"); a == c {
		t.Error("another table, the same fingerprint")
	}
	if d := p.Fingerprint(ctx, "SELEC"); d != "" {
		t.Error(d)
	}
}

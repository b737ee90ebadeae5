package checklist

import (
	"testing"

	"belay/sqlview/migration"
)

// A value may look like a parameter, and tools bind more than numbers and texts.
func TestSpelled(t *testing.T) {
	got := spelled([]migration.Write{{
		SQL:  `INSERT INTO t VALUES ($1, $2, $3, $4, $11);`,
		Args: []any{int64(7), []string{"SELECT $1", "it's"}, []byte{0, 255}, true},
	}})
	want := `INSERT INTO t VALUES (7, ARRAY['SELECT $1', 'it''s']::pg_catalog.text[], '\x00ff'::pg_catalog.bytea, true, $11)`
	if len(got) != 1 || got[0] != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

package play_test

import (
	"testing"

	"belay/db/play"
	"belay/sqlview/effect"
	"belay/sqlview/parse"

	"github.com/jackc/pgx/v5"
)

// TestLiveFailures plays testdata/live: what only a server's catalog tells of. Each
// statement fails as foretold, or goes through.
func TestLiveFailures(t *testing.T) {
	d := newDifferential(t)
	for _, s := range readScenes(t, "testdata/live/fields.txtar") {
		conn, version := fresh(t.Context(), t, d.database)
		if _, err := conn.Exec(t.Context(), s.setup, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatal(s.name, err)
		}
		seen, err := play.Observe(t.Context(), conn, s.statement)
		if err != nil {
			t.Fatal(err)
		}
		live := inspected(t.Context(), t, d.monitor, parse.File{})
		got := effect.Of(d.parse(t.Context(), s.statement)[0].Statements[0], live, version).Fails
		if got.Code != seen.Code {
			t.Errorf("%s: %s\n\tforetold %q %s, the server answers %q %s", s.name, s.statement, got.Code, got.Message,
				seen.Code, seen.Message)
		}
		_ = conn.Close(t.Context())
	}
}

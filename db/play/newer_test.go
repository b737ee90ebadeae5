package play_test

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"belay/db/play"
	"belay/sqlview/refusal"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// TestNewerSyntax runs each line of testdata/newer.tsv on the server at hand: an older
// one answers with the code of the line, and that is foretold for it; one that has the
// syntax says nothing of the kind, and no failure is foretold.
func TestNewerSyntax(t *testing.T) {
	d := newDifferential(t)
	text, err := os.ReadFile("testdata/newer.tsv")
	if err != nil {
		t.Fatal(err)
	}
	conn, version := fresh(t.Context(), t, d.database)
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), "CREATE TABLE t (a int, b text)"); err != nil {
		t.Fatal(err)
	}
	older, all := 0, 0
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimRight(line, "\n"), "\t", 3)
		since, err := strconv.Atoi(fields[0])
		if err != nil {
			continue // the head, and what must be there
		}
		code, sql := fields[1], fields[2]
		all++
		file := d.parse(t.Context(), sql)[0]
		if len(file.Statements) != 1 || file.Analysed() != 1 {
			t.Errorf("%s: it is not understood", sql)
			continue
		}
		seen, err := play.Observe(t.Context(), conn, sql)
		if err != nil {
			t.Fatal(err)
		}
		if seen.Code == "25001" { // nothing else was looked at
			seen = play.Observation{}
			_, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
			if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
				seen.Code, seen.Message = refused.Code, refused.Message
			}
		}
		want := ""
		if version < since {
			want = code
			older++
		}
		if got := refusal.Of(file.Statements[0], nil, version); got.Code != want {
			t.Errorf("%s: foretold %q %s on %d, want %q", sql, got.Code, got.Message, version, want)
		}
		if seen.Code != want && (want != "" || seen.Code == "42601") {
			t.Errorf("%s: the server answers %q %s on %d, want %q", sql, seen.Code, seen.Message, version, want)
		}
	}
	if all < 60 {
		t.Errorf("%d features", all)
	}
	t.Logf("%d features, %d of them newer than %d", all, older, version)
}

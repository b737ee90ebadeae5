package throttle

import (
	"strings"
	"testing"

	"belay/db/dbtest"
)

// The probe takes as long as a table says.
func TestProbe(t *testing.T) {
	db := dbtest.New(t)
	db.Exec(t, `CREATE TABLE pace (ms float8); INSERT INTO pace VALUES (0)`)
	read := sampler(t, Probe, `SELECT pg_catalog.pg_sleep(ms / 1000) FROM pace`, Input{DB: db.Conn(t)})
	first := read()
	wantOver(t, first, "")
	if !strings.HasPrefix(first.Note, "idle ") {
		t.Errorf("note %q", first.Note)
	}
	db.Exec(t, `UPDATE pace SET ms = 300`)
	read()
	v := read() // two of the last twelve are slow: above the 95th percentile
	wantOver(t, v, Halve)
	if !strings.Contains(v.Reason(), "probe p95 3") {
		t.Errorf("reason %q", v.Reason())
	}
	db.Exec(t, `UPDATE pace SET ms = 0`)
	dbtest.WaitFor(t, "the probe to forget", func() bool { return read().Action == "" })
	if again := read(); again.Note != first.Note {
		t.Errorf("the baseline moved from %q to %q", first.Note, again.Note)
	}
	if v := sampler(t, Probe, `SELECT 1 FROM missing`, Input{DB: db.Conn(t)})(); v.Action != Wait {
		t.Errorf("a broken probe: %+v", v)
	}
}

package watch_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"belay/db"
	"belay/db/watch"
	"belay/sqlview/activity"
	"belay/sqlview/recording"
)

// hour is how many moments an hour has at the fastest pace.
const hour = 3600

// TestPileUpRecorded records a crowd that waits, for longer than the numbers of a
// recording live: an hour of it is under 1 MB, and read again each moment has the same
// tree.
func TestPileUpRecorded(t *testing.T) {
	d, _, _ := pileUp(t, "450")
	w := watch.New(session(t, d.DSN, db.Session{
		Kind: db.Monitor, Settings: []db.Setting{db.MilliSeconds("statement_timeout", 30_000)},
	}))
	var file bytes.Buffer
	out := recording.NewWriter(&file, recording.Header{Database: "shop"})
	var seen []activity.Sample
	for range moments() {
		s := sample(t, w, "public.orders")
		seen = append(seen, s)
		if err := out.Write(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	size := file.Len() * hour / len(seen)
	t.Logf("%d waiters: %d bytes an hour", crowd(), size)
	if size > 1<<20 {
		t.Errorf("an hour of %d waiters has %d bytes", crowd(), size)
	}
	r, err := recording.Read(&file)
	if err != nil || len(r.Moments) != len(seen) {
		t.Fatal(len(r.Moments), err)
	}
	for i, s := range seen {
		if got, want := told(r.Moments[i]), told(s); !slices.Equal(got, want) {
			t.Fatalf("moment %d: %d rows, had %d", i, len(got), len(want))
		}
	}
}

// moments is how many are recorded: two lives of a recording's numbers in the long form.
func moments() int {
	if crowd() > 100 {
		return 600
	}
	return 320
}

// told is what a tree says, but for ages and constants.
func told(s activity.Sample) []string {
	var out []string
	for _, n := range s.Tree() {
		out = append(out, time.Duration(n.Depth).String()+n.Lock.Application+n.Lock.Mode.String()+n.Lock.Relation+
			n.Lock.State)
	}
	return out
}

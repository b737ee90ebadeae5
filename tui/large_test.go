package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"belay/steps/journal"
	"belay/tui/follow"
	"belay/tui/tuitest"
)

// large is a review of a file with so many statements, at its middle.
func large(tb testing.TB, statements int) *model {
	tb.Helper()
	var list []string
	for i := range statements {
		list = append(list,
			fmt.Sprintf(
				`{"index":%d,"line":%d,"end_line":%d,"sql":"INSERT INTO t VALUES (%d, 'x');","kind":"INSERT","analysed":true,"transactional":true,"locks":[],"rewrites":[],"scans":[],"reversible":"none","breaks":"neither","duration":"instant"}`, i, i+1, i+1, i,
			))
	}
	line := `{"seq":1,"at":"2026-11-23T08:41:00Z","kind":"fact","step":"review","name":"review","value":{"result":{"schema":"belay.review/1","server_version":15,"catalog":"none","files":[{"path":"m/1.up.sql","tool":"plain","version":"1","statements":[` +
		strings.Join(list, ",") + `],"hazards":[]}],"coverage":{"statements":1,"analysed":1}},"plan_sha256":"a"}}`
	e, err := journal.ParseLine([]byte(line))
	if err != nil {
		tb.Fatal(err)
	}
	m := newModel(Config{Color: true, Now: func() time.Time { return tuitest.Epoch }}, func(journal.Message) error {
		return nil
	})
	m.Update(follow.Batch{Events: []journal.Event{e}})
	m.local.Screen, m.local.Cursor["review"] = "review", statements/2
	return m
}

// A keystroke on a long file costs what is seen, not what is there.
func TestLargeFileCostsWhatIsSeen(t *testing.T) {
	cost := func(statements int) float64 {
		m := large(t, statements)
		j := key(t, "j")
		return testing.AllocsPerRun(20, func() {
			m.Update(j)
			m.View()
		})
	}
	short, long := cost(100), cost(10_000)
	t.Logf("allocations a keystroke: %.0f at 100 lines, %.0f at 10 000", short, long)
	if long > 2*short {
		t.Errorf("10 000 lines cost %.0f allocations a keystroke, 100 lines %.0f", long, short)
	}
}

func BenchmarkKeyOnLargeFile(b *testing.B) {
	m := large(b, 10_000)
	j, k := key(nil, "j"), key(nil, "k")
	for b.Loop() {
		m.Update(j)
		m.View()
		m.Update(k)
		m.View()
	}
}

package checklist

import (
	"slices"
	"testing"

	"belay/sqlview/effect"
	"belay/sqlview/rewrite"
	"belay/steps/fact"
)

// TestWhatADownFileSays holds what is said of a down file beside its statements. What
// belay wrote itself draws no complaint.
func TestWhatADownFileSays(t *testing.T) {
	const ours = "-- Nothing to take back: the file before drops the\n--   constraint.\n"
	run := func(sql string) []fact.Statement {
		return []fact.Statement{{SQL: sql, Line: 1, Kind: "ALTER TABLE", Seconds: effect.Instant}}
	}
	const unread = "ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;"
	for name, c := range map[string]struct {
		way  fact.Way
		want []string // with their levels
	}{
		"ours": {
			fact.Way{Down: "d", Nothing: rewrite.NothingBack([]byte(ours))}, []string{"nothing-back ok"},
		},
		"of another": {
			fact.Way{Down: "d", Nothing: rewrite.NothingBack([]byte("-- todo\n"))}, []string{"empty-down look"},
		},
		"none":   {fact.Way{}, []string{"no-down look"}},
		"unread": {fact.Way{Down: "d", Runs: run(unread)}, []string{"down ok", "comes-back-unread ok"}},
		"read": {
			fact.Way{
				Down: "d", Runs: slices.Concat(run(unread), run("ALTER TABLE orders VALIDATE CONSTRAINT positive")),
			},
			[]string{"down ok", "down ok"},
		},
	} {
		c.way.Rating = effect.ReversibleInstant
		var got []string
		for _, i := range wayItems(c.way)[1:] {
			got = append(got, i.ID+" "+string(i.Level))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, not %q", name, got, c.want)
		}
	}
	if got := rewrite.NothingBack([]byte(ours)); got != "the file before drops the constraint" {
		t.Errorf("read %q", got)
	}
}

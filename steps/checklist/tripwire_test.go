package checklist

import (
	"testing"

	"belay/steps/fact"
	"belay/steps/monitor"
)

// TestRolledBack: that more transactions failed than before is said of a tripwire that
// nothing was seen to miss.
func TestRolledBack(t *testing.T) {
	for _, c := range []struct {
		before, worst float64
		says          string
	}{
		{0, 0, ""},
		{5, 9, ""},
		{0, 0.4, "; transactions were rolled back meanwhile, up to 0.4/s, before 0/s: look whose they were"},
		{5, 11, "; transactions were rolled back meanwhile, up to 11/s, before 5/s: look whose they were"},
		{-1, 2, "; transactions were rolled back meanwhile, up to 2/s: look whose they were"},
		{-1, -1, ""},
	} {
		got := rolledBack([]fact.Signal{
			{Name: "deadlocks", Worst: 9}, {Name: monitor.Rollbacks, Before: c.before, Worst: c.worst},
		})
		if got != c.says {
			t.Errorf("%v, %v: %q", c.before, c.worst, got)
		}
	}
	if got := rolledBack(nil); got != "" {
		t.Errorf("nothing was asked: %q", got)
	}
}

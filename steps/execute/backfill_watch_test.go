package execute

import (
	"testing"
	"time"

	"belay/sqlview/activity"
	"belay/steps/fact"
)

// A backfill that stands still is told of seldom, and at once where it goes on.
func TestTellAfter(t *testing.T) {
	running := fact.Filling{State: fact.FillRunning, TargetMS: 50, Filling: activity.Filling{Rows: 10}}
	paused, away, onward := running, running, running
	paused.State, away.Waiting, onward.Rows = fact.FillPaused, "no connection", 20
	for _, c := range []struct {
		what     string
		was, now fact.Filling
		due      time.Duration
	}{
		{"rows change", running, onward, fillTell},
		{"the verify works, and changes no row", running, running, fillTell},
		{"it is paused now", running, paused, 0},
		{"it stays paused", paused, paused, fillRest},
		{"it goes on", paused, running, 0},
		{"the server is away now", running, away, fillTell},
		{"the server stays away", away, away, fillRest},
	} {
		if got := tellAfter(c.was, c.now); got != c.due {
			t.Errorf("%s: after %s, not %s", c.what, got, c.due)
		}
	}
}

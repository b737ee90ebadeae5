package plain

import (
	"testing"
	"time"

	"belay/steps/journal"
	"belay/steps/state"
)

// A pipe that has ended gives up a look only where none of its lines can still be wanted:
// the run dialog is asked a moment after the last step, and its answer a moment before the
// run is open.
func TestEndedPipeKeepsItsLines(t *testing.T) {
	for _, c := range []struct {
		name      string
		ahead     []string
		confirmed bool
		after     time.Duration
		gives     bool
	}{
		{"a line is left", []string{"shop"}, false, 0, false},
		{"a line that nothing asks for", []string{"shop"}, false, aheadWaits, true},
		{"the dialog was answered", nil, true, aheadWaits, false},
		{"no line is left", nil, false, 0, true},
	} {
		run, sent, now := state.New(), []journal.Kind(nil), time.Unix(0, 0)
		run.Steps = []state.Step{{ID: "target", Status: journal.Done}, {ID: "run", Status: journal.Todo}}
		p := &printer{
			out: &paper{}, run: run, once: map[string]bool{}, asks: true, eof: true, ahead: c.ahead,
			confirmed: c.confirmed, now: func() time.Time { return now },
			send: func(m journal.Message) error { sent = append(sent, journal.Kind(m.Kind)); return nil },
		}
		p.rest()
		now = now.Add(c.after)
		p.rest()
		if gave := len(sent) > 0; gave != c.gives || p.abandoned != c.gives {
			t.Errorf("%s: it sent %v", c.name, sent)
		}
	}
}

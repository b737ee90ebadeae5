package live

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"belay/sqlview/activity"
	"belay/steps/journal"
)

// A session is ended by its exact words alone, typed, and what came of it is said.
func TestEndAsksForWords(t *testing.T) {
	st := newStage(80, 24, false)
	var sent []string
	st.c.Me = "op1"
	st.c.End = func(_ context.Context, s activity.Session, w activity.Way) journal.SessionEnded {
		sent = append(sent, s.Consent(w))
		return journal.SessionEnded{
			PID: s.PID, Way: w, Key: s.Key(), Fate: journal.Gone, Why: "it is not there any more",
		}
	}
	st.moments(3)
	sees := func(text string) {
		t.Helper()
		if got := ansi.Strip(st.draw()); !strings.Contains(got, text) {
			t.Fatalf("%q is not seen:\n%s", text, got)
		}
	}
	st.keys("E")
	sees("type terminate 14340 to do it")
	sees("WHERE id = 1")
	st.clock = st.clock.Add(time.Second)
	st.do(tea.PasteMsg{Content: "terminate 14340"})
	st.keys("enter")
	sees("only this counts as a yes: terminate 14340")
	st.keys("TEXT:terminate 1434", "enter")
	if len(sent) != 0 {
		t.Fatalf("sent %q before the words were exact", sent)
	}
	st.keys("TEXT:0", "enter")
	if len(sent) != 1 || sent[0] != "terminate 14340" {
		t.Fatalf("sent %q", sent)
	}
	sees("terminate by op1")
	sees("gone, it is not there any more")
	st.keys("esc", "esc")
	sees("who waits for whom")
}

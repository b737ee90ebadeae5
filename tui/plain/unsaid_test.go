package plain

import (
	"strings"
	"testing"
	"time"

	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/follow"
)

// TestDoneIsSaidWithoutAJournal: what was done is said although the journal and the report
// did not get it; of another end whoever called says it.
func TestDoneIsSaidWithoutAJournal(t *testing.T) {
	for _, c := range []struct {
		gone follow.Gone
		want string
	}{
		{
			follow.Gone{Said: true, Word: journal.RunFinished{
				Outcome: journal.OutcomeApplied, Summary: "2 migrations applied", Hint: "free space",
				Unreported: "no room",
			}}, "applied: 2 migrations applied   exit=0",
		},
		{follow.Gone{Said: true, Word: journal.RunFinished{Exit: 4, Summary: "left"}}, ""},
	} {
		out := &paper{}
		p := &printer{out: out, now: time.Now, run: state.New(), once: map[string]bool{}}
		if err := p.news(follow.Batch{Gone: &c.gone}); err != nil {
			t.Fatal(err)
		}
		got := out.String()
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%+v: %q", c.gone.Word, got)
		}
		for _, more := range []string{"free space", "no report was written: no room"} {
			if c.want != "" && !strings.Contains(got, more) {
				t.Errorf("%q is not in %q", more, got)
			}
		}
	}
}

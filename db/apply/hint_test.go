package apply

import (
	"strings"
	"testing"
)

// TestHeldByAPreparedTransaction: nobody is told to end a session where there is none.
func TestHeldByAPreparedTransaction(t *testing.T) {
	one, two := Blocker{Prepared: "it's 7"}, Blocker{PID: 7}
	for _, c := range []struct {
		by   []Blocker
		want string
	}{
		{[]Blocker{one}, "ROLLBACK PREPARED 'it''s 7'"},
		{[]Blocker{one, two}, "end the session that is in the way"},
		{nil, "end the session that is in the way"},
	} {
		if got := (Result{Outcome: NotApplied, Reason: Held, Blockers: c.by}).Hint(); !strings.Contains(got, c.want) {
			t.Errorf("%v: %q", c.by, got)
		}
	}
}

package state

import (
	"time"

	"belay/steps/journal"
)

// Unit is a unit of the plan as far as it came.
type Unit struct {
	Number  int
	Version string
	// Intent is the newest intent; nil = never begun.
	Intent *journal.UnitIntent
	// Begun is when the first intent was written.
	Begun time.Time
	// Attempt is the try in hand; nil between tries.
	Attempt      *journal.AttemptStarted
	AttemptBegan time.Time
	// Tries are the closed tries, oldest first.
	Tries []Try
	// Statement is the statement in hand, from 0; -1 = none.
	Statement   int
	StatementAt time.Time
	SQL         string
	// Progress is the newest word of a build; nil = none.
	Progress *journal.UnitProgress
	// Outcome is applied, not applied, unknown; "" while it runs or never began.
	Outcome string
	Applied *journal.UnitApplied
	Ended   *journal.UnitEnded
	Probed  *journal.UnitProbed
	At      time.Time
}

// Try is a closed try.
type Try struct {
	journal.Attempted
	At time.Time
}

// unit finds or makes the unit of a number.
func (r *Run) unit(n int) *Unit {
	for i := range r.Units {
		if r.Units[i].Number == n {
			return &r.Units[i]
		}
	}
	r.Units = append(r.Units, Unit{Number: n, Statement: -1})
	return &r.Units[len(r.Units)-1]
}

// NextTry is when the next try of the unit begins; zero = none is planned.
func (u *Unit) NextTry() time.Time {
	if u.Attempt != nil || u.Outcome != "" || len(u.Tries) == 0 {
		return time.Time{}
	}
	last := u.Tries[len(u.Tries)-1]
	if last.PauseMS == 0 {
		return time.Time{}
	}
	return last.At.Add(time.Duration(last.PauseMS) * time.Millisecond)
}

// Stalled is how long others were held up at most by one try, and in all.
func (u *Unit) Stalled() (longest, total time.Duration) {
	for _, t := range u.Tries {
		d := time.Duration(t.WaitedMS) * time.Millisecond
		total += d
		longest = max(longest, d)
	}
	return longest, total
}

// Blockers adds up who stood in the way over all tries.
func (u *Unit) Blockers() []journal.Blocker {
	var out []journal.Blocker
	at := map[int]int{}
	for _, t := range u.Tries {
		for _, b := range t.Blockers {
			if i, ok := at[b.PID]; ok {
				out[i].Count++
				out[i].AgeMS, out[i].State = b.AgeMS, b.State
				continue
			}
			b.Count = 1
			at[b.PID] = len(out)
			out = append(out, b)
		}
	}
	return out
}

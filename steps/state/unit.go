package state

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/sqlview/measure"
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
	// Beside is what a backfill tries beside its batches, and has no lock for yet; nil =
	// nothing. Tries are its tries then.
	Beside *journal.Beside
	// Tries are the closed tries, oldest first.
	Tries []Try
	// Statement is the statement in hand, from 0; -1 = none.
	Statement   int
	StatementAt time.Time
	SQL         string
	// Changes are its data changes, as the server counted them, in order.
	Changes []Change
	// Existing are its statements whose IF NOT EXISTS met what was there, in order, as their tags.
	Existing []Existing
	// Progress is the newest word of a build; nil = none.
	Progress *journal.UnitProgress
	// Outcome is applied, not applied, unknown; "" while it runs or never began.
	Outcome journal.Outcome
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

// Change is a statement of a file that changed data.
type Change struct {
	// Statement counts from 0 within the file.
	Statement int    `json:"statement"`
	Command   string `json:"command"` // UPDATE, DELETE, INSERT, MERGE, COPY, DO, CALL
	// Rows that it touched; -1 = the server does not count them.
	Rows int64 `json:"rows"`
}

// String is "UPDATE changed 99 rows".
func (c Change) String() string {
	if c.Rows < 0 {
		return c.Command + " changed rows that nobody counts"
	}
	return c.Command + " changed " + measure.Plural(int(c.Rows), "row")
}

// change keeps what a statement did: a later try counts in the place of an earlier.
func (u *Unit) change(c Change) {
	for i := range u.Changes {
		if u.Changes[i].Statement == c.Statement {
			u.Changes[i] = c
			return
		}
	}
	u.Changes = append(u.Changes, c)
}

// Existing is a statement that made nothing: what it would make, or a part of that, was there.
type Existing struct {
	// Statement counts from 0 within the file.
	Statement int
	Tag       string // CREATE INDEX
}

// meet keeps or forgets that a statement met something: a later try counts in the place
// of an earlier.
func (u *Unit) meet(m Existing, met bool) {
	u.Existing = slices.DeleteFunc(u.Existing, func(have Existing) bool { return have.Statement == m.Statement })
	if met {
		u.Existing = append(u.Existing, m)
	}
}

// fewChanges are told one by one. Of a file of many statements the journal does not
// hold each.
const fewChanges = 8

// Changed says what each data change did, or of many how many did nothing; "" =
// there was none.
func (u *Unit) Changed() string {
	if len(u.Changes) > fewChanges {
		none := 0
		for _, c := range u.Changes {
			if c.Rows == 0 {
				none++
			}
		}
		return fmt.Sprintf("at least %d data changes, %d of them of no rows", len(u.Changes), none)
	}
	var words []string
	for _, c := range u.Changes {
		words = append(words, c.String())
	}
	return strings.Join(words, ", ")
}

// unit finds or makes the unit of a number.
func (r *Outline) unit(n int) *Unit {
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

// BesideSince is since when Beside waits for its lock; zero = it does not.
func (u *Unit) BesideSince() time.Time {
	switch {
	case u.Beside == nil:
		return time.Time{}
	case len(u.Tries) > 0:
		return u.Tries[0].At.Add(-time.Duration(u.Tries[0].WaitedMS) * time.Millisecond)
	}
	return u.AttemptBegan
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

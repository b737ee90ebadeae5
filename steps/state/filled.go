package state

import (
	"encoding/json"
	"fmt"
	"strings"

	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/journal"
)

// filling keeps what the newest backfill has filled. An engine that takes one up says 0
// until it has read the ledger: what was said before still stands.
func (r *Run) filling(value json.RawMessage) {
	var f fact.Filled
	if json.Unmarshal(value, &f) != nil {
		return
	}
	if f.ID == r.filled.ID {
		f.Rows = max(f.Rows, r.filled.Rows)
	}
	r.filled = f
}

// Filled is what stands in the database of a backfill that is not done.
type Filled struct {
	fact.Filled
	Trigger string // the sync trigger; "" = there is none
}

// Filled is what of the backfill in hand is there; its zero value = nothing is. The journal
// of an engine that ended without a word may know of fewer rows than there are.
func (r *Run) Filled() Filled {
	f := Filled{Filled: r.filled}
	if s, _, _ := Get[fact.Synced](r); s.Trigger != "" && (f.ID == "" || f.ID == s.ID) {
		f.Unit, f.ID, f.Relation, f.Trigger = s.Unit, s.ID, s.Relation, s.Trigger
	}
	for _, u := range r.Units {
		if u.Number == f.Unit && u.Outcome == journal.OutcomeApplied {
			return Filled{}
		}
	}
	if f.Rows == 0 && f.Trigger == "" {
		return Filled{}
	}
	return f
}

// String says what stands; "" = nothing does.
func (f Filled) String() string {
	var all []string
	if f.Rows > 0 {
		all = append(all, fmt.Sprintf("%s of %s %s filled", measure.Rows(f.Rows), f.Relation,
			measure.Verb(f.Rows, "stays", "stay")))
	}
	if f.Trigger != "" {
		all = append(all, "the sync trigger "+f.Trigger+" stays on "+f.Relation)
	}
	return strings.Join(all, "; ")
}

// Stays is what this run has left in the database without having done it; "" = nothing.
func (r *Run) Stays() string {
	var all []string
	f := r.Filled()
	if f.ID != "" {
		all = append(all, f.String())
	}
	for _, u := range r.Units {
		if u.Ended != nil && u.Outcome == journal.OutcomeNotApplied && len(u.Ended.Left) > 0 &&
			(f.ID == "" || u.Number != f.Unit) {
			all = append(all, "left behind: "+strings.Join(u.Ended.Left, ", "))
		}
	}
	return strings.Join(all, "; ")
}

// Unchanged is what is said of the database where a run ends that did not begin its next
// file.
func (r *Run) Unchanged() string {
	if stays := r.Stays(); stays != "" {
		return stays
	}
	return "nothing has changed"
}

// GoOn is the command that goes on with what stays. A backfill alone is gone on with by
// its own id, from any host and also after its run was closed.
func (r *Run) GoOn() string {
	if f := r.Filled(); r.Playbook == "backfill" && f.ID != "" {
		return "`belay backfill --resume " + f.ID + "` goes on from here"
	}
	return "`belay attach " + r.ID + "` goes on from here"
}

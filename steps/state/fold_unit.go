package state

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"belay/sqlview/measure"
	"belay/steps/journal"
)

func unitIntent(r *Run, e journal.Event, b journal.UnitIntent) {
	u := r.unit(b.Unit)
	if u.Intent == nil {
		u.Begun = e.At
	}
	u.Version, u.Intent, u.Outcome, u.Ended, u.Probed = b.Version, &b, "", nil, nil
	if u.Beside != nil { // an earlier engine's
		u.Beside, u.Tries, u.Attempt = nil, nil, nil
	}
}

func statementSent(r *Run, e journal.Event, b journal.StatementSent) {
	u := r.unit(b.Unit)
	u.Statement, u.SQL, u.StatementAt = b.Statement, b.SQL, e.At
}

func statementEnded(r *Run, _ journal.Event, b journal.StatementEnded) {
	u := r.unit(b.Unit)
	u.Statement, u.SQL = -1, ""
	if command, rows, ok := b.Changed(); ok {
		u.change(Change{Statement: b.Statement, Command: command, Rows: rows})
	}
	u.meet(Existing{Statement: b.Statement, Tag: b.Tag}, b.Existed && b.SQLState == "" && b.Statement >= 0)
}

func attemptStarted(r *Run, e journal.Event, b journal.AttemptStarted) {
	u := r.unit(b.Unit)
	u.Attempt, u.AttemptBegan, u.Beside = &b, e.At, b.Beside
}

func attempted(r *Run, e journal.Event, b journal.Attempted) {
	u := r.unit(b.Unit)
	u.Attempt, u.Statement, u.SQL = nil, -1, ""
	if b.Beside != "" {
		besideTried(r, e, u, b)
		return
	}
	u.Tries = append(u.Tries, Try{Attempted: b, At: e.At})
	r.say(e, "try %d: %s after %d ms%s", b.N, b.Outcome, b.WaitedMS, behind(b.Blockers))
}

// besideTried keeps a try of what is done beside batches until it has its lock: from then
// on nothing stands in the unit's way. The log has a line for each change, not each try.
func besideTried(r *Run, e journal.Event, u *Unit, b journal.Attempted) {
	if b.Outcome == string(journal.OutcomeApplied) {
		u.Beside, u.Tries = nil, nil
		r.say(e, "%s: had its lock at try %d", b.Beside, b.N)
		return
	}
	same := len(u.Tries) > 0 && sameTry(u.Tries[len(u.Tries)-1].Attempted, b)
	u.Tries = append(u.Tries, Try{Attempted: b, At: e.At})
	if same {
		return
	}
	who := ""
	for _, x := range b.Blockers {
		who += fmt.Sprintf(", behind pid %d (%s, %s for %s)", x.PID, x.Application, x.State,
			measure.Duration(time.Duration(x.AgeMS)*time.Millisecond))
	}
	r.say(e, "%s: try %d: %s after %d ms%s", b.Beside, b.N, b.Outcome, b.WaitedMS, who)
}

// sameTry reports whether two tries ended alike behind the same sessions.
func sameTry(a, b journal.Attempted) bool {
	return a.Outcome == b.Outcome && slices.EqualFunc(a.Blockers, b.Blockers, func(x, y journal.Blocker) bool {
		return x.PID == y.PID && x.Application == y.Application && x.State == y.State
	})
}

func unitProgress(r *Run, _ journal.Event, b journal.UnitProgress) {
	r.unit(b.Unit).Progress = &b
}

func unitApplied(r *Run, e journal.Event, b journal.UnitApplied) {
	u := r.unit(b.Unit)
	u.Version, u.Applied, u.Outcome, u.At = b.Version, &b, journal.OutcomeApplied, e.At
	u.Attempt, u.Statement = nil, -1
	did := ""
	if changed := u.Changed(); changed != "" {
		did = "; " + changed
	}
	r.say(e, "%s applied: %s%s", b.Version, b.Proof, did)
}

func unitEnded(r *Run, e journal.Event, b journal.UnitEnded) {
	u := r.unit(b.Unit)
	u.Version, u.Ended, u.Outcome, u.At = b.Version, &b, b.Outcome, e.At
	u.Attempt, u.Statement = nil, -1
	r.say(e, "%s %s: %s", b.Version, b.Outcome, b.Reason)
}

func unitProbed(r *Run, e journal.Event, b journal.UnitProbed) {
	u := r.unit(b.Unit)
	u.Version, u.Probed, u.At = b.Version, &b, e.At
	switch b.Outcome {
	case journal.OutcomeApplied, journal.OutcomeNotApplied, journal.OutcomeLost:
		u.Outcome = b.Outcome
	}
	r.say(e, "asked the database about %s: %s (%s)", b.Version, b.Outcome, b.Evidence)
}

func behind(blockers []journal.Blocker) string {
	if len(blockers) == 0 {
		return ""
	}
	s := ", behind"
	for i, b := range blockers {
		if i > 0 {
			s += ","
		}
		s += " pid " + strconv.Itoa(b.PID)
		if b.Application != "" {
			s += " (" + b.Application + ")"
		}
	}
	return s
}

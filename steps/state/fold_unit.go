package state

import (
	"strconv"

	"belay/steps/journal"
)

func unitIntent(r *Run, e journal.Event, b journal.UnitIntent) {
	u := r.unit(b.Unit)
	if u.Intent == nil {
		u.Begun = e.At
	}
	u.Version, u.Intent, u.Outcome, u.Ended, u.Probed = b.Version, &b, "", nil, nil
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
	u.meet(Met{Statement: b.Statement, Tag: b.Tag}, b.Met && b.SQLState == "" && b.Statement >= 0)
}

func attemptStarted(r *Run, e journal.Event, b journal.AttemptStarted) {
	u := r.unit(b.Unit)
	u.Attempt, u.AttemptBegan = &b, e.At
}

func attempted(r *Run, e journal.Event, b journal.Attempted) {
	u := r.unit(b.Unit)
	u.Attempt, u.Statement, u.SQL = nil, -1, ""
	u.Tries = append(u.Tries, Try{Attempted: b, At: e.At})
	r.say(e, "try %d: %s after %d ms%s", b.N, b.Outcome, b.WaitedMS, behind(b.Blockers))
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

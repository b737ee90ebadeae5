package report

import (
	"sort"

	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
)

func units(r *state.Run) []Unit {
	plan, _, _ := state.Get[fact.Plan](r)
	out := []Unit{}
	for i, p := range plan.Units {
		u := Unit{
			Version: p.Version, Path: p.Path, SHA256: p.SHA256, Outcome: "not run", Blockers: []journal.Blocker{},
			Left: []string{},
		}
		for j := range r.Units {
			if r.Units[j].Number == i {
				fill(&u, &r.Units[j])
			}
		}
		if f := r.Filled(); f.ID != "" && f.Unit == i {
			if u.Outcome == string(journal.OutcomeUnknown) {
				u.Outcome = string(journal.OutcomeNotApplied) // the ledger knows each row
			}
			u.Left = append(u.Left, f.String())
		}
		out = append(out, u)
	}
	return out
}

func fill(u *Unit, came *state.Unit) {
	u.Outcome = string(came.Outcome)
	if u.Outcome == "" {
		u.Outcome = string(journal.OutcomeUnknown)
	}
	longest, total := came.Stalled()
	u.Tries, u.LongestMS, u.WaitedMS = len(came.Tries), longest.Milliseconds(), total.Milliseconds()
	for _, b := range came.Blockers() {
		// What others were running is theirs; the report says who and how long.
		b.Query = ""
		u.Blockers = append(u.Blockers, b)
	}
	if a := came.Applied; a != nil {
		u.Proof, u.MS, u.Changes = a.Proof, a.MS, came.Changes
	}
	if e := came.Ended; e != nil && came.Outcome != journal.OutcomeApplied {
		u.Reason, u.SQLState = e.Reason, e.SQLState
		u.Left = append(u.Left, e.Left...)
	}
}

func stepsOf(r *state.Run) []Step {
	out := []Step{}
	for _, s := range r.Steps {
		out = append(out, Step{ID: s.ID, Status: string(s.Status), Summary: s.Summary})
	}
	return out
}

func answers(r *state.Run) []Answer {
	out := []Answer{}
	for id, a := range r.Answers {
		out = append(out, Answer{ID: id, Answer: a.Answer, By: a.By, At: a.At})
	}
	sort.Slice(out, func(i, j int) bool {
		if !out[i].At.Equal(out[j].At) {
			return out[i].At.Before(out[j].At)
		}
		return out[i].ID < out[j].ID
	})
	return out
}

func hazards(r *state.Run) []Hazard {
	review, _, _ := state.Get[fact.Review](r)
	out := []Hazard{}
	for _, f := range review.Result.Files {
		for _, h := range f.Hazards {
			if h.Severity == "notice" {
				continue
			}
			out = append(out, Hazard{
				Rule: h.Rule, Severity: h.Severity, Path: f.Path, Line: h.Line, Message: h.Message,
				Accepted: review.Accepted[h.Rule],
			})
		}
	}
	return out
}

func sessionsEnded(r *state.Run) []SessionEnded {
	var out []SessionEnded
	for _, e := range r.Endings {
		x := SessionEnded{
			PID: e.PID, Application: e.Application, User: e.User, State: e.State, Way: e.Way, By: e.By, At: e.At,
		}
		if e.Ended != nil {
			x.Fate, x.Why, x.SQLState, x.MS = e.Ended.Fate, e.Ended.Why, e.Ended.SQLState, e.Ended.MS
		}
		out = append(out, x)
	}
	return out
}

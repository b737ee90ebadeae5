package execute

import (
	"context"
	"time"

	"belay/db/apply"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/project"
)

// NoLonger bounds a hold by the statement_timeout of the tool's own DSN, at which
// the tool would end the statement.
func NoLonger(p *project.Project, hold time.Duration) time.Duration {
	if t := p.StatementTimeout(); t > 0 {
		return min(hold, t)
	}
	return hold
}

// holdLonger takes a hold time for a unit that was judged instant and undone: the
// answers file may have one, or a person gives it now. It reports whether to try
// again.
func (r *runner) holdLonger(ctx context.Context, u *steps.Unit, away time.Duration) (bool, error) {
	if u.Hold > 0 {
		return false, nil
	}
	if _, _, given := r.env.Engine.Given(steps.RunHold); r.env.Headless && !given {
		return false, nil
	}
	cause := u.Path + " took longer than judged, so the server undid it"
	if away >= apply.FarAway {
		cause = u.Path + " was undone: " + FarAway(away)
	}
	answer, err := r.env.Engine.Ask(ctx, "run", journal.QuestionAsked{
		ID:   steps.RunHold,
		Text: cause + ": nothing has changed. To try again: how long may it hold its locks? (such as 40s)",
		Why: "reads or writes of the table wait as long as the locks are held. After that time the server undoes it " +
			"again. c stops the run instead", Wants: journal.Span,
	})
	if err != nil {
		return false, err
	}
	hold, err := measure.ParseSpan(answer)
	if err != nil {
		return false, err // the engine takes nothing else
	}
	u.Hold = NoLonger(r.env.Project, hold)
	return true,
		r.env.Note(ctx, "run", "%s: tried again; its locks may be held for %s", u.Path, u.Hold.Round(time.Millisecond))
}

// FarAway says that the line takes the time, not the work.
func FarAway(away time.Duration) string {
	return "each answer of the server takes " + measure.Duration(away) + " to come, and the locks are held over several"
}

package execute

import (
	"context"
	"errors"
	"fmt"

	"belay/db/apply"
	"belay/steps"
	"belay/steps/journal"
)

// What a person may say of a statement that was sent and did not come to its end.
const (
	sendAgain  = "again"
	countAsRun = "done"
)

// sent asks what is to become of a CALL or DO that commits by itself and of which
// nobody knows how far it came.
func (r *runner) sent(ctx context.Context, u *steps.Unit, p apply.Evidence) (apply.Evidence, error) {
	s := u.Statements[*p.Sent]
	unknown := &steps.Exit{
		Code: steps.ExitUnknown, Outcome: journal.OutcomeUnknown,
		Summary: fmt.Sprintf("%s: outcome unknown: %s", u.Migration.Up.Path, p.Why),
		Advice: "look what it did; then `belay attach " + r.env.Run +
			"` asks whether to send it again or to count it as run (run.sent)",
	}
	answer, err := r.env.Engine.Ask(ctx, "run", journal.QuestionAsked{
		ID: "run.sent", Options: []string{"leave", sendAgain, countAsRun}, Default: "leave",
		Text: fmt.Sprintf("%s:%d: %s was sent, and nobody knows whether it ended. What now?", u.Path, s.Line, s.Kind),
		Why: "what it committed by itself stays. again sends it once more; done counts it as run and records the " +
			"version",
	})
	var unattended *steps.Exit
	switch {
	case errors.As(err, &unattended) && r.env.Headless:
		return p, unknown
	case err != nil:
		return p, err
	case answer == countAsRun:
		p.From = *p.Sent + 1
	case answer != sendAgain:
		return p, unknown
	}
	r.word[u.Migration.Version] = answer
	p.Outcome, u.From = apply.NotApplied, p.From
	return p, r.env.Note(ctx, "run", "%s:%d: a person said %q of the %s that was sent", u.Path, s.Line, answer, s.Kind)
}

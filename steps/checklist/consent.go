package checklist

import (
	"belay/steps"
	"belay/steps/journal"
)

// consent reports whether the wishes of belay.toml may be carried out here. The yes is
// bound to the file's bytes and kept in the person's own store: whoever edits the
// file asks again. The question is open until it is answered.
func consent(e *steps.Env) (may bool, asks []journal.QuestionAsked, err error) {
	c, err := teamCommand(e)
	if err != nil {
		return false, nil, err
	}
	t := steps.TrustOf(e.Project, c)
	if len(t.Wishes) == 0 || t.Given() {
		return len(t.Wishes) > 0, nil, nil
	}
	answer, by, ok := e.Engine.Given(steps.TrustCommands)
	if ok {
		may, err := t.Take(answer, by == steps.AnswersFile, e.Now())
		if may || err != nil || answer == "no" {
			return may, nil, err
		}
	}
	return false, []journal.QuestionAsked{t.Question()}, nil
}

// mayCommand reports whether a folder may be run as it would be: belay needs no yes,
// the team's command one that is bound to its bytes.
func mayCommand(e *steps.Env, b *steps.Folder) (may bool, asks []journal.QuestionAsked, err error) {
	if b.Command == nil {
		asks, err = offerCommand(e, b)
		return true, asks, err
	}
	if len(b.Chosen) == 0 {
		return true, nil, nil
	}
	return consent(e)
}

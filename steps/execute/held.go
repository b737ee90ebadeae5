package execute

import (
	"cmp"
	"fmt"

	"belay/db/apply"
	"belay/sqlview/measure"
	"belay/steps/journal"
)

// heldUp asks whether to go on with what met somebody at each of its tries. stays is what
// of it stands meanwhile, as a sentence.
func heldUp(what string, res apply.Result, stays string) journal.QuestionAsked {
	return journal.QuestionAsked{
		ID: "run.go_on",
		Text: fmt.Sprintf("%s gave up %s: %s. %s. Try again?", what, measure.Plural(res.Attempts, "time"),
			inTheWay(res.Blockers, res.Attempts), stays),
		Why: standing(res.Blockers),
	}
}

// inTheWay says who stood in the way most often, and how many others did.
func inTheWay(all []apply.Blocker, tries int) string {
	if len(all) == 0 {
		return "another session was in its way each time"
	}
	first := all[0]
	who, often := first.Who(), "each time"
	if first.Prepared == "" && !first.Autovacuum {
		who = fmt.Sprintf("pid %d", first.PID)
		if name := cmp.Or(first.Application, first.User); name != "" {
			who += " (" + name + ")"
		}
	}
	if first.Attempts < tries {
		often = measure.Plural(first.Attempts, "time")
		if first.Attempts == 1 {
			often = "once"
		}
	}
	who += " was in its way " + often
	if n := len(all) - 1; n > 0 {
		who += ", and " + measure.Plural(n, "other")
	}
	return who
}

// standing names who stood in the way, most often first.
func standing(all []apply.Blocker) string {
	s := ""
	for i, b := range all {
		if i > 0 {
			s += "; "
		}
		s += b.Who() + " in " + measure.Plural(b.Attempts, "try")
	}
	return s
}

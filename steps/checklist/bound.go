package checklist

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"belay/sqlview"
	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/steps"
)

// binding says what an answer of the review is of: the exact bytes of the files that the
// question is about, what was found in them, the database, and the settings under which
// they would run. Whatever of it changes, the answer is void and asked for again; files
// that it does not speak of may change, as they do where one is written anew.
type binding struct {
	where string
	plan  *steps.Plan
}

func bindingOf(e *steps.Env, target steps.Target, p *steps.Plan) binding {
	l, id := e.Project.Limits, target.Identity
	b := binding{plan: p, where: fmt.Sprintf("%s/%d\n%s %s %s %d %d %s", id.SystemIdentifier, id.DatabaseOID,
		target.Roles.Acts, l.LockTimeout, l.HoldBudget, l.QueueLimit, l.Attempts, l.RetryFor)}
	if p.Command != "" {
		b.where += "\n" + p.SHA256 // a command runs all files or none
	}
	return b
}

// of is the bound of a question about some files of the plan: what says what of a file it
// speaks of, nil = of none.
func (b binding) of(what func(file int) []string) string {
	text := b.where
	for i, u := range b.plan.Units {
		if found := what(i); found != nil {
			text += fmt.Sprintf("\n%q %s %q", u.Path, u.Migration.Up.SHA256, found)
		}
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

// all is the bound of a question about the whole plan.
func (b binding) all() string { return b.of(func(int) []string { return []string{} }) }

// stops is the bound of the question whether what a rule stops at is accepted.
func (b binding) stops(r sqlview.Result, rule string) string {
	return b.of(func(i int) (found []string) {
		for _, h := range r.Files[i].Hazards {
			if h.Rule == rule && h.Severity == lint.Stop.String() {
				found = append(found, fmt.Sprintf("%d:%d", h.Line, h.Column))
			}
		}
		return found
	})
}

// breaks is the bound of the question where the code stands that the statements break.
func (b binding) breaks(r sqlview.Result) string {
	return b.of(func(i int) (found []string) {
		for _, s := range r.Files[i].Statements {
			if s.Breaks == effect.BreaksOld || s.Breaks == effect.BreaksNew {
				found = append(found, fmt.Sprintf("%d:%s", s.Line, s.Breaks))
			}
		}
		return found
	})
}

// holds is the bound of the question how long units may hold their locks.
func (b binding) holds(asked func(steps.Unit) bool) string {
	return b.of(func(i int) []string {
		if !slices.ContainsFunc(b.plan.Units[i:i+1], asked) {
			return nil
		}
		return []string{}
	})
}

package checklist

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"belay/db"
	"belay/db/backfill"
	"belay/sqlview"
	"belay/sqlview/lint"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/execute"
	"belay/steps/fact"
	"belay/steps/journal"
)

// lookAtBackfills reads the tables of the plan's units that run in batches. What
// a person should know stands on their cards; what forbids the run ends it here.
func lookAtBackfills(
	ctx context.Context, e *steps.Env, target steps.Target, confirmed *steps.Confirmed, p *steps.Plan,
	cards sqlview.Result,
) ([]journal.QuestionAsked, error) {
	var asked []journal.QuestionAsked
	told := false
	for i := range p.Units {
		u := &p.Units[i]
		if u.Backfill == nil {
			continue
		}
		if bound, ok := confirmedBackfill(confirmed, u.Migration.Version); ok {
			u.Backfill.ID = bound.ID
		}
		if target.Offline() {
			continue
		}
		f, questions, err := lookAtUnit(ctx, e, target, i, u)
		if err != nil {
			return nil, err
		}
		onCard(cards, i, f)
		if !told {
			// Consent, ledger and trigger are asked once for the run.
			told, asked = true, questions
			if err := e.Fact(ctx, "review", f); err != nil {
				return nil, err
			}
		}
	}
	if confirmed != nil {
		return nil, nil
	}
	return asked, nil
}

func confirmedBackfill(c *steps.Confirmed, version string) (steps.Backfill, bool) {
	if c == nil {
		return steps.Backfill{}, false
	}
	b, ok := c.Backfills[version]
	return b, ok
}

// lookAtUnit reads a unit's table. Where an earlier unit of the run makes the
// table or the column, it is read when its turn comes.
func lookAtUnit(
	ctx context.Context, e *steps.Env, target steps.Target, i int, u *steps.Unit,
) (f fact.Backfill, asked []journal.QuestionAsked, err error) {
	var plan *backfill.Plan
	spec := execute.PacingOf(e, target.Roles).Of(u.Backfill.Spec)
	err = e.Sessions.Monitor(ctx, func(c *db.Conn) (err error) {
		plan, err = backfill.Prepare(ctx, c, spec)
		return err
	})
	var wrong *backfill.SpecError
	if errors.As(err, &wrong) && i > 0 {
		f = fact.Backfill{Unit: i, ID: u.Backfill.ID, Relation: u.Backfill.Spec.Relation, Set: u.Backfill.Spec.Set,
			Items: []fact.Item{{
				ID: "later", Level: fact.OK, Text: "its table is read when its turn comes: " + wrong.Problem + " yet",
			}}}
		asked, err = ledgerQuestion(ctx, e, &f)
		return f, asked, err
	}
	if err != nil {
		return f, nil, &steps.Refused{Problem: u.Path + ": " + err.Error(), Advice: steps.HintOf(err), Fatal: true}
	}
	if stops := plan.Stops(); len(stops) > 0 {
		return f, nil,
			&steps.Refused{
				Problem: fmt.Sprintf("%s: %s: %s", u.Path, stops[0].Message, stops[0].Why), Advice: stops[0].Instead,
				Fatal: true,
			}
	}
	f, asked, err = describeBackfill(ctx, e, i, u.Backfill.ID, plan)
	for _, it := range f.Items {
		if err == nil && it.Level == fact.Stop {
			err = &steps.Refused{Problem: it.Text, Advice: it.Hint, Fatal: it.ID != declined}
		}
	}
	return f, asked, err
}

// commandOf is the command line that fills the same rows.
func commandOf(s backfill.Spec) string {
	c := lint.Batches{Table: s.Relation, Set: s.Set, Where: s.Where}.Command()
	if len(s.Key) > 0 {
		c += " --key " + strings.Join(s.Key, ",")
	}
	if s.BatchTime > 0 {
		c += " --batch-time " + s.BatchTime.String()
	}
	return c
}

// onCard puts what was read on the card of the unit's statement.
func onCard(r sqlview.Result, i int, f fact.Backfill) {
	if i >= len(r.Files) || len(r.Files[i].Statements) == 0 {
		return
	}
	s := &r.Files[i].Statements[0]
	if f.Key != "" {
		s.Notes = append(s.Notes, fmt.Sprintf("~%s by %s; new rows: %s", measure.Rows(f.Rows),
			f.Key, f.Coverage))
	}
	for _, it := range f.Items {
		s.Notes = append(s.Notes, it.Text)
	}
}

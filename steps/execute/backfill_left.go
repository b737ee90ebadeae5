package execute

import (
	"context"
	"fmt"
	"strings"
	"time"

	"belay/db/backfill"
	"belay/sqlview/activity"
	"belay/sqlview/lock"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
)

const (
	leftID = "backfill.left"
	nextID = "backfill.next"
)

// next asks what is to become of a backfill that reached every row and left some
// otherwise: again is true where it is to fill them now, reason is why it is recorded
// with them. Neither = it stays open.
func (f *filler) next(ctx context.Context, left int64) (again bool, reason string, err error) {
	e := f.env()
	if _, _, given := e.Engine.Given(leftID); given || e.Headless {
		reason, err = f.askLeft(ctx, left)
		return false, reason, err
	}
	q := journal.QuestionAsked{
		ID: nextID, Options: []string{"leave", "again", "record"}, Default: "leave",
		Text: f.leftover(left) + ". What now?", Why: f.coverage(),
	}
	if s, err := f.plan.SyncTrigger(); err == nil && f.fillsNoNewRows() {
		q.Options = []string{"leave", "again", "trigger", "record"}
		q.Why += ". A sync trigger would: it is dropped at the end; " + s.Cost + ":\n" + strings.Join(s.Create, ";\n") +
			";"
	}
	answer, err := e.Engine.Ask(ctx, "run", q)
	switch {
	case err != nil:
		return false, "", err
	case answer == "record":
		reason, err = f.askLeft(ctx, left)
		return false, reason, err
	case answer == "again", answer == "trigger":
		f.trigger = f.trigger || answer == "trigger"
		return true, "", nil
	}
	return false, "", nil
}

// fillsNoNewRows reports whether a sync trigger would help: nothing else fills all rows
// that are written meanwhile.
func (f *filler) fillsNoNewRows() bool {
	k := f.plan.Coverage.Kind
	return k == backfill.NotCovered || k == backfill.ColumnDefault
}

// askLeft asks what is to become of a backfill that met every row and left some
// otherwise. A reason records it; "" = it stays open.
func (f *filler) askLeft(ctx context.Context, left int64) (reason string, err error) {
	answer, err := f.env().Engine.Ask(ctx, "run", journal.QuestionAsked{
		ID: leftID,
		Text: f.leftover(left) +
			". Why is it recorded with these rows left? Empty = leave it open; going on later fills them",
		Why: f.coverage() + ". The reason goes into the report. The run ends with exit code 4, and the next file waits",
	})
	return strings.TrimSpace(answer), err
}

func (f *filler) leftover(left int64) string {
	return fmt.Sprintf("%s of %s %s still not as the statement makes %s", measure.Rows(left),
		f.plan.Relation, measure.Verb(left, "is", "are"), measure.Verb(left, "it", "them"))
}

// coverage says what fills the rows that are written meanwhile.
func (f *filler) coverage() string {
	switch c := f.plan.Coverage; c.Kind {
	case backfill.NotCovered:
		return "nothing fills new rows: " + c.Misses
	case backfill.SyncTrigger:
		return "the sync trigger fills new rows, except those that the application or another trigger sets to " +
			"something else. It stays until this is done"
	default:
		s := fmt.Sprintf("new rows are filled by a %s", c.Kind)
		if c.Misses != "" {
			s += ", but not all of them: " + c.Misses
		}
		return s
	}
}

// incomplete ends a backfill that left rows and stays open.
func (f *filler) incomplete(ctx context.Context, left int64) error {
	reason := f.leftover(left)
	err := f.env().Engine.Record(ctx, "run", journal.UnitEnded{
		Unit: f.i, Version: f.u.Migration.Version, Outcome: journal.OutcomeNotApplied, Reason: reason,
		Left: []string{"the rows that were filled"},
	})
	if err != nil {
		return err
	}
	return &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson, Summary: reason,
		Advice: f.coverage() + "; " + f.resume() + ", and fills what is left",
	}
}

// recordedWithLeft ends the run behind a backfill that was recorded with rows
// left: no file runs over it unseen.
func (f *filler) recordedWithLeft(left int64, reason string) error {
	return &steps.Exit{
		Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: fmt.Sprintf("recorded, and %s: %s", f.leftover(left), reason),
		Advice:  "no file after it has begun; `belay attach " + f.env().Run + "` goes on with it as it is",
	}
}

// unsync drops the sync trigger.
func (f *filler) unsync(ctx context.Context) error {
	if s, err := f.plan.SyncTrigger(); err == nil && f.plan.Coverage.Kind == backfill.SyncTrigger {
		if err := f.ddl(ctx, "drop of the sync trigger", s.Drop, lock.AccessExclusive); err != nil {
			return err
		}
		if err := f.env().Note(ctx, "run", "dropped the sync trigger %s", s.Name); err != nil {
			return err
		}
		return f.synced(ctx, "")
	}
	return nil
}

// synced writes down which sync trigger stands; "" = none.
func (f *filler) synced(ctx context.Context, trigger string) error {
	return f.env().Fact(ctx, "run", fact.Synced{
		Unit: f.i, ID: f.id, Relation: f.plan.Relation, Trigger: trigger,
	})
}

// doneBefore is what the ledger says of a backfill that another engine ended.
func doneBefore(f *filler, result backfill.Result, verified string) fact.Filling {
	return fact.Filling{
		At: time.Now().UTC(), Unit: f.i, ID: f.id, Relation: f.plan.Relation, Set: f.plan.Statement.Set,
		Where: f.plan.Statement.Guard,
		State: fact.FillDone, Phase: fact.FillPhase(backfill.Finished), Verified: verified,
		Filling: activity.Filling{Progress: 1, Rows: result.Rows, Total: result.Rows, Batches: result.Batches},
		TookMS:  result.Took.Milliseconds(),
	}
}

package execute

import (
	"context"
	"fmt"
	"slices"

	"belay/db/apply"
	"belay/steps"
	"belay/steps/journal"
)

// dropInvalid offers to remove the INVALID indexes that stand in the way. What
// each of them is, and what is lost with it, stands in the question.
func (r *runner) dropInvalid(ctx context.Context, res apply.Result) (bool, error) {
	dropped := false
	for _, index := range res.Invalid {
		if index.Toast() {
			continue // only a superuser may, and it does no harm
		}
		yes, err := r.yes(ctx, journal.QuestionAsked{
			ID:   "index.drop_invalid",
			Text: fmt.Sprintf("%s is INVALID, left by %s: drop it and build again?", index.Name, madeBy(index)),
			Why: "DROP INDEX CONCURRENTLY: it blocks neither reads nor writes. It is an index " +
				apply.Explained(index.Name, index.Unique, index.Ready),
		})
		if err != nil || !yes {
			return false, err
		}
		drop := r.aside(res, "DROP INDEX CONCURRENTLY "+index.Name, func() apply.Result {
			return r.x.DropInvalid(ctx, index)
		})
		if drop.Outcome != apply.Applied {
			return false, steps.Database("dropping the INVALID index", drop.Err)
		}
		dropped = true
	}
	return dropped, nil
}

// clearAway offers to drop what a failed build has just left, where a person is
// there to say so: a unique one may reject the application's writes already. The
// build itself is not tried again.
func (r *runner) clearAway(ctx context.Context, res *apply.Result) error {
	for _, index := range res.Invalid {
		if _, answered := r.env.Engine.Answered("index.drop_invalid"); index.Toast() || r.env.Headless && !answered {
			continue
		}
		yes, err := r.yes(ctx, journal.QuestionAsked{
			ID: "index.drop_invalid", Text: fmt.Sprintf("%s stays INVALID: drop it now?", index.Name),
			Why: "DROP INDEX CONCURRENTLY; it is an index " + apply.Explained(index.Name, index.Unique, index.Ready),
		})
		if err != nil || !yes {
			return err
		}
		drop := r.aside(*res, "DROP INDEX CONCURRENTLY "+index.Name, func() apply.Result {
			return r.x.DropInvalid(ctx, index)
		})
		if drop.Outcome != apply.Applied {
			return steps.Database("dropping the INVALID index", drop.Err)
		}
		res.Left = slices.DeleteFunc(res.Left, func(left string) bool { return left == index.String() })
	}
	return nil
}

func madeBy(x apply.InvalidIndex) string {
	if apply.CopyOf(x.Name) != "" {
		return "a REINDEX that did not end"
	}
	return "a build that failed"
}

// finalize offers to end a DETACH … CONCURRENTLY that is half done.
func (r *runner) finalize(ctx context.Context, u *steps.Unit, res apply.Result) (bool, error) {
	for _, p := range res.Detaching {
		yes, err := r.yes(ctx, journal.QuestionAsked{
			ID:   "partition.finalize",
			Text: fmt.Sprintf("%s is half detached by an earlier DETACH … CONCURRENTLY: end it with FINALIZE?", p),
			Why: "queries on the parent no longer see its rows, and it cannot be attached again before; FINALIZE " +
				"waits in short tries for who still " +
				"reads it, under ACCESS EXCLUSIVE on the partition",
		})
		if err != nil || !yes {
			return false, err
		}
		end := r.aside(res, "ALTER TABLE "+p.Parent+" DETACH PARTITION "+p.Name+" FINALIZE", func() apply.Result {
			return r.x.Finalize(ctx, p)
		})
		if end.Outcome != apply.Applied {
			return false, steps.Database("ending the detach", end.Err)
		}
		u.Detached = append(u.Detached, p)
	}
	return len(res.Detaching) > 0, nil
}

// aside runs a statement of belay's own between two tries of a unit: the journal
// keeps the unit's own statement in hand.
func (r *runner) aside(res apply.Result, sql string, do func() apply.Result) apply.Result {
	r.teller.aside = &aside{statement: res.Trace.Statement, sql: sql}
	defer func() { r.teller.aside = nil }()
	return do()
}

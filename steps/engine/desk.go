package engine

import (
	"context"
	"slices"

	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
)

// desk is where steps speak to the engine, from their own goroutine.
type desk struct{ g *engine }

// do runs f in the loop's goroutine and waits for it.
func (d *desk) do(f func() error) error {
	return d.g.requests.do(f)
}

func (d *desk) Record(_ context.Context, step string, body journal.Body) error {
	return d.do(func() error { return d.g.record(step, "", body) })
}

func (d *desk) Hide(values []string) {
	_ = d.do(func() error {
		d.g.hidden = values
		return nil
	})
}

func (d *desk) Answered(id string) (text string, ok bool) {
	_ = d.do(func() error {
		d.g.queue.reads(d.g.inHand, id)
		text, ok = d.g.answered(id)
		return nil
	})
	return text, ok
}

func (d *desk) Approved(id, bound string) (text string, ok bool) {
	_ = d.do(func() error {
		d.g.queue.reads(d.g.inHand, id)
		a, given := d.g.run.Answers[id]
		text, ok = a.Answer, given && a.Bound == bound
		return nil
	})
	return text, ok
}

func (d *desk) Given(id string) (text, by string, ok bool) {
	_ = d.do(func() (err error) {
		d.g.queue.reads(d.g.inHand, id)
		text, by, ok, err = d.g.given(id)
		return err
	})
	return text, by, ok
}

func (d *desk) Ask(ctx context.Context, step string, q journal.QuestionAsked) (string, error) {
	got := make(chan answer, 1)
	err := d.do(func() error { return d.g.questions.askAndWait(step, q, got) })
	if err != nil {
		return "", err
	}
	select {
	case a := <-got:
		return a.text, a.err
	case <-ctx.Done():
		_ = d.do(func() error { delete(d.g.questions.waiting, q.ID); return nil })
		return "", context.Cause(ctx)
	}
}

func (d *desk) HoldNext() (why *steps.Exit, hold bool) {
	_ = d.do(func() error {
		why = d.g.holdNext
		return nil
	})
	return why, why != nil
}

func (d *desk) Folder() (folder string) {
	_ = d.do(func() error {
		folder = d.g.folder
		return nil
	})
	return folder
}

func (d *desk) LeftOpen(systemID string, database uint32) []steps.OpenRun {
	all, _ := d.g.shelf.runs()
	own := RunID(d.Folder())
	var left []steps.OpenRun
	for _, k := range all {
		if k.ID == own || !k.Open() || k.Plan.SystemID != systemID || k.Plan.DatabaseOID != database {
			continue
		}
		o := steps.OpenRun{ID: k.ID, Live: k.Live, Began: k.Run.Begun()}
		for _, f := range k.Plan.Files {
			if f.Backfill != nil {
				o.Backfills = append(o.Backfills, f.Backfill.ID)
			}
		}
		left = append(left, o)
	}
	return left
}

func (d *desk) AppliedBefore(systemID string, database uint32) (by, back map[string]steps.AppliedBy) {
	all, _ := d.g.shelf.runs()
	return appliedAndBack(all, func(p Plan) bool { return p.SystemID == systemID && p.DatabaseOID == database })
}

func (d *desk) AppliedAnywhere(dir, folder string) map[string]steps.AppliedBy {
	all, _ := d.g.shelf.runs()
	by, _ := appliedAndBack(all, begunIn(dir, folder))
	return by
}

func (d *desk) Here(id string) steps.Here {
	all, _ := d.g.shelf.runs()
	i := slices.IndexFunc(all, func(k Known) bool { return k.ID == id })
	if i < 0 || all[i].Run.TakenBy != "" {
		return steps.Here{}
	}
	return steps.Here{Known: true, Open: all[i].Open(), Epoch: all[i].Run.Claim.Epoch}
}

func (d *desk) Claim() (c state.Claim) {
	_ = d.do(func() error {
		c = d.g.run.Claim
		return nil
	})
	return c
}

func (d *desk) Opening() (o steps.Opening) {
	_ = d.do(func() (err error) {
		o, err = d.g.opening()
		return err
	})
	return o
}

func (d *desk) UnitOutcome(version string) (intent *journal.UnitIntent, outcome journal.Outcome) {
	_ = d.do(func() error {
		for _, u := range d.g.run.Units {
			if u.Version == version {
				intent, outcome = u.Intent, u.Outcome
			}
		}
		return nil
	})
	return intent, outcome
}

func (d *desk) Reviewed() (r fact.Review) {
	_ = d.do(func() error {
		r, _, _ = state.Get[fact.Review](d.g.run)
		return nil
	})
	return r
}

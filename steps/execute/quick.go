package execute

import (
	"context"
	"errors"
	"time"

	"belay/db/apply"
	"belay/steps/journal"
)

// quickStatement is how often a file of many statements tells of those that end at once:
// of the first, and of one in this time. A transaction's outcome is told by its history
// row, so the journal needs no line for each, and the executor does not wait for one.
const quickStatement = 100 * time.Millisecond

// quick holds back what a statement in hand says until it has taken a while.
type quick struct {
	reported time.Time // when a statement was told of last
	held     *time.Timer
	ended    chan error // of the telling that the timer began
}

// holds reports whether the journal hears of this unit's statements now and then
// only.
func (t *teller) holds(ev apply.Event) bool {
	return t.aside == nil && t.u.Wrap != apply.OneByOne && len(t.u.Statements) > apply.Many && ev.Statement >= 0
}

// begun holds the beginning of a statement back, unless it is time to tell of one.
func (t *teller) begun(ctx context.Context, ev apply.Event) error {
	if time.Since(t.quick.reported) >= quickStatement {
		t.quick.reported = time.Now()
		return t.write(ctx, ev)
	}
	ended := make(chan error, 1)
	t.quick.ended = ended
	t.quick.held = time.AfterFunc(quickStatement, func() { ended <- t.write(ctx, ev) })
	return nil
}

// release ends the holding back, and reports whether the beginning was kept back
// until now.
func (t *teller) release() (kept bool, err error) {
	if t.quick.held == nil {
		return false, nil
	}
	kept = t.quick.held.Stop()
	if !kept {
		t.quick.reported, err = time.Now(), <-t.quick.ended
	}
	t.quick.held = nil
	return kept, err
}

// statement tells of a statement that begins or ends, at its pace.
func (t *teller) statement(ctx context.Context, ev apply.Event) error {
	if ev.Kind == apply.StatementBegun {
		return t.begun(ctx, ev)
	}
	kept, err := t.release()
	_, rows, counted := journal.StatementEnded{Tag: ev.Message}.Changed()
	// A change of no rows is a doubt, and so is what was there before.
	well := ev.Code == "" && ev.Message != "" && !(counted && rows == 0) && !ev.Existed
	if err != nil || (kept && well) {
		return err
	}
	if kept {
		begun := ev
		begun.Kind = apply.StatementBegun
		err = t.write(ctx, begun)
	}
	return errors.Join(err, t.write(ctx, ev))
}

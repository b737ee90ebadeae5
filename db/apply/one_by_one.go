package apply

import (
	"context"
	"fmt"
	"time"

	"belay/db/ledger"
)

// oneByOne runs statements that do not share a transaction. It stops at the
// first that fails and says how many stand.
func (r *run) oneByOne(ctx context.Context) ending {
	r.applied = r.u.From
	found, e, ok := r.survey(ctx)
	if !ok {
		return e
	}
	if e, ok := r.write(ctx, block{writes: r.u.Begin, shows: showsBegun}); !ok {
		return e
	}
	for i := r.u.From; i < len(r.u.Statements); i++ {
		if !found[i] {
			if e := r.step(ctx, i, r.u.Statements[i]); e.outcome != Applied {
				return r.incomplete(ctx, e)
			}
		}
		r.applied = i + 1
	}
	r.none()
	r.trace.Statement = len(r.u.Statements)
	if e, ok := r.write(ctx, block{writes: r.u.Record, mark: r.whole(), shows: showsApplied}); !ok {
		return r.incomplete(ctx, e)
	}
	if len(found) > 0 && len(found) == len(r.u.Statements)-r.u.From {
		return ending{outcome: Applied, reason: Already}
	}
	return ending{outcome: Applied, reason: Done}
}

// survey looks, before anything is written, at the indexes that the unit is
// going to make: an INVALID one in the way must be known before the history
// table says that the version has begun.
func (r *run) survey(ctx context.Context) (found map[int]bool, e ending, ok bool) {
	found = map[int]bool{}
	for i := r.u.From; i < len(r.u.Statements); i++ {
		s := r.u.Statements[i]
		if !s.looked() {
			continue
		}
		r.current, r.line = i, s.Line
		there, e := r.before(ctx, s)
		if e.outcome != "" {
			return nil, e, false
		}
		if there {
			found[i] = true
			r.tell(Event{Kind: IndexFound, Message: or(s.Index.Name, s.Partition.Name)})
		}
	}
	r.none()
	return found, ending{}, true
}

// looked reports whether something of the statement may be there already.
func (s Statement) looked() bool {
	return s.Concurrent && s.Index.Name != "" || s.detaches() || s.Kind == "REINDEX"
}

// step runs one statement: in a transaction of its own where it can be, because
// a dead client then leaves nothing, else as it is.
func (r *run) step(ctx context.Context, i int, s Statement) ending {
	if s.transactional() {
		return r.climb(ctx, block{first: i, statements: []Statement{s}, mark: r.part(i, s, ledger.Applied)})
	}
	if repeatable[s.Kind] {
		return r.ladder(ctx, func(rung time.Duration) ending { return r.alone(ctx, i, s, rung) })
	}
	r.attempts++
	e := r.alone(ctx, i, s, r.lim.FirstRung)
	r.eyes.all.add(r.eyes.seen)
	return e
}

// repeatable lists what may be tried again after a lock timeout although it has
// no transaction: a second time does what the first would have done.
var repeatable = map[string]bool{
	"VACUUM": true, "ANALYZE": true, "CLUSTER": true, "REINDEX": true, "ALTER SYSTEM": true,
}

// write records in a transaction of its own.
func (r *run) write(ctx context.Context, b block) (ending, bool) {
	if len(b.writes) == 0 && (b.mark == nil || r.x.Ledger == nil) {
		return ending{}, true
	}
	b.first = -1
	e := r.climb(ctx, b)
	return e, e.outcome == Applied
}

// incomplete says what stays of a unit that did not come to its end.
func (r *run) incomplete(ctx context.Context, e ending) ending {
	if e.outcome != NotApplied {
		return e
	}
	if r.applied > 0 {
		e.left = append(e.left,
			fmt.Sprintf("%d of %d statements of %s are applied", r.applied, len(r.u.Statements), r.u.Path))
	}
	if len(r.u.Begin) == 0 {
		return e
	}
	if len(e.left) == 0 && len(r.u.Unbegin) > 0 && r.s.status() == 'I' {
		if r.unbegin(ctx) {
			return e
		}
	}
	e.left = append(e.left, "the history row of "+r.u.Name+" says that it was begun (dirty)")
	return e
}

// unbegin goes through a closed gate: it takes back what we wrote ourselves.
func (r *run) unbegin(ctx context.Context) bool {
	shut := r.gate
	r.gate = newGate()
	defer func() { r.gate = shut }()
	if r.untold != nil {
		return false // what cannot be written down is not done
	}
	e, ok := r.write(context.WithoutCancel(ctx), block{writes: r.u.Unbegin})
	return ok && e.outcome == Applied
}

package backfill

import (
	"context"
	"errors"
	"time"

	"belay/db"
	"belay/db/ledger"
)

// runner is one Run. All but what watch holds is used by one goroutine.
type runner struct {
	batches
	o   Options
	ctl *Control

	tries    int   // at the range in hand
	slow     int   // how often the server ended the row in hand for its time
	losses   int   // of the connection since the last batch
	misses   int   // batches in a row that took too long
	passRows int64 // changed by this pass over a leaf without a key
	lastTook time.Duration
	watch    *watch
	rate     rate
	vacuum   vacuum
	verified Verified
}

// Run does the backfill, from its beginning or from where its cursor stands,
// and returns when it is done and verified. A ctx that ends pauses it: the
// batch in hand is undone, the ledger says paused, and Run returns the cause.
// When it returns nothing of it is open and every goroutine has ended.
//
// Errors: *HazardError, ledger.ErrMissing, *ledger.VersionError, *HeldError,
// *OpenError, *MismatchError before anything is changed; *MovedError and
// *ledger.TakenOverError where another runner goes on; *PausedError with
// StopOnPause.
func Run(ctx context.Context, o Options) (Result, error) {
	r, err := newRunner(o)
	if err != nil {
		return Result{}, err
	}
	defer r.close()
	if err := r.begin(ctx); err != nil {
		return Result{ID: r.id}, whyEnded(ctx, err)
	}
	if err = r.work(ctx); err != nil {
		err = whyEnded(ctx, err)
		r.leave(ctx, err)
		return r.result(), err
	}
	return r.result(), nil
}

// whyEnded is the cause of ctx's end where that is why a statement failed.
func whyEnded(ctx context.Context, err error) error {
	var moved *MovedError
	var taken *ledger.TakenOverError
	if ctx.Err() == nil || errors.As(err, &moved) || errors.As(err, &taken) {
		return err
	}
	return context.Cause(ctx)
}

func newRunner(o Options) (*runner, error) {
	if stops := o.Plan.Stops(); len(stops) > 0 {
		return nil, &HazardError{Hazards: stops}
	}
	if o.Control == nil {
		o.Control = &Control{}
	}
	if o.Tell == nil {
		o.Tell = func(Event) {}
	}
	if o.Run.Epoch == 0 {
		o.Run.Epoch = 1
	}
	if o.ID == "" {
		o.ID = NewID()
	}
	p := o.Plan
	s := &sessions{cfg: o.Config, server: o.Server, run: o.Run.Short(), keys: o.Locks, role: p.Spec.Role}
	page := &book{s: s, p: p, id: o.ID, run: o.Run, file: o.Claim}
	r := &runner{o: o, ctl: o.Control, batches: batches{
		book: page, size: newSizer(StartRows, p.Spec.MaxRows), oneRow: o.RowLimit,
	}}
	r.vacuum = vacuum{book: page, ctl: o.Control}
	var err error
	r.watch, err = newWatch(r)
	return r, err
}

func (r *runner) close() {
	r.watch.stop()
	r.s.drop()
}

// begin connects, takes the lock and writes or claims the state rows.
func (r *runner) begin(ctx context.Context) error {
	if err := r.s.open(ctx); err != nil {
		return err
	}
	if err := ledger.Check(ctx, r.s.exec); err != nil {
		return err
	}
	if err := ledger.Writable(ctx, r.s.exec); err != nil {
		return err
	}
	r.watch.works(r.s.pid())
	if err := r.s.lock(ctx, r.p); err != nil {
		return err
	}
	if err := ledger.OpenRun(ctx, r.s.exec, r.o.Run); err != nil {
		return err
	}
	found, err := Load(ctx, r.s.exec, r.id)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		err = r.create(ctx, r.size.rows)
	} else if err = r.match(found); err == nil {
		err = claim(ctx, r.s.exec, r.id, r.o.Run.ID)
	}
	if err != nil {
		return err
	}
	if err := r.reload(ctx, false); err != nil {
		return err
	}
	r.watch.start(ctx)
	r.publishStart()
	r.o.Tell(Event{Kind: Started, Message: r.p.SQL()})
	return nil
}

// work walks every leaf and finishes.
func (r *runner) work(ctx context.Context) error {
	for i := 0; i < len(r.rows); i++ {
		if err := r.walk(ctx, i); err != nil {
			return err
		}
		if i == len(r.rows)-1 {
			if err := r.lookForLeaves(ctx); err != nil {
				return err
			}
		}
	}
	return r.finish(ctx)
}

// walk does the batches of one leaf.
func (r *runner) walk(ctx context.Context, i int) error {
	if err := r.take(i); err != nil {
		return err
	}
	for r.row.State != Passed && r.row.State != Done {
		if err := r.gate(ctx); err != nil {
			return err
		}
		if err := r.step(ctx); err != nil {
			return err
		}
		if err := r.nextPass(ctx); err != nil {
			return err
		}
		if err := r.vacuumIfDue(ctx); err != nil {
			return err
		}
	}
	r.o.Tell(Event{Kind: LeafPassed, Leaf: r.row.Leaf, Rows: r.row.DoneRows})
	return nil
}

// take makes a leaf the one in hand.
func (r *runner) take(i int) error {
	r.row = &r.rows[i]
	leaf, err := r.leafOf(r.row)
	if err != nil {
		return err
	}
	r.q = newRangeSQL(r.p, leaf)
	r.narrow = narrow{}
	if r.row.Batches > 0 {
		r.size.rows = min(max(r.row.BatchRows, 1), r.size.max)
	}
	r.watch.leaf(r, i)
	return nil
}

// step does one batch and deals with what became of it.
func (r *runner) step(ctx context.Context) error {
	target, _ := r.ctl.pace(r.p.Spec)
	keys := r.narrow.limit(r.size.rows)
	batchCtx, cancel := context.WithCancelCause(ctx)
	r.ctl.holdCancel(func() { cancel(errCanceled) })
	restore := r.s.exec.Patient(r.limit(target, keys))
	begun := time.Now()
	b, err := r.batches.run(batchCtx, keys, target)
	took := time.Since(begun)
	restore()
	r.ctl.holdCancel(nil)
	cancel(nil)
	if err == nil {
		r.advance(b, target)
		return nil
	}
	r.s.undo(ctx)
	return r.recover(ctx, err, keys, took)
}

var errCanceled = errors.New("the batch was canceled")

// advance takes over what was committed.
func (r *runner) advance(b batch, target time.Duration) {
	row := r.row
	row.Last, row.Batches, row.DoneRows, row.State = b.hi, row.Batches+1, row.DoneRows+b.rows, Running
	r.passRows += b.rows
	r.vacuum.rows += b.rows
	if b.whole {
		row.State = Passed
	} else {
		r.size.took(b.measured, target)
		r.missed(b.measured, target)
	}
	row.BatchRows = r.size.rows
	r.narrow.done(b.keys)
	r.tries, r.slow, r.losses, r.lastTook = 0, 0, 0, b.took
	r.rate.add(time.Now(), b.rows)
	r.watch.moved(b.hi, b.keys)
	r.publishBatch(b, target)
	r.o.Tell(Event{Kind: Committed, Leaf: row.Leaf, Rows: b.rows, Took: b.took})
}

func (r *runner) result() Result {
	out := ResultOf(r.id, r.rows)
	out.Verified = r.verified
	return out
}

// ResultOf adds up the ledger's rows of a backfill.
func ResultOf(id string, rows []Row) Result {
	out := Result{ID: id}
	var first, last time.Time
	var paused int64
	for _, row := range rows {
		out.Rows, out.Batches = out.Rows+row.DoneRows, out.Batches+row.Batches
		paused = max(paused, row.PausedMS)
		if first.IsZero() || row.Started.Before(first) {
			first = row.Started
		}
		if row.Updated.After(last) {
			last = row.Updated
		}
	}
	out.Took = max(last.Sub(first)-time.Duration(paused)*time.Millisecond, 0)
	return out
}

// identityOf is kept apart so that a server that does not tell is not refused.
func identityOf(ctx context.Context, c *db.Conn) (string, error) {
	i, err := db.Identify(ctx, c)
	return i.Key(), err
}

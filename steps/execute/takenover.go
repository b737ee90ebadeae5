package execute

import (
	"belay/db"
	"belay/db/backfill"
	"belay/db/ledger"
	"belay/steps"
	"context"
	"errors"
)

// takenBy asks whose run this is, where the batches ended at somebody else: at a
// fence, or at locks that the new owner holds already. nil = still ours, or
// nobody knows.
func (f *filler) takenBy(ctx context.Context, err error) *ledger.TakenOverError {
	var held *backfill.HeldError
	_, moved := movedTo(err)
	claim := f.r.x.Ledger
	if claim == nil || !moved && !errors.As(err, &held) {
		return nil
	}
	e := &ledger.TakenOverError{Run: ledger.Run{ID: claim.Run}.Short()}
	epoch, s := claim.Epoch, f.env().Sessions
	// The monitor may have gone with the batches' own session.
	if err := s.Reconnect(ctx, f.env().Run); err != nil {
		return nil
	}
	err = s.Own(ctx, func(c *db.Conn) (err error) {
		e.Owner, epoch, err = ledger.Owner(ctx, c, claim.Run)
		return err
	})
	if err != nil || epoch == claim.Epoch {
		return nil
	}
	return e
}

// letGo gives the run's connections back and keeps a monitor, as a look has. A
// session that is lost has let its lock go already.
func (r *runner) letGo(ctx context.Context, cfg db.Config) error {
	if _, err := db.Unlock(ctx, r.trio.Executor, db.LockKey); err != nil && !r.trio.Executor.IsClosed() {
		return steps.Database("belay's advisory lock", err)
	}
	if err := r.env.Sessions.CloseTrio(); err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := r.env.Sessions.Look(ctx, cfg, r.env.Run); err != nil {
		return r.env.Outage("run").Await(ctx)
	}
	return nil
}

// movedTo is who goes on with a backfill that another runner took; ok is false
// where err says no such thing.
func movedTo(err error) (owner string, ok bool) {
	var moved *backfill.MovedError
	var taken *ledger.TakenOverError
	switch {
	case errors.As(err, &moved):
		return moved.Owner, true
	case errors.As(err, &taken):
		return taken.Owner, true
	}
	return "", false
}

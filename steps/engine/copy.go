package engine

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"belay/db"
	"belay/db/ledger"
	"belay/steps"
	"belay/steps/handover"
	"belay/steps/journal"
	"belay/steps/state"
)

// How the journal's copy in the ledger is written: every so often, so many events
// at a time, and no longer than that at once. The end of a run waits for it.
const (
	copyEvery = time.Second
	copyAtOne = 100
	copyLimit = 2 * time.Second
	copyLast  = 3 * time.Second
)

// copier copies the journal into the ledger, some moments behind, and says there how the
// run ended. It reads the journal's file as any follower does and never holds up the loop.
type copier struct {
	*diary
	requests requests
	sessions *steps.Sessions // nil = the engine ends before it had any

	// cancel ends the copying, done is closed then; nil = it has not begun.
	cancel   context.CancelFunc
	done     chan struct{}
	follower *journal.Follower
	claim    *ledger.Claim
	from     int64
	rest     []ledger.Event
}

// begin starts the copying once the run is in the ledger.
func (c *copier) begin(ctx context.Context) {
	if c.done != nil || c.run.Claim.Run == "" || c.run.TakenBy != "" || c.phase != running {
		return
	}
	f, err := journal.Follow(filepath.Join(c.folder, journal.FileName))
	if err != nil {
		slog.Warn("copying the journal into the ledger", "error", err)
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	c.cancel, c.done, c.follower = cancel, make(chan struct{}), f
	c.claim, c.from = claimOf(c.run), c.run.Claim.From
	go func() {
		defer close(c.done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(copyEvery):
			}
			if err := c.copy(ctx); gaveUp(err) {
				return
			}
		}
	}()
}

func claimOf(r *state.Run) *ledger.Claim {
	return &ledger.Claim{Run: r.Claim.Run, Epoch: r.Claim.Epoch}
}

// gaveUp reports an error after which nothing is to be copied any more: the run
// is another host's. Any other one is tried again.
func gaveUp(err error) bool {
	var taken *ledger.TakenOverError
	return errors.As(err, &taken)
}

// copy writes what the journal has and the ledger has not.
func (c *copier) copy(ctx context.Context) error {
	for {
		e, ok, err := c.follower.Poll()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if copied, yes := handover.Copied(e, c.from); yes {
			c.rest = append(c.rest, copied)
		}
	}
	for len(c.rest) > 0 {
		batch := c.rest[:min(copyAtOne, len(c.rest))]
		limited, cancel := context.WithTimeout(ctx, copyLimit)
		err := c.sessions.Write(limited, func(conn *db.Conn) error {
			return ledger.Copy(limited, conn.Conn, c.claim, batch)
		})
		cancel()
		if err != nil {
			return err
		}
		c.rest = c.rest[len(batch):]
	}
	return nil
}

// stop ends the copying and waits for it.
func (c *copier) stop() {
	if c.done == nil {
		return
	}
	c.cancel()
	<-c.done
}

// handOver writes how the run stands into the ledger, and what was not copied
// yet, before anybody is told that it is over.
func (c *copier) handOver(f journal.RunFinished) {
	if c.run.Claim.Run == "" || c.run.TakenBy != "" || c.sessions == nil {
		return
	}
	claim, run := claimOf(c.run), c.shortID()
	c.requests.aside(func() {
		c.stop()
		if err := c.handedOver(run, claim, f); err != nil {
			slog.Warn("the end of the run is not in the ledger", "error", err)
		}
	})
}

func (c *copier) handedOver(run string, claim *ledger.Claim, f journal.RunFinished) error {
	ctx, cancel := context.WithTimeout(context.Background(), copyLast)
	defer cancel()
	if err := c.sessions.Reconnect(ctx, run); err != nil {
		return err
	}
	err := c.sessions.Write(ctx, func(conn *db.Conn) error {
		return ledger.SetState(ctx, conn.Conn, claim, standing(f))
	})
	if c.done != nil {
		err = errors.Join(err, c.copy(ctx))
	}
	return err
}

// copyRest copies the last event.
func (c *copier) copyRest() {
	if c.done == nil || c.run.TakenBy != "" {
		return
	}
	c.requests.aside(func() {
		ctx, cancel := context.WithTimeout(context.Background(), copyLimit)
		defer cancel()
		if err := c.copy(ctx); err != nil {
			slog.Debug("copying the last event into the ledger", "error", err)
		}
		if err := c.follower.Close(); err != nil {
			slog.Debug("closing the journal's follower", "error", err)
		}
	})
}

// standing is how other hosts see the end of a run.
func standing(f journal.RunFinished) string {
	switch f.Exit {
	case steps.ExitUnknown:
		return ledger.Unknown
	case steps.ExitPerson:
		return ledger.Waiting
	}
	return ledger.Finished
}

package execute

import (
	"context"
	"errors"
	"slices"

	"belay/db/ledger"
	"belay/steps/journal"
	"belay/steps/state"
)

// makeLedger creates the ledger where a person said yes to it, at the last moment before
// the command is started, or goes on without where it may not be made.
func (c *commander) makeLedger(ctx context.Context) error {
	l := &c.folder.Ledger
	if !l.Create {
		return nil
	}
	l.Create = false
	_, err := ledger.Create(ctx, c.trio.Executor.Conn)
	var refused *ledger.RefusedError
	if errors.As(err, &refused) {
		l.Records = false
		return c.env.Note(ctx, "run", "%v; this run goes on without", refused)
	}
	if err != nil {
		return c.notKept(ctx, err)
	}
	return c.env.Note(ctx, "run", "created the ledger (schema belay), version %d", ledger.Version)
}

// keep writes into the ledger, where there is one, what the command has come to: the
// versions that the tool's history has now, with the bytes that were reviewed. The
// history decides what is applied, so a ledger that cannot be written stops nothing.
func (c *commander) keep(ctx context.Context, done []string, status journal.Outcome, summary string) {
	if !c.folder.Ledger.Records {
		return
	}
	o := c.env.Engine.Opening()
	w := ledger.Watched{
		Run: o.Run, Plan: o.Plan, Claim: c.claim(state.Claim{Run: o.Run.ID, Epoch: 1}), Status: string(status),
		Summary: summary,
	}
	for _, u := range c.plan.Units {
		if slices.Contains(done, u.Migration.Version) {
			w.Done = append(w.Done, u.Name)
		}
	}
	if err := ledger.RecordWatched(ctx, c.trio.Executor.Conn, w); err != nil {
		_ = c.env.Note(ctx, "run", "the ledger (schema belay) does not have what the command did: %v", err)
	}
}

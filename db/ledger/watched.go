package ledger

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"
)

// Watched is a run that the team's own command did, written down once it has ended: no
// transaction of the command's can hold a mark. What is applied was asked of the tool's
// history.
type Watched struct {
	Run   Run
	Plan  Plan
	Claim *Claim
	// Done are the units that are as they were meant to be.
	Done []string
	// Status and Summary are how the run ended, as the journal says it.
	Status, Summary string
}

// RecordWatched writes the run, its marks and what became of its files, in one
// transaction. It may be called again for the same run.
func RecordWatched(ctx context.Context, c *pgx.Conn, w Watched) error {
	w.Run.State = Finished
	body, err := json.Marshal(map[string]string{"status": w.Status, "summary": w.Summary})
	if err != nil {
		return wrap(err)
	}
	return inTransaction(ctx, c, func(tx pgx.Tx) error {
		if err := Writable(ctx, tx); err != nil {
			return err
		}
		if err := open(ctx, tx, w.Run, w.Plan); err != nil {
			return err
		}
		for _, unit := range w.Done {
			if err := w.Claim.Mark(ctx, tx, Mark{Unit: unit, Attempt: 1, State: Applied}); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `INSERT INTO belay.event (run_id, seq, epoch, at, by, step, kind, body)
			SELECT $1::text::uuid, coalesce(pg_catalog.max(e.seq), 0) OPERATOR(pg_catalog.+) 1, $2::integer,
				pg_catalog.clock_timestamp(), $3::text, 'run', 'step.finished', $4::text::jsonb
			FROM belay.event AS e WHERE e.run_id OPERATOR(pg_catalog.=) $1::text::uuid`,
			w.Run.ID, w.Claim.Epoch, w.Run.Owner, string(body))
		return wrap(err)
	})
}

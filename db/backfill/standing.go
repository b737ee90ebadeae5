package backfill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"belay/db"
	"belay/db/ledger"

	"github.com/jackc/pgx/v5"
)

// Standing says what stands in the way of running a plan: a *HeldError where
// another session fills the table now, an *OpenError where the same work was
// begun and is not finished. id is that of a resume, whose own rows do not
// count; "" = a new one. It changes nothing and waits for nobody.
func Standing(ctx context.Context, c *db.Conn, p *Plan, id string) error {
	s := sessions{exec: c}
	holder, err := db.LockHolder(ctx, c, lockKey(p.OID))
	if err != nil {
		return err
	}
	kept := ledger.Check(ctx, c)
	switch {
	case holder != nil && kept != nil:
		return &HeldError{Relation: p.Relation, Holder: holder}
	case holder != nil:
		return s.held(ctx, p, holder)
	case errors.Is(kept, ledger.ErrMissing):
		return nil
	case kept != nil:
		return kept
	}
	err = unfinished(ctx, c, p)
	var open *OpenError
	if errors.As(err, &open) && open.Row.ID == id {
		return nil
	}
	return err
}

// Remembered is the Spec by which a backfill was begun, for a resume from
// another host. The error says why there is none.
func Remembered(ctx context.Context, c *db.Conn, id string) (Spec, error) {
	if err := ledger.Check(ctx, c); err != nil {
		return Spec{}, err
	}
	var text *string
	err := c.QueryRow(ctx, `SELECT r.settings ->> 'backfill' FROM belay.backfill b JOIN belay.run r ON r.id = b.run_id
		WHERE b.id::text = $1 LIMIT 1`, id).Scan(&text)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return Spec{}, &SpecError{
			"resume", "this database has no backfill " + id,
			"`belay backfill --list` lists them; the id of a run means its backfill only on the host that it runs on",
		}
	case err != nil:
		return Spec{}, fmt.Errorf("backfill %s: %w", id, err)
	case text == nil:
		return Spec{},
			&SpecError{
				"resume", "the ledger does not have the statement of " + id, "give --table and --set as it was begun",
			}
	}
	var s Spec
	if err := json.Unmarshal([]byte(*text), &s); err != nil {
		return Spec{}, fmt.Errorf("backfill %s: its statement in the ledger: %w", id, err)
	}
	return s, nil
}

// Settings is what a run's row keeps so that Remembered finds it.
func (s Spec) Settings() json.RawMessage {
	b, err := json.Marshal(map[string]Spec{"backfill": s})
	if err != nil {
		return nil // a Spec is text and numbers
	}
	return b
}

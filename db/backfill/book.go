package backfill

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"belay/db/ledger"
)

// book is the ledger's page of one backfill: a row for each leaf, with its cursor and
// with whose it is. A runner after a crash goes on from what it says.
type book struct {
	s    *sessions
	p    *Plan
	id   string
	run  ledger.Run
	file *ledger.Claim // on the run with the file; nil = there is none
	rows []Row         // one for each leaf
	row  *Row          // of the leaf in hand
}

// leafOf is the leaf of a row.
func (k *book) leafOf(row *Row) (Leaf, error) {
	for _, l := range k.p.Leaves {
		if l.OID == row.TableOID {
			return l, nil
		}
	}
	return Leaf{}, &MismatchError{k.id, "leaf " + row.Leaf, fmt.Sprint("table oid ", row.TableOID), "not there"}
}

// match makes sure that a resume goes on with the same work.
func (k *book) match(found []Row) error {
	for _, b := range found {
		differ := func(what, was, is string) error { return &MismatchError{k.id, what, was, is} }
		if b.State == Done {
			return differ("state", string(Done), "to be resumed")
		}
		if b.StatementSHA256 != k.p.Statement.SHA256 {
			return differ("statement", "sha256 "+b.StatementSHA256[:12], k.p.Statement.SHA256[:12])
		}
		if k.run.Identity != "" && b.Identity != "" && b.Identity != k.run.Identity {
			return differ("database", b.Identity, k.run.Identity)
		}
		l, err := k.leafOf(&b)
		if err != nil {
			return err
		}
		if !slices.Equal(b.KeyCols, l.Key.Columns) || !slices.Equal(b.KeyTypes, l.Key.Types) {
			return differ("key of "+b.Leaf, fmt.Sprint(b.KeyCols, b.KeyTypes), fmt.Sprint(l.Key.Columns, l.Key.Types))
		}
	}
	return nil
}

// reload reads the rows again. With same set, a row whose epoch went up belongs to
// another runner now.
func (k *book) reload(ctx context.Context, same bool) error {
	rows, err := Load(ctx, k.s.exec, k.id)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return errors.Join(&MovedError{ID: k.id, Leaf: k.p.Relation}, errors.New("its rows are gone from the ledger"))
	}
	if same {
		for _, b := range rows {
			i := slices.IndexFunc(k.rows, func(x Row) bool { return x.Leaf == b.Leaf })
			if i >= 0 && b.Epoch != k.rows[i].Epoch {
				return &MovedError{ID: k.id, Leaf: b.Leaf, Owner: b.Owner}
			}
		}
	}
	at := slices.IndexFunc(rows, func(b Row) bool { return k.row != nil && b.Leaf == k.row.Leaf })
	k.rows = rows
	if k.row = nil; at >= 0 {
		k.row = &k.rows[at]
	}
	return nil
}

// claims are whose backfill this is: the run's with the file first, and the
// backfill's own.
func (k *book) claims() []ledger.Claim {
	own := ledger.Claim{Run: k.run.ID, Epoch: k.run.Epoch}
	if k.file == nil {
		return []ledger.Claim{own}
	}
	return []ledger.Claim{{Run: k.file.Run, Epoch: k.file.Epoch}, own}
}

// taken says who has a run whose claim does not hold any more.
func (k *book) taken(ctx context.Context, c ledger.Claim) error {
	k.s.asOwn(ctx)
	owner, _, err := ledger.Owner(ctx, k.s.exec, c.Run)
	return errors.Join(&ledger.TakenOverError{Run: ledger.Run{ID: c.Run}.Short(), Owner: owner}, err)
}

// moved says who has moved the cursor of the leaf in hand.
func (k *book) moved(ctx context.Context) error {
	e := &MovedError{ID: k.row.ID, Leaf: k.row.Leaf}
	k.s.asOwn(ctx)
	_ = k.s.exec.QueryRow(ctx, `SELECT r.owner FROM belay.backfill b JOIN belay.run r ON r.id = b.run_id
		WHERE b.id = $1::text::uuid AND b.leaf = $2`, k.row.ID, k.row.Leaf).Scan(&e.Owner)
	return e
}

const pauseSQL = `UPDATE belay.backfill SET state = CASE state WHEN 'running' THEN 'paused' ELSE state END,
	reason = $2, updated = pg_catalog.clock_timestamp()
	WHERE id = $1::text::uuid AND epoch = $3 AND state <> 'done'`

// pause writes why it stands, where the ledger can be reached.
func (k *book) pause(ctx context.Context, reason string) error {
	if k.s.lost() || len(k.rows) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	_, err := k.s.exec.Exec(ctx, pauseSQL, k.id, reason, k.rows[0].Epoch)
	return err
}

const resumeSQL = `UPDATE belay.backfill SET
	paused_ms = paused_ms + CASE WHEN state = 'paused' OR reason <> ''
	  THEN (extract(epoch FROM pg_catalog.clock_timestamp() - updated) * 1000)::bigint ELSE 0 END,
	state = CASE state WHEN 'paused' THEN 'running' ELSE state END, reason = '', updated = pg_catalog.clock_timestamp()
	WHERE id = $1::text::uuid AND epoch = $2 AND state <> 'done'`

// resume writes that it goes on, unless another runner did.
func (k *book) resume(ctx context.Context) error {
	if _, err := k.s.exec.Exec(ctx, resumeSQL, k.id, k.rows[0].Epoch); err != nil {
		return err
	}
	return k.reload(ctx, true)
}

const doneSQL = `UPDATE belay.backfill SET state = CASE WHEN $4 THEN 'passed' ELSE 'done' END, reason = $2, updated = pg_catalog.clock_timestamp()
	WHERE id = $1::text::uuid AND epoch = $3`

// done writes the end. With rows left it is not done: the cursor stands at the last key,
// and whoever goes on looks again and fills them.
func (k *book) done(ctx context.Context, v Verified) error {
	if _, err := k.s.exec.Exec(ctx, doneSQL, k.id, v.String(), k.rows[0].Epoch, v.Left > 0); err != nil {
		return err
	}
	rows, err := Load(ctx, k.s.exec, k.id)
	if err == nil {
		k.rows = rows // with the server's times, of all hosts
	}
	return err
}

const passSQL = `UPDATE belay.backfill SET upper_key = $3, last_key = NULL, state = $4, updated = pg_catalog.clock_timestamp()
	WHERE id = $1::text::uuid AND leaf = $2 AND epoch = $5`

// pass writes that the leaf in hand is walked once more; an upper of nil = it has no page.
func (k *book) pass(ctx context.Context, upper cursor) error {
	if upper != nil {
		_, err := k.s.exec.Exec(ctx, passSQL, k.row.ID, k.row.Leaf, []string(upper), string(Running), k.row.Epoch)
		if err != nil {
			return err
		}
	}
	return k.reload(ctx, true)
}

package backfill

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const sweptSQL = `UPDATE belay.backfill SET done_rows = done_rows + $3, batches = batches + 1, updated = pg_catalog.clock_timestamp()
	WHERE id = $1::text::uuid AND leaf = $2`

// sweep changes what is left in a range, in one transaction.
func (r *runner) sweep(ctx context.Context, lo, hi cursor) (int64, error) {
	target, _ := r.ctl.pace(r.p.Spec)
	if err := r.fenced(ctx, target, "", nil, nil); err != nil {
		return 0, err
	}
	sql, args := r.q.update(lo, hi, r.p.differs)
	tag, err := r.s.exec.Exec(ctx, sql, args...)
	if err != nil {
		return 0, err
	}
	var q pgx.Batch
	r.queueRole(&q, r.s.own)
	q.Queue(sweptSQL, r.row.ID, r.row.Leaf, tag.RowsAffected())
	r.queueRole(&q, r.p.Spec.Role)
	var end pgconn.CommandTag
	q.Queue("COMMIT").Exec(func(t pgconn.CommandTag) error { end = t; return nil })
	if err := r.s.exec.SendBatch(ctx, &q).Close(); err != nil {
		return 0, err
	}
	if end.String() != "COMMIT" {
		return 0, fmt.Errorf("backfill: the server answered COMMIT with %q", end.String())
	}
	r.row.Batches++
	r.row.DoneRows += tag.RowsAffected()
	r.ctl.publish(func(s *Snapshot) { s.Rows += tag.RowsAffected(); s.Total = max(s.Total, s.Rows) })
	return tag.RowsAffected(), nil
}

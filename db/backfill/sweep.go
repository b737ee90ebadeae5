package backfill

import (
	"context"
)

const sweptSQL = `UPDATE belay.backfill SET done_rows = done_rows + $3, batches = batches + 1, updated = pg_catalog.clock_timestamp()
	WHERE id = $1::text::uuid AND leaf = $2`

// sweep changes what is left in a range, in one transaction, and counts its rows.
func (r *runner) sweep(ctx context.Context, lo, hi cursor) (int64, error) {
	target, _ := r.ctl.pace(r.p.Spec)
	if err := r.fenced(ctx, r.limit(target, r.size.rows), "", nil, nil); err != nil {
		return 0, err
	}
	var swept int64
	for _, u := range r.q.sweeps(r.p, lo, hi) {
		tag, err := execTeam(ctx, r.s.exec, u.sql, u.args...)
		if err != nil {
			return 0, err
		}
		swept += tag.RowsAffected()
	}
	if err := r.batches.commit(ctx, sweptSQL, r.row.ID, r.row.Leaf, swept); err != nil {
		return 0, err
	}
	r.row.Batches++
	r.row.DoneRows += swept
	r.ctl.publish(func(s *Snapshot) { s.Rows += swept; s.Total = max(s.Total, s.Rows) })
	return swept, nil
}

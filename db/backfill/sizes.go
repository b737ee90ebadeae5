package backfill

import (
	"context"
	"fmt"

	"belay/db"
)

// sizes is what grows while a backfill works.
type sizes struct{ heap, wal int64 }

func readSizes(ctx context.Context, c *db.Conn, oid uint32) (s sizes, err error) {
	err = c.QueryRow(ctx, `WITH RECURSIVE t(oid) AS (SELECT $1::bigint::oid
		UNION SELECT h.inhrelid FROM pg_catalog.pg_inherits h JOIN t ON h.inhparent = t.oid)
		SELECT coalesce((SELECT pg_catalog.sum(pg_catalog.pg_relation_size(t.oid)) FROM t), 0)::bigint,
		pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::bigint`, int64(oid)).Scan(&s.heap, &s.wal)
	if err != nil {
		return s, fmt.Errorf("backfill: sizes: %w", err)
	}
	return s, nil
}

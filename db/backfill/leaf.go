package backfill

import (
	"context"
	"fmt"

	"belay/db"

	"github.com/jackc/pgx/v5"
)

// Leaf is a table that holds rows: the relation itself, or a partition or child
// of it. Each is walked by a key of its own.
type Leaf struct {
	// Name is qualified and quoted, as SQL writes it.
	Name string `json:"name"`
	OID  uint32 `json:"oid"`
	Key  Key    `json:"key"`
	// Rows is an estimate; it comes from reltuples and today's size.
	Rows int64 `json:"rows"`
	// Bytes is the heap's size, IndexBytes that of all its indexes.
	Bytes      int64 `json:"bytes"`
	IndexBytes int64 `json:"index_bytes"`
	// Analyzed is false where the server has no statistics of it.
	Analyzed bool `json:"analyzed"`
	// Grown is how much larger the table is than when it was analyzed: 0.1 = by a
	// tenth.
	Grown float64 `json:"grown"`
}

const leavesSQL = `
WITH RECURSIVE t(oid) AS (
  SELECT $1::bigint::oid
  UNION SELECT h.inhrelid FROM pg_catalog.pg_inherits h JOIN t ON h.inhparent = t.oid)
SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname), c.oid::bigint, c.relkind::text,
  CASE WHEN c.reltuples > 0 AND c.relpages > 0
    THEN (c.reltuples / c.relpages * (pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint))::bigint
    ELSE -1 END,
  CASE WHEN c.relpages > 0 THEN greatest(0, pg_catalog.pg_relation_size(c.oid)
    / pg_catalog.current_setting('block_size')::float8 / c.relpages - 1) ELSE 0 END,
  coalesce(pg_catalog.pg_relation_size(c.oid), 0), coalesce(pg_catalog.pg_indexes_size(c.oid), 0)
FROM t JOIN pg_catalog.pg_class c ON c.oid = t.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind <> 'p'
ORDER BY c.oid`

type leafRow struct {
	Leaf
	kind string
}

// leaves lists the tables that hold the rows of relation, in the order of their
// oids, with the estimate of their rows; Rows is -1 where there is none.
func leaves(ctx context.Context, c *db.Conn, oid uint32) ([]leafRow, error) {
	rows, err := c.Query(ctx, leavesSQL, int64(oid))
	if err != nil {
		return nil, fmt.Errorf("backfill: leaves: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (l leafRow, err error) {
		var id int64
		err = r.Scan(&l.Name, &id, &l.kind, &l.Rows, &l.Grown, &l.Bytes, &l.IndexBytes)
		l.OID, l.Analyzed = uint32(id), l.Rows >= 0
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("backfill: leaves: %w", err)
	}
	return all, nil
}

// keyOf chooses the key of one leaf; why is set where it goes by ctid.
func keyOf(ctx context.Context, c *db.Conn, oid uint32, asked []string, st *Statement) (Key, []string, error) {
	rows, err := c.Query(ctx, candidatesFor(c.ServerMajor()), int64(oid))
	if err != nil {
		return Key{}, nil, fmt.Errorf("backfill: keys: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanCandidate)
	if err != nil {
		return Key{}, nil, fmt.Errorf("backfill: keys: %w", err)
	}
	key, ok, why := choose(all, asked, st)
	if !ok {
		return placeKey(), why, nil
	}
	return key, nil, nil
}

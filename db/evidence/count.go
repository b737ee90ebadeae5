package evidence

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/sqlview/usage"
)

// Counted is how many rows of a table satisfy a condition, and how much of it was read.
type Counted struct {
	At    time.Time `json:"at"` // by the server's clock, at its end
	Rows  int64     `json:"rows"`
	Found int64     `json:"found"`
	// Pages of All were read. Whole is true where that is every one.
	Pages int64 `json:"pages"`
	All   int64 `json:"all"`
	Whole bool  `json:"whole"`
}

// Row is the name by which a condition may call the row.
const Row = "belay_row"

const (
	firstPages = 500
	aimAt      = 100 * time.Millisecond // of one query
	mostPages  = 200_000
)

// Count counts rows of a table by its pages, in short queries, for at most so long; of a
// partitioned one, those of its partitions. table is as SQL writes it. Rows that move between
// two queries may be missed, so what must be certain is counted again. Before 14 the server
// cannot read a part: it is one query.
func Count(ctx context.Context, c *db.Conn, table, where string, atMost time.Duration) (out Counted, err error) {
	failed := func(err error) (Counted, error) { return out, fmt.Errorf("count in %s: %w", table, err) }
	all, err := leaves(ctx, c, table)
	if err != nil {
		return failed(err)
	}
	out.Whole = true
	end := time.Now().Add(atMost)
	for _, l := range all {
		out.All += l.pages
	}
	for _, l := range all {
		if err := out.count(ctx, c, l, where, end); err != nil {
			return failed(err)
		}
	}
	if err := c.QueryRow(ctx, `SELECT pg_catalog.clock_timestamp()`).Scan(&out.At); err != nil {
		return failed(err)
	}
	out.At = out.At.UTC()
	return out, nil
}

// leaf is a table that has rows itself. Of a foreign one nobody knows the pages: it counts as
// one, and is read by one query.
type leaf struct {
	table   string
	pages   int64
	foreign bool
}

const leavesSQL = `SELECT c.oid::pg_catalog.regclass::text, c.relkind OPERATOR(pg_catalog.=) 'f',
  pg_catalog.pg_relation_size(c.oid) OPERATOR(pg_catalog./) pg_catalog.current_setting('block_size')::pg_catalog.int8
FROM pg_catalog.pg_class c
WHERE c.oid OPERATOR(pg_catalog.=) $1::pg_catalog.regclass AND c.relkind OPERATOR(pg_catalog.<>) 'p'
  OR c.oid OPERATOR(pg_catalog.=) ANY (SELECT p.relid FROM pg_catalog.pg_partition_tree($1::pg_catalog.regclass) p
    WHERE p.isleaf)
ORDER BY 1`

func leaves(ctx context.Context, c *db.Conn, table string) ([]leaf, error) {
	rows, err := c.Query(ctx, leavesSQL, table)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (l leaf, err error) {
		err = r.Scan(&l.table, &l.foreign, &l.pages)
		if l.foreign {
			l.pages = 1
		}
		return l, err
	})
}

// count adds the rows of one table.
func (out *Counted) count(ctx context.Context, c *db.Conn, l leaf, where string, end time.Time) error {
	sql := fmt.Sprintf(`SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE %s) FROM ONLY %s AS %s %s`,
		where, l.table, Row, usage.Mark)
	step, at := int64(firstPages), int64(0)
	parts := c.ServerMajor() >= 14 && !l.foreign
	if !parts {
		step = max(l.pages, 1)
	}
	for at < l.pages && time.Now().Before(end) {
		began := time.Now()
		part := sql
		if parts {
			part += fmt.Sprintf(` WHERE %s.ctid >= '(%d,0)'::tid AND %s.ctid < '(%d,0)'::tid`, Row, at, Row, at+step)
		}
		var rows, found int64
		if err := c.QueryRow(ctx, part).Scan(&rows, &found); err != nil {
			return err
		}
		read := min(step, l.pages-at)
		at += read
		out.Rows, out.Found, out.Pages = out.Rows+rows, out.Found+found, out.Pages+read
		if took := time.Since(began); took < aimAt/2 {
			step = min(step*2, mostPages)
		} else if took > aimAt*2 {
			step = max(step/2, 10)
		}
	}
	out.Whole = out.Whole && at >= l.pages
	return nil
}

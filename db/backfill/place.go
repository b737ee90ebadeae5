package backfill

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/sqlview/usage"
)

// maxPasses bounds the passes over a leaf without a key.
const maxPasses = 3

// extra narrows every batch of a leaf without a key: a pass must not change a
// row that it has changed and moved, and no later pass one that the application
// wrote since.
func (q rangeSQL) extra(p *Plan, upper cursor) string {
	switch {
	case !q.leaf.Key.ByPlace():
		return ""
	case p.keeps && len(upper) > 2 && upper[2] != "1":
		return p.unwritten()
	}
	return p.differs
}

// onPage is about how many rows a page holds.
func (q rangeSQL) onPage() float64 {
	return max(float64(q.leaf.Rows)/float64(max(q.leaf.Bytes/8192, 1)), 1)
}

// pages is how many pages hold about so many rows.
func (q rangeSQL) pages(rows int) int64 { return max(int64(float64(rows)/q.onPage()), 1) }

// near bounds a search for the next rows, so that a leaf without an order is
// not sorted whole.
func (q rangeSQL) near(lo, upper cursor, rows int) cursor {
	if !q.leaf.Key.ByPlace() {
		return upper
	}
	from, _ := parsePlace(first(lo))
	end, err := parsePlace(first(upper))
	if err != nil {
		return upper
	}
	to := place{min(from.block+q.pages(rows)+1, end.block), 0}
	return cursor{to.String(), upper[1], upper[2]}
}

func first(c cursor) string {
	if len(c) == 0 {
		return ""
	}
	return c[0]
}

// nextPlace begins a batch over pages. The leaf is touched first, so that its
// file cannot be replaced before the end of the transaction.
func (b *batches) nextPlace(ctx context.Context, keys int,
	limit time.Duration) (hi cursor, whole bool, err error) {
	var file string
	err = b.fenced(ctx, limit,
		`SELECT (SELECT c.relfilenode::text FROM pg_catalog.pg_class c WHERE c.oid = $1::bigint::oid)
		FROM (SELECT pg_catalog.count(*) FROM (SELECT FROM ONLY `+b.q.leaf.Name+` `+usage.Mark+` LIMIT 0) t) x`,
		[]any{int64(b.q.leaf.OID)}, func(rows pgx.Rows) error {
			var err error
			file, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[string])
			return err
		})
	if err != nil {
		return nil, false, err
	}
	upper := cursor(b.row.Upper)
	if file != upper[1] {
		return nil, false, errReplaced
	}
	hi = b.q.near(b.row.Last, upper, keys)
	if b.narrow.cap > 0 || float64(keys) < 2*b.q.onPage() {
		sql, args := b.q.bound(b.row.Last, hi, keys, "")
		rows, err := b.s.exec.Query(ctx, sql, args...)
		if err != nil {
			return nil, false, err
		}
		found, err := scanCursor(rows, 1)
		if err != nil {
			return nil, false, err
		}
		if found != nil {
			hi = cursor{found[0], upper[1], upper[2]}
		}
	}
	return hi, slices.Equal(hi, upper), nil
}

// errReplaced: VACUUM FULL, CLUSTER or a repack moved every row.
var errReplaced = fmt.Errorf("the table's file was replaced")

// nextPass begins another pass over a leaf without a key where the last one
// still found rows.
func (r *runner) nextPass(ctx context.Context) error {
	if !r.q.leaf.Key.ByPlace() || r.row.State != Passed || len(r.row.Upper) < 3 {
		return nil
	}
	pass, _ := strconv.Atoi(r.row.Upper[2])
	found := r.passRows
	r.passRows = 0
	if found == 0 || pass >= maxPasses {
		return nil
	}
	return r.beginPass(ctx, pass+1)
}

// beginPass starts over from the first page; the rows that were done are kept
// out by the guard.
func (r *runner) beginPass(ctx context.Context, pass int) error {
	for {
		upper, err := freezePlace(ctx, r.s.exec, r.q.leaf, pass)
		if err == nil {
			err = r.book.pass(ctx, upper)
		}
		if err == nil {
			r.watch.leaf(r, slices.IndexFunc(r.rows, func(b Row) bool { return b.Leaf == r.row.Leaf }))
			r.o.Tell(Event{Kind: Noted, Leaf: r.row.Leaf, Message: fmt.Sprintf("pass %d over the pages", pass)})
			return nil
		}
		if err := r.retry(ctx, err); err != nil {
			return err
		}
	}
}

// place is a ctid as two numbers.
type place struct{ block, offset int64 }

func (p place) String() string { return fmt.Sprintf("(%d,%d)", p.block, p.offset) }

func parsePlace(s string) (p place, err error) {
	if n, err := fmt.Sscanf(s, "(%d,%d)", &p.block, &p.offset); n != 2 || err != nil {
		return p, fmt.Errorf("backfill: %q is no ctid", s)
	}
	return p, nil
}

// freezePlace is the end of the table as it is now: what is added later is the
// sync trigger's. nil = the table has no page.
func freezePlace(ctx context.Context, q Queryer, l Leaf, pass int) (cursor, error) {
	rows, err := q.Query(ctx,
		`SELECT pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint,
		c.relfilenode::text FROM pg_catalog.pg_class c WHERE c.oid = $1::bigint::oid`, int64(l.OID))
	if err != nil {
		return nil, fmt.Errorf("backfill: size of %s: %w", l.Name, err)
	}
	type size struct {
		Blocks int64
		File   string
	}
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[size])
	if err != nil {
		return nil, fmt.Errorf("backfill: size of %s: %w", l.Name, err)
	}
	if s.Blocks == 0 {
		return nil, nil
	}
	return cursor{place{s.Blocks, 0}.String(), s.File, strconv.Itoa(pass)}, nil
}

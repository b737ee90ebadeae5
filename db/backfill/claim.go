package backfill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// create freezes the upper key of every leaf and writes the state rows, in one
// transaction.
func (r *runner) create(ctx context.Context) error {
	if err := r.notOpen(ctx); err != nil {
		return err
	}
	tx, err := r.s.exec.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return fmt.Errorf("backfill: create: %w", err)
	}
	defer r.undo(ctx)
	for _, l := range r.p.Leaves {
		if err := r.createLeaf(ctx, tx, l, 1); err != nil {
			return err
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("backfill: create: %w", err)
	}
	return nil
}

func (r *runner) createLeaf(ctx context.Context, tx pgx.Tx, l Leaf, epoch int) error {
	row := Row{ID: r.id, RunID: r.o.Run.ID, Relation: r.p.Relation, Leaf: l.Name, TableOID: l.OID,
		StatementSHA256: r.p.Statement.SHA256, KeyCols: l.Key.Columns, KeyTypes: l.Key.Types,
		BatchRows: r.size.rows, State: Running, Epoch: epoch}
	var err error
	if row.Upper, err = freeze(ctx, tx, newRangeSQL(r.p, l)); err != nil {
		return err
	}
	if row.Upper == nil {
		row.State = Passed
	}
	return insert(ctx, tx, row)
}

// freeze finds the last key there is now.
func freeze(ctx context.Context, tx Queryer, q rangeSQL) (cursor, error) {
	if q.leaf.Key.ByPlace() {
		return freezePlace(ctx, tx, q.leaf, 1)
	}
	rows, err := tx.Query(ctx, q.last())
	if err != nil {
		return nil, fmt.Errorf("backfill: last key of %s: %w", q.leaf.Name, err)
	}
	key, err := scanCursor(rows, len(q.columns()))
	if err != nil {
		return nil, fmt.Errorf("backfill: last key of %s: %w", q.leaf.Name, err)
	}
	return key, nil
}

// notOpen refuses to begin the same work twice: what is not idempotent would be
// done twice.
func (r *runner) notOpen(ctx context.Context) error {
	all, err := List(ctx, r.s.exec)
	if err != nil {
		return err
	}
	here, err := identityOf(ctx, r.s.exec)
	if err != nil {
		return err
	}
	for _, b := range all {
		// A restored dump carries rows of another database: they are history.
		same := b.Identity == "" || here == "" || b.Identity == here
		if same && b.State != Done && b.StatementSHA256 == r.p.Statement.SHA256 && r.hasLeaf(b.TableOID) {
			return &OpenError{Row: b}
		}
	}
	return nil
}

func (r *runner) hasLeaf(oid uint32) bool {
	return slices.ContainsFunc(r.p.Leaves, func(l Leaf) bool { return l.OID == oid })
}

// match makes sure that a resume goes on with the same work.
func (r *runner) match(found []Row) error {
	for _, b := range found {
		differ := func(what, was, is string) error { return &MismatchError{r.id, what, was, is} }
		if b.State == Done {
			return differ("state", string(Done), "to be resumed")
		}
		if b.StatementSHA256 != r.p.Statement.SHA256 {
			return differ("statement", "sha256 "+b.StatementSHA256[:12], r.p.Statement.SHA256[:12])
		}
		if r.o.Run.Identity != "" && b.Identity != "" && b.Identity != r.o.Run.Identity {
			return differ("database", b.Identity, r.o.Run.Identity)
		}
		l, err := r.leafOf(&b)
		if err != nil {
			return err
		}
		if !slices.Equal(b.KeyCols, l.Key.Columns) || !slices.Equal(b.KeyTypes, l.Key.Types) {
			return differ("key of "+b.Leaf, fmt.Sprint(b.KeyCols, b.KeyTypes), fmt.Sprint(l.Key.Columns, l.Key.Types))
		}
	}
	return nil
}

// reload reads the state rows again. With same set, a row whose epoch went up
// belongs to another runner now.
func (r *runner) reload(ctx context.Context, same bool) error {
	rows, err := Load(ctx, r.s.exec, r.id)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return errors.Join(&MovedError{ID: r.id, Leaf: r.p.Relation}, errors.New("its rows are gone from the ledger"))
	}
	if same {
		for _, b := range rows {
			i := slices.IndexFunc(r.rows, func(x Row) bool { return x.Leaf == b.Leaf })
			if i >= 0 && b.Epoch != r.rows[i].Epoch {
				return &MovedError{ID: r.id, Leaf: b.Leaf, Owner: b.Owner}
			}
		}
	}
	at := slices.IndexFunc(rows, func(b Row) bool { return r.row != nil && b.Leaf == r.row.Leaf })
	r.rows = rows
	if r.row = nil; at >= 0 {
		r.row = &r.rows[at]
	}
	return nil
}

// lookForLeaves is newLeaves, tried again where the connection was lost.
func (r *runner) lookForLeaves(ctx context.Context) error {
	for {
		err := r.gate(ctx)
		if err == nil {
			err = r.newLeaves(ctx)
		}
		if err == nil {
			return nil
		}
		r.undo(ctx)
		if err := r.retry(ctx, err); err != nil {
			return err
		}
	}
}

// newLeaves adds partitions that were made while it ran: rows may have been
// moved into them.
func (r *runner) newLeaves(ctx context.Context) error {
	if !r.p.partitioned {
		return nil
	}
	all, err := leaves(ctx, r.s.exec, r.p.OID)
	if err != nil {
		return err
	}
	for _, l := range all {
		if l.kind != "r" || r.hasLeaf(l.OID) {
			continue
		}
		if l.Key, _, err = keyOf(ctx, r.s.exec, l.OID, r.p.Spec.Key, r.p.Statement); err != nil {
			return err
		}
		r.p.Leaves = append(r.p.Leaves, l.Leaf)
		if err := r.addLeaf(ctx, l.Leaf); err != nil {
			return err
		}
	}
	return nil
}

func (r *runner) addLeaf(ctx context.Context, l Leaf) error {
	tx, err := r.s.exec.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return fmt.Errorf("backfill: new partition %s: %w", l.Name, err)
	}
	defer r.undo(ctx)
	if err := r.createLeaf(ctx, tx, l, r.rows[0].Epoch); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("backfill: new partition %s: %w", l.Name, err)
	}
	r.o.Tell(Event{Kind: Noted, Leaf: l.Name, Message: "a new partition: its rows are done too"})
	return r.reload(ctx, true)
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
	rows, err := q.Query(ctx, `SELECT pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint,
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

package backfill

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// create freezes the upper key of every leaf and writes the state rows, in one
// transaction.
func (k *book) create(ctx context.Context, batchRows int) error {
	if err := unfinished(ctx, k.s.exec, k.p); err != nil {
		return err
	}
	tx, err := k.s.exec.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return fmt.Errorf("backfill: create: %w", err)
	}
	defer k.s.undo(ctx)
	if k.file != nil {
		if err := k.file.Fence(ctx, tx.Conn()); err != nil {
			return err
		}
	}
	for _, l := range k.p.Leaves {
		if err := k.createLeaf(ctx, tx, l, 1, batchRows); err != nil {
			return err
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("backfill: create: %w", err)
	}
	return nil
}

func (k *book) createLeaf(ctx context.Context, tx pgx.Tx, l Leaf, epoch, batchRows int) error {
	row := Row{ID: k.id, RunID: k.run.ID, Relation: k.p.Relation, Leaf: l.Name, TableOID: l.OID,
		StatementSHA256: k.p.Statement.SHA256, KeyCols: l.Key.Columns, KeyTypes: l.Key.Types,
		BatchRows: batchRows, State: Running, Epoch: epoch}
	var err error
	if row.Upper, err = k.freezeAs(ctx, tx, newRangeSQL(k.p, l)); err != nil {
		return err
	}
	if row.Upper == nil {
		row.State = Passed
	}
	return insert(ctx, tx, row)
}

// freezeAs is freeze within a transaction, as the role that reads the rows.
func (k *book) freezeAs(ctx context.Context, tx pgx.Tx, q rangeSQL) (cursor, error) {
	if k.s.role == "" {
		return freeze(ctx, tx, q)
	}
	if err := become(ctx, tx, k.s.role, true); err != nil {
		return nil, err
	}
	upper, err := freeze(ctx, tx, q)
	if err != nil {
		return nil, err
	}
	return upper, become(ctx, tx, k.s.own, true)
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
		r.s.undo(ctx)
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
		if l.kind != "r" || r.p.hasLeaf(l.OID) {
			continue
		}
		if l.Key, _, err = keyOf(ctx, r.s.exec, l.OID, r.p.Spec.Key, r.p.Statement); err != nil {
			return err
		}
		r.p.Leaves = append(r.p.Leaves, l.Leaf)
		if err := r.addLeaf(ctx, l.Leaf, r.size.rows); err != nil {
			return err
		}
		r.o.Tell(Event{Kind: Noted, Leaf: l.Name, Message: "a new partition: its rows are done too"})
	}
	return nil
}

func (k *book) addLeaf(ctx context.Context, l Leaf, batchRows int) error {
	tx, err := k.s.exec.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return fmt.Errorf("backfill: new partition %s: %w", l.Name, err)
	}
	defer k.s.undo(ctx)
	if err := k.createLeaf(ctx, tx, l, k.rows[0].Epoch, batchRows); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("backfill: new partition %s: %w", l.Name, err)
	}
	return k.reload(ctx, true)
}

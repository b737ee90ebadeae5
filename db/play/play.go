// Package play runs a statement for the sake of what it does: inside a
// transaction that is rolled back it reads which relations were locked, which
// got a new relfilenode and which were read from end to end. It takes the real
// locks, so it is for rehearsals and tests, never for production.
package play

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"belay/sqlview/effect"
	"belay/sqlview/lock"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Observation is what one statement was seen to do.
type Observation struct {
	// Code is the SQLSTATE where the server refused it; the rest is then empty.
	// 25001 = it cannot run inside a transaction.
	Code, Message string
	// Locks are those on relations that were there before, in the order of their
	// names, which are "schema.name".
	Locks []effect.On
	// Rewrites are tables and materialized views with a new relfilenode,
	// Rebuilds indexes with one.
	Rewrites, Rebuilds []string
	// Scans are relations of which rows were read without an index. An empty
	// relation is never among them.
	Scans []string
}

// Observe runs sql in a transaction of conn and rolls it back. conn must not be
// in a transaction. An error is one of the connection or of our own queries,
// not of the statement.
func Observe(ctx context.Context, conn *pgx.Conn, sql string) (Observation, error) {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return Observation{}, fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	before, err := relations(ctx, tx)
	if err != nil {
		return Observation{}, err
	}
	if _, err := tx.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		var refused *pgconn.PgError
		if errors.As(err, &refused) {
			return Observation{Code: refused.Code, Message: refused.Message}, nil
		}
		return Observation{}, fmt.Errorf("run the statement: %w", err)
	}
	return compare(ctx, tx, before)
}

// relation is one entry of pg_class with what this transaction did to it.
type relation struct {
	OID, File uint32
	Name      string
	Kind      string
	Scans     int64 // rows read without an index
}

func relations(ctx context.Context, tx pgx.Tx) (map[uint32]relation, error) {
	rows, err := tx.Query(ctx, `
		SELECT c.oid, c.relfilenode, n.nspname || '.' || c.relname, c.relkind::text, COALESCE(s.seq_tup_read, 0)
		FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_catalog.pg_stat_xact_all_tables s ON s.relid = c.oid
		WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`)
	if err != nil {
		return nil, fmt.Errorf("read pg_class: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[relation])
	if err != nil {
		return nil, fmt.Errorf("read pg_class: %w", err)
	}
	all := make(map[uint32]relation, len(list))
	for _, r := range list {
		all[r.OID] = r
	}
	return all, nil
}

// compare reads the transaction's locks and holds pg_class against before.
func compare(ctx context.Context, tx pgx.Tx, before map[uint32]relation) (Observation, error) {
	modes, err := locks(ctx, tx)
	if err != nil {
		return Observation{}, err
	}
	after, err := relations(ctx, tx)
	if err != nil {
		return Observation{}, err
	}
	var o Observation
	for _, oid := range slices.SortedFunc(maps.Keys(before), func(a, b uint32) int {
		return compareNames(before[a], before[b])
	}) {
		was, is := before[oid], after[oid]
		if m := modes[oid]; m != lock.None {
			o.Locks = append(o.Locks, effect.On{Relation: was.Name, Mode: m})
		}
		if is.Scans > was.Scans {
			o.Scans = append(o.Scans, was.Name)
		}
		if is.OID == 0 || is.File == was.File {
			continue
		}
		switch was.Kind {
		case "r", "m":
			o.Rewrites = append(o.Rewrites, was.Name)
		case "i":
			o.Rebuilds = append(o.Rebuilds, was.Name)
		}
	}
	return o, nil
}

func compareNames(a, b relation) int {
	if a.Name < b.Name {
		return -1
	}
	return 1
}

func locks(ctx context.Context, tx pgx.Tx) (map[uint32]lock.Mode, error) {
	rows, err := tx.Query(ctx, `
		SELECT relation, mode FROM pg_catalog.pg_locks
		WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' AND granted
		AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`)
	if err != nil {
		return nil, fmt.Errorf("read pg_locks: %w", err)
	}
	modes := map[uint32]lock.Mode{}
	var oid uint32
	var mode string
	_, err = pgx.ForEachRow(rows, []any{&oid, &mode}, func() error {
		modes[oid] = max(modes[oid], lock.FromPgLocks(mode))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read pg_locks: %w", err)
	}
	return modes, nil
}

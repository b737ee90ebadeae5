package probe

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/sqlview/measure"
)

// askSQL asks on a connection of its own, in a READ ONLY transaction, and under
// a statement_timeout. The statement travels as one, so that it cannot end the
// transaction and write behind it.
func (p Probe) askSQL(ctx context.Context, w Where) (said, problem string) {
	c, err := db.Connect(ctx, w.DB, db.Session{
		Kind: db.Monitor, Run: w.Run,
		Settings: []db.Setting{{Name: "statement_timeout", Want: strconv.FormatInt(p.Limit.Milliseconds(), 10)}},
	})
	if err != nil {
		message, _ := db.Explain(err)
		return "not connected", message
	}
	defer c.Close()
	err = pgx.BeginTxFunc(ctx, c.Conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if w.Role != "" {
			if _, err := tx.Exec(ctx, "SELECT pg_catalog.set_config('role', $1, true)", w.Role); err != nil {
				return err
			}
		}
		team, args := c.TeamSQL(db.ForTransaction)
		if _, err := tx.Exec(ctx, team, args...); err != nil {
			return err
		}
		said, problem, err = first(ctx, tx, p.Text)
		return err
	})
	if err != nil {
		message, _ := db.Explain(err)
		return "error", message
	}
	return said, problem
}

// first judges the first row.
func first(ctx context.Context, tx pgx.Tx, sql string) (said, problem string, err error) {
	rows, err := tx.Query(ctx, sql, pgx.QueryExecModeExec)
	if err != nil {
		return "", "", err
	}
	defer rows.Close()
	n := 0
	var lead any
	for rows.Next() {
		if n++; n == 1 {
			values, err := rows.Values()
			if err != nil {
				return "", "", err
			}
			if len(values) > 0 {
				lead = values[0]
			}
		}
	}
	said = measure.Plural(n, "row")
	switch {
	case rows.Err() != nil:
		return "", "", rows.Err()
	case n == 0:
		return said, "it found no row", nil
	case lead == false:
		return "false", "it says false", nil
	}
	return said, "", nil
}

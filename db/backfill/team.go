package backfill

import (
	"context"

	"belay/db"
	"belay/db/throttle"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Whatever holds an expression of the statement is read by the server as the
// team's tool would have it read: under the team's search_path, DateStyle and so
// on. What belay writes into it names the schema of each type and operator.

// hiding is an error instead of rows that a policy leaves out.
var hiding = db.Setting{Name: "row_security", Want: "off"}

// keyText has the key's columns come as text that every session reads alike.
var keyText = []db.Setting{hiding, {Name: "DateStyle", Want: "ISO, MDY"}, {Name: "IntervalStyle", Want: "postgres"},
	{Name: "extra_float_digits", Want: "3"}, {Name: "bytea_output", Want: "hex"}}

// queueTeam has the rest of a transaction go on with the team's settings, but for own.
func queueTeam(b *pgx.Batch, c *db.Conn, own ...db.Setting) {
	sql, args := c.TeamSQL(db.ForTransaction, own...)
	b.Queue(sql, args...)
}

// queuePins has it go on with belay's own.
func queuePins(b *pgx.Batch, c *db.Conn) {
	sql, args := c.PinSQL(db.ForTransaction)
	b.Queue(sql, args...)
}

// execTeam runs a statement with the team's settings. Inside a transaction they
// stay in force.
func execTeam(ctx context.Context, c *db.Conn, sql string, args ...any) (tag pgconn.CommandTag, err error) {
	var b pgx.Batch
	queueTeam(&b, c, hiding)
	b.Queue(sql, args...).Exec(func(t pgconn.CommandTag) error { tag = t; return nil })
	return tag, c.SendAll(ctx, &b)
}

// one is execTeam for one row; pgx.ErrNoRows = there is none.
func one(ctx context.Context, c *db.Conn, into []any, sql string, args ...any) error {
	var b pgx.Batch
	queueTeam(&b, c, hiding)
	b.Queue(sql, args...).QueryRow(func(r pgx.Row) error { return r.Scan(into...) })
	return c.SendAll(ctx, &b)
}

// queryTeam is execTeam for rows: scan reads them.
func queryTeam(ctx context.Context, c *db.Conn, own []db.Setting, scan func(pgx.Rows) error, sql string,
	args ...any) error {
	var b pgx.Batch
	queueTeam(&b, c, own...)
	b.Queue(sql, args...).Query(scan)
	return c.SendAll(ctx, &b)
}

// team asks what the team wrote into [throttle].
func team(c *db.Conn) func(context.Context, func(throttle.Querier) error) error {
	return func(ctx context.Context, ask func(throttle.Querier) error) error {
		return c.AsTeam(ctx, pgx.ReadOnly, func(tx pgx.Tx) error { return ask(tx) })
	}
}

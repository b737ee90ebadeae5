package apply

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"belay/db/trust"
)

// keepHistory takes a lock on the history table for the whole transaction, as its row
// will, and judges the table again under it. What another role has put there since the
// look, such as a trigger, would run with our rights; behind the lock nobody can put
// anything there.
func (t *attempt) keepHistory(ctx context.Context) (ending, bool) {
	table := t.u.History
	if len(t.block.writes) == 0 || table.Name == "" {
		return ending{}, true
	}
	calls := `select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true), pg_catalog.set_config('lock_timeout', $1, true)`
	args := []string{guc(t.guard.lock)}
	if t.u.Role != "" {
		calls, args = calls+`, pg_catalog.set_config('role', $2, true)`, append(args, t.u.Role)
	}
	own := Statement{Kind: "history table"}
	for _, sql := range []string{calls, "lock table " + table.quoted() + " in row exclusive mode"} {
		if _, err := ask(ctx, t.s.conn, sql, args...); err != nil {
			return t.failed(own, answer{err: err}), false
		}
		args = nil
	}
	all, err := trust.Table(ctx, t.s.conn, table.Schema, table.Name)
	if err == nil && all.Others() {
		all, err = t.s.keepAlone(ctx, table)
	}
	if err != nil {
		return t.failed(own, answer{err: err}), false
	}
	if err := all.Write(); err != nil {
		return ending{outcome: NotApplied, reason: Refused, err: fmt.Errorf("since belay looked: %w", err)}, false
	}
	return ending{}, true
}

// keepAlone keeps the owner of a table that is another's from letting a table inherit from
// it, whose triggers an UPDATE or DELETE would fire, and judges it once more. Who may
// neither update nor delete reaches no such table, and gets no such lock either.
func (s session) keepAlone(ctx context.Context, t Table) (trust.Faults, error) {
	got, err := ask(ctx, s.conn, "select pg_catalog.has_table_privilege($1, 'UPDATE, DELETE, TRUNCATE')", t.quoted())
	if err == nil && got[0][0] == "t" {
		_, err = ask(ctx, s.conn, "lock table "+t.quoted()+" in share update exclusive mode")
	}
	if err != nil {
		return nil, err
	}
	return trust.Table(ctx, s.conn, t.Schema, t.Name)
}

// Table names a table by its schema and its own name, both unquoted. The zero value is
// none.
type Table struct{ Schema, Name string }

func (t Table) quoted() string { return pgx.Identifier{t.Schema, t.Name}.Sanitize() }

package backfill

import (
	"context"
	"errors"
	"fmt"

	"belay/db"

	"github.com/jackc/pgx/v5"
)

// RoleError says that the session cannot work as the role that was asked for.
type RoleError struct {
	Role string
	Err  error
}

// Error is one line.
func (e *RoleError) Error() string {
	return fmt.Sprintf("backfill: role %s: %s", e.Role, message(e.Err))
}

// Hint is what to do now.
func (e *RoleError) Hint() string { return db.RoleHint }

func (e *RoleError) Unwrap() error { return e.Err }

// roleSQL sets the role, for the transaction where $2 is true, and reads it back.
const roleSQL = `SELECT pg_catalog.set_config('role', $1, $2)`

// as does something as a role, outside of a transaction, and takes the session's
// own again; "" = as it is. A connection that would keep the role is closed.
func as(ctx context.Context, c *db.Conn, role string, do func() error) error {
	if role == "" {
		return do()
	}
	own, err := ownRole(ctx, c)
	if err == nil {
		err = become(ctx, c, role, false)
	}
	if err != nil {
		return err
	}
	err = do()
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	if c.PgConn().TxStatus() != 'I' {
		_, _ = c.Exec(limited, "ROLLBACK")
	}
	if back := become(limited, c, own, false); back != nil && !c.IsClosed() {
		_ = c.Close()
		err = errors.Join(err, back)
	}
	return err
}

// rower is what a connection and a transaction of pgx have in common.
type rower interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// ownRole is the session's role as a setting: "none" where it has set none.
func ownRole(ctx context.Context, q rower) (role string, err error) {
	if err = q.QueryRow(ctx, `SELECT pg_catalog.current_setting('role')`).Scan(&role); err != nil {
		return "", fmt.Errorf("backfill: the session's role: %w", err)
	}
	return role, nil
}

// become sets the role and reads it back.
func become(ctx context.Context, q rower, role string, local bool) error {
	return became(q.QueryRow(ctx, roleSQL, role, local), role)
}

func became(row pgx.Row, role string) error {
	var is string
	switch err := row.Scan(&is); {
	case err != nil && db.Decided(err):
		return &RoleError{Role: role, Err: err}
	case err != nil:
		return err
	case is != role:
		return &RoleError{Role: role, Err: fmt.Errorf("the server keeps the role %s", is)}
	}
	return nil
}

// asOwn has a transaction go on as the session's own role, which reads the ledger.
func (s *sessions) asOwn(ctx context.Context) {
	if s.role != "" {
		_ = become(ctx, s.exec, s.own, true) // what is read then only says who
	}
}

// queueOwn has a transaction go on as the session's own role with belay's own
// settings, queueTheirs as the statement's with the team's.
func (s *sessions) queueOwn(b *pgx.Batch) {
	s.queueRole(b, s.own)
	queuePins(b, s.exec)
}

func (s *sessions) queueTheirs(b *pgx.Batch) {
	s.queueRole(b, s.role)
	queueTeam(b, s.exec, hiding)
}

// queueRole has a batch of statements go on as a role; "" = it changes nothing.
func (s *sessions) queueRole(b *pgx.Batch, role string) {
	if s.role != "" {
		b.Queue(roleSQL, role, true).QueryRow(func(row pgx.Row) error { return became(row, role) })
	}
}

package db

import (
	"context"
	"fmt"
	"time"

	"belay/sqlview/activity"
)

// End asks the server to end a session in a way: the backend that was seen, in the
// transaction it was seen in; where it was in none, in the state it was in. It reports
// whether there still was such a one: false = nothing was sent. That it was sent does
// not mean that it helped. A role that may not is a *pgconn.PgError of 42501.
//
// The conditions stand beside the signal in one statement, so that a pid that was
// given out again, and a later transaction of the same session, are left alone.
func End(ctx context.Context, c *Conn, s activity.Session, w activity.Way) (sent bool, err error) {
	signal := "pg_catalog.pg_cancel_backend(a.pid)"
	conditions := " AND a.state = 'active'"
	if w == activity.Terminate {
		signal, conditions = "pg_catalog.pg_terminate_backend(a.pid)", ""
	}
	if s.TransactionStart.IsZero() {
		conditions = " AND a.state IS NOT DISTINCT FROM nullif($4, '') AND a.query_start IS NOT DISTINCT FROM $5"
	}
	args := []any{s.PID, s.BackendStart, moment(s.TransactionStart)}
	if s.TransactionStart.IsZero() {
		args = append(args, s.State, moment(s.StatementStart))
	}
	err = c.QueryRow(ctx, `SELECT coalesce(pg_catalog.bool_or(`+signal+`), false) FROM pg_catalog.pg_stat_activity a
		WHERE a.pid = $1 AND a.backend_start = $2 AND a.xact_start IS NOT DISTINCT FROM $3`+conditions, args...).Scan(&sent)
	if err != nil {
		return false, fmt.Errorf("%s: %w", s.Consent(w), err)
	}
	return sent, nil
}

// moment is a time as a parameter; nil = none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// signalAutovacuum is the first major version with pg_signal_autovacuum_worker.
const signalAutovacuum = 18

// MayEnd says what lets this session's role end the other, as a sentence with its SQL.
func MayEnd(ctx context.Context, c *Conn, s activity.Session) (string, error) {
	var me string
	var super bool
	err := c.QueryRow(ctx,
		`SELECT pg_catalog.quote_ident(current_user::text), coalesce((SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = $1), false)`, s.User).Scan(&me, &super)
	switch {
	case err != nil:
		return "", fmt.Errorf("rights to end a session: %w", err)
	case super:
		return "only a superuser may end a superuser's session", nil
	case s.BackendType != "client backend" && s.User == "" && c.ServerMajor() >= signalAutovacuum:
		return "let a superuser run: GRANT pg_signal_autovacuum_worker TO " + me, nil
	case s.User == "":
		return "before PostgreSQL 18 only a superuser may end an autovacuum", nil
	}
	return "let a superuser run: GRANT pg_signal_backend TO " + me, nil
}

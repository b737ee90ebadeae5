package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// noRole is how the server spells that a session has taken no role.
const noRole = "none"

// RoleHint is what to do where a login may not take a role. Whether a GRANT helps, and
// which, depends on what the role may do beyond its tables, and doctor looks at that.
const RoleHint = "`belay doctor` says what gives this role to the login; or name another role for the target in " +
	"belay.toml"

// RoleError says that a session may not take a role.
type RoleError struct {
	// Role is what was asked for, Login who asked.
	Role, Login string
	Err         error
}

func (e *RoleError) Error() string {
	m, _ := Explain(e.Err)
	return fmt.Sprintf("role %q may not take role %q: %s", e.Login, e.Role, m)
}

// Hint is what to do now.
func (e *RoleError) Hint() string { return RoleHint }

// Unwrap gives the server's error.
func (e *RoleError) Unwrap() error { return e.Err }

const selfSQL = `SELECT pg_catalog.current_setting('role'), pg_catalog.pg_backend_pid(), s.backend_start
	FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) s`

// meet learns as what the session begins, and which backend has it. A login may
// begin with another's role: ALTER ROLE … SET role, options of the DSN. As such it
// does not see what its own sessions do, and cannot cancel them. So the helpers
// take the login's own rights, and another's only for as long as [Conn.As] says.
// An executor stays what the team's tool would be.
func (c *Conn) meet(ctx context.Context) error {
	role := c.began
	if role == noRole {
		return nil
	}
	c.Role, c.acting = role, role
	if err := c.become(ctx, ""); err != nil {
		return err
	}
	if err := c.self(ctx); err != nil || c.Session.Kind != Executor {
		return err
	}
	return c.become(ctx, role)
}

// self asks for the session's role and keeps pid and start of the backend; a role does
// not see the start of another's session.
func (c *Conn) self(ctx context.Context) error { return c.scanSelf(c.QueryRow(ctx, selfSQL)) }

func (c *Conn) scanSelf(r pgx.Row) error {
	var start *time.Time
	if err := r.Scan(&c.began, &c.Backend, &start); err != nil {
		return fmt.Errorf("the session's own backend: %w", err)
	}
	if start != nil {
		c.Started = start.UTC()
	}
	return nil
}

// As runs f with the rights of a role, and takes those that the session had again;
// "" = the login's own. Call it outside a transaction. A connection that would keep
// the role is closed. The error is a *RoleError where the login may not take it.
func (c *Conn) As(ctx context.Context, role string, f func() error) error {
	before := c.acting
	if role == before {
		return f()
	}
	if err := c.become(ctx, role); err != nil {
		return err
	}
	err := f()
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), Slack)
	defer cancel()
	if c.IsClosed() {
		return err
	}
	if kept := c.become(back, before); kept != nil {
		return errors.Join(err, kept, c.Close())
	}
	return err
}

// Become takes a role for as long as the session lives; "" = the login's own rights.
func (c *Conn) Become(ctx context.Context, role string) error {
	if role == c.acting {
		return nil
	}
	return c.become(ctx, role)
}

// become takes a role for the session and reads it back.
func (c *Conn) become(ctx context.Context, role string) error {
	want := role
	if want == "" {
		want = noRole
	}
	var is string
	if err := c.QueryRow(ctx, `SELECT pg_catalog.set_config('role', $1, false)`, want).Scan(&is); err != nil {
		return &RoleError{Role: want, Login: c.Config().User, Err: err}
	}
	if is != want {
		return &RoleError{Role: want, Login: c.Config().User, Err: fmt.Errorf("the server keeps the role %q", is)}
	}
	c.acting = role
	return nil
}

// MayTake reports whether the login may become a role, and whether it has the
// role's rights without.
func (c *Conn) MayTake(ctx context.Context, role string) (may, inherits bool, err error) {
	kind := "MEMBER"
	if c.ServerMajor() >= 16 {
		kind = "SET"
	}
	err = c.QueryRow(ctx, `SELECT coalesce(pg_catalog.bool_or(pg_catalog.pg_has_role(session_user, r.oid, $2)), false),
		coalesce(pg_catalog.bool_or(pg_catalog.pg_has_role(session_user, r.oid, 'USAGE')), false)
		FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) $1`, role, kind).Scan(&may, &inherits)
	if err != nil {
		return false, false, fmt.Errorf("role %q: %w", role, err)
	}
	return may, inherits, nil
}

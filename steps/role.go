package steps

import (
	"cmp"
	"context"

	"belay/db"
	"belay/steps/project"
)

// Roles are as whom belay works on a database.
type Roles struct {
	// Acts is who the statements of a migration run as: the target's role of
	// belay.toml, else the one that the session itself begins as; "" = the login.
	Acts string
	// Reads is Acts where the login may take it: as whom the tool's history is read.
	// "" = the login.
	Reads string
	// Instead is Reads for what the login does by itself, where it has none of the
	// role's rights without taking it; "" = it has them.
	Instead string
}

// RolesOf asks as whom the session began, and what it may be.
func RolesOf(ctx context.Context, c *db.Conn, p *project.Project) (Roles, error) {
	r := Roles{Acts: cmp.Or(p.Target.Role, c.Role)}
	if r.Acts == "" {
		return r, nil
	}
	may, inherits, err := c.MayTake(ctx, r.Acts)
	if may {
		r.Reads = r.Acts
		if !inherits {
			r.Instead = r.Acts
		}
	}
	return r, err
}

// As runs f on the monitor with the rights of a role; "" = the login's.
func (s *Sessions) As(ctx context.Context, role string, f func(*db.Conn) error) error {
	return s.Monitor(ctx, func(c *db.Conn) error { return c.As(ctx, role, func() error { return f(c) }) })
}

// Own runs f on the monitor as whom a session begins: what belay keeps in the
// database is that one's.
func (s *Sessions) Own(ctx context.Context, f func(*db.Conn) error) error {
	return s.Monitor(ctx, func(c *db.Conn) error { return c.As(ctx, c.Role, func() error { return f(c) }) })
}

// AsTool runs f on a connection as who the statements of a migration would run,
// where the login may be that one, else as the login.
func AsTool(ctx context.Context, c *db.Conn, p *project.Project, f func() error) error {
	r, err := RolesOf(ctx, c, p)
	if err != nil {
		return err
	}
	return c.As(ctx, r.Reads, f)
}

package inspect

import (
	"context"
	"fmt"
	"strings"

	"belay/db"
	"belay/sqlview/measure"
)

// Connections is how many more sessions fit.
type Connections struct {
	Max      int `json:"max"`
	Reserved int `json:"reserved"` // for superusers, and on 16 and later pg_use_reserved_connections
	Used     int `json:"used"`
	// DatabaseLimit and RoleLimit are CONNECTION LIMIT; -1 = none, as for a superuser.
	DatabaseLimit int `json:"database_limit"`
	DatabaseUsed  int `json:"database_used"`
	RoleLimit     int `json:"role_limit"`
	RoleUsed      int `json:"role_used"`
	// Database and Login are whose limits they are. A Superuser may have what is
	// reserved.
	Database  string `json:"database"`
	Login     string `json:"login"`
	Superuser bool   `json:"superuser"`
}

// Free is how many sessions a plain role can still open: the least that one of
// the three limits leaves, never below 0.
func (c Connections) Free() int {
	free := c.Max - c.Reserved - c.Used
	if c.DatabaseLimit >= 0 {
		free = min(free, c.DatabaseLimit-c.DatabaseUsed)
	}
	if c.RoleLimit >= 0 {
		free = min(free, c.RoleLimit-c.RoleUsed)
	}
	return max(free, 0)
}

// Shortage says which limit leaves too few sessions, and what to do about it.
type Shortage struct{ Problem, Advice string }

// Short reports which limit leaves less than need sessions; nil = none does. The
// session that looked is given back before, so it counts as free.
func (c Connections) Short(need int) *Shortage {
	const own = 1
	server := c.Max - c.Reserved
	if c.Superuser {
		server = c.Max
	}
	fits := func(limit, used int) bool { return limit < 0 || limit-(used-own) >= need }
	switch {
	case !fits(c.RoleLimit, c.RoleUsed):
		return &Shortage{
			Problem: fmt.Sprintf("role %s may have %s (rolconnlimit)%s", c.Login,
				measure.Plural(c.RoleLimit, "connection"), taken(c.RoleUsed-own)),
			Advice: fmt.Sprintf("ALTER ROLE %s CONNECTION LIMIT %d", quote(c.Login), c.RoleUsed-own+need),
		}
	case !fits(c.DatabaseLimit, c.DatabaseUsed):
		return &Shortage{
			Problem: fmt.Sprintf("database %s may have %s (datconnlimit)%s", c.Database,
				measure.Plural(c.DatabaseLimit, "connection"), taken(c.DatabaseUsed-own)),
			Advice: fmt.Sprintf("ALTER DATABASE %s CONNECTION LIMIT %d", quote(c.Database), c.DatabaseUsed-own+need),
		}
	case !fits(server, c.Used):
		return &Shortage{
			Problem: fmt.Sprintf("the server may have %s (max_connections), %d are reserved%s",
				measure.Plural(c.Max, "connection"), c.Reserved, taken(c.Used-own)),
			Advice: "wait, or have sessions ended that do nothing: SELECT pid, usename, application_name, " +
				"state_change FROM pg_stat_activity WHERE state = 'idle' ORDER BY state_change",
		}
	}
	return nil
}

func taken(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ", 1 is taken"
	}
	return fmt.Sprintf(", %d are taken", n)
}

// ReadConnections reads how many more sessions fit.
func ReadConnections(ctx context.Context, c *db.Conn) (Connections, error) {
	var f Facts
	err := readOnly(ctx, c, version{Version: c.ServerMajor()}, []read{{"facts_server", f.server, []any{""}}})
	if err != nil {
		return Connections{}, fmt.Errorf("connections of %s: %w", strings.TrimSpace(c.Target), err)
	}
	return f.Connections, nil
}

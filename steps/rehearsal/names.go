package rehearsal

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/db/scratch"
)

// StrangeError says that a dump or a server holds what would lead beyond what a
// rehearsal gives to anybody. None of its code has run.
type StrangeError struct {
	// What is what was met, such as a role; Problem what is wrong with it.
	What, Problem string
}

func (e *StrangeError) Error() string { return e.What + " " + e.Problem }

// Hint says what to do now.
func (e *StrangeError) Hint() string {
	return "ask who made it, and why; a rehearsal without it is `belay rehearse --on DSN` on a server of your own"
}

// ownPrefix is what the names of a throwaway cluster's own roles begin with. A role of
// somebody else's that has it is meant to be taken for one of them.
const ownPrefix = "belay_throwaway_"

// tame are the predefined roles whose rights stay within the server's own data.
var tame = []string{
	"pg_monitor", "pg_read_all_settings", "pg_read_all_stats", "pg_stat_scan_tables", "pg_read_all_data",
	"pg_write_all_data", "pg_signal_backend", "pg_maintain", "pg_checkpoint",
}

// check holds every name against what may be made or granted. It believes nobody: the
// names come from a dump's text or from a server that may lie.
func (r Rights) check() error {
	for _, x := range r.Roles {
		if err := strange(x.Name); err != nil {
			return err
		}
	}
	for _, m := range r.Members {
		if err := strange(m.Member); err != nil {
			return err
		}
		if err := strange(m.Role); err != nil && !slices.Contains(tame, m.Role) {
			return err
		}
	}
	for _, name := range []string{r.Login, r.Acts, r.Owner, r.First} {
		// Nothing is made for a reserved name: it stays without rights.
		if strings.HasPrefix(name, ownPrefix) {
			return strange(name)
		}
	}
	return nil
}

func strange(name string) error {
	switch {
	case strings.HasPrefix(name, ownPrefix):
		return &StrangeError{"role " + name, "has a name of belay's own, as if to be taken for a superuser of a " +
			"throwaway cluster"}
	case strings.HasPrefix(name, "pg_"):
		return &StrangeError{"role " + name, "has a name that only PostgreSQL's own roles have, and is said to be " +
			"somebody's"}
	}
	return nil
}

// made are the rights of the roles that were made here, without those of all others: a
// role that was there before, or that the server refused, is given to nobody.
// The role of the migration is one that must be.
func (r Rights) made(names map[string]bool) (Rights, error) {
	out := r
	out.Roles, out.Members, out.Grants = nil, nil, nil
	for _, x := range r.Roles {
		if names[x.Name] {
			out.Roles = append(out.Roles, x)
		}
	}
	for _, m := range r.Members {
		if names[m.Member] && (names[m.Role] || slices.Contains(tame, m.Role)) {
			out.Members = append(out.Members, m)
		}
	}
	if r.Grants != nil {
		out.Grants = []Grant{}
	}
	for _, g := range r.Grants {
		if g.Role == "" || names[g.Role] {
			out.Grants = append(out.Grants, g)
		}
	}
	if !names[r.Owner] {
		out.Owner = ""
	}
	if r.Login != "" && !names[r.Login] {
		return out, &StrangeError{"role " + r.Login, "cannot be made here, and the migration is to run as it"}
	}
	return out, nil
}

// mightySQL finds roles with attributes that reach the machine, or from which they can
// be had. From 16 on who may create roles gives nobody more than he has.
const mightySQL = `SELECT rolname::text, rolcreaterole AND NOT (rolsuper OR rolreplication)
FROM pg_catalog.pg_roles WHERE rolname <> $1 AND (rolsuper OR rolreplication OR rolcreaterole) ORDER BY 1`

const edgesSQL = `SELECT r.rolname::text, m.rolname::text FROM pg_catalog.pg_auth_members a
JOIN pg_catalog.pg_roles r ON r.oid = a.roleid JOIN pg_catalog.pg_roles m ON m.oid = a.member
WHERE m.rolname <> $1 ORDER BY 1, 2`

// sealed reads back who has which rights, and is an error where anybody has more than
// was meant. It is to be asked before anything of a dump is there.
func (f *founder) sealed(ctx context.Context) error {
	type attributes struct {
		Name    string
		Creates bool
	}
	type edge struct{ Role, Member string }
	mighty, err := collect[attributes](ctx, f.conn, mightySQL)
	if err != nil {
		return err
	}
	for _, x := range mighty {
		meant := slices.ContainsFunc(f.rights.Roles, func(o Role) bool {
			return o.Name == x.Name && (o.CreateRole || o.Super)
		})
		if !x.Creates || !meant || f.major < 16 {
			return &StrangeError{"role " + x.Name, "came to have rights in the rehearsal that nobody was to have"}
		}
	}
	edges, err := collect[edge](ctx, f.conn, edgesSQL)
	if err != nil {
		return err
	}
	for _, e := range edges {
		if e.Role == scratch.PrivateSuperuser ||
			strings.HasPrefix(e.Role, "pg_") && !slices.Contains(tame, e.Role) {
			return &StrangeError{"role " + e.Member, "came to be a member of " + e.Role + " in the rehearsal"}
		}
	}
	return nil
}

func collect[T any](ctx context.Context, conn *pgx.Conn, sql string) ([]T, error) {
	rows, err := conn.Query(ctx, sql, scratch.PrivateSuperuser)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}

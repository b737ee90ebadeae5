package rehearsal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/inspect"
)

// Role is one of the target's, as it is made on a throwaway cluster: with its rights
// within a database, and without those that reach the machine.
type Role struct {
	Name string
	// Super is a superuser there. Here it is a member of all the others, which
	// gives it what they own.
	Super                                    bool
	Inherit, CreateRole, CreateDB, BypassRLS bool
}

// Member is who has the rights of a role. Inherit and Set count from 16 on.
type Member struct {
	Role, Member        string
	Admin, Inherit, Set bool
}

// Rights are who may do what on the target, but for what a dump of it holds.
type Rights struct {
	Roles   []Role
	Members []Member
	// Login is as whom the migration logs in, Acts the role that it takes; "" = it
	// takes none.
	Login, Acts string
	// Mighty is true where that role's rights reach beyond the database: a
	// rehearsal cannot give them.
	Mighty bool
	// Owner is the database's, First the server's first superuser, who owns the
	// schema public up to PostgreSQL 14.
	Owner, First string
	// Grants are the rights to the database; nil = the server's own defaults.
	Grants []Grant
}

// Grant is a right to the database. Role "" = everybody.
type Grant struct{ Role, Right string }

const rolesSQL = `select rolname::text, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolbypassrls
from pg_catalog.pg_roles where rolname !~ '^pg_' order by 1 limit 1000`

// membersSQL takes the options that memberships have from 16 on, and gives those in
// tame roles too.
const membersSQL = `select r.rolname::text, m.rolname::text, pg_catalog.bool_or(a.admin_option), %s
from pg_catalog.pg_auth_members a join pg_catalog.pg_roles r on r.oid = a.roleid join pg_catalog.pg_roles m on m.oid = a.member
where (r.rolname !~ '^pg_' or r.rolname = any ($1::name[])) and m.rolname !~ '^pg_' group by 1, 2 order by 1, 2 limit 10000`

const databaseSQL = `select pg_catalog.pg_get_userbyid(d.datdba)::text, pg_catalog.pg_get_userbyid(10)::text, d.datacl is not null, session_user::text,
	coalesce((select ` + "%s" + ` from pg_catalog.pg_roles r where r.rolname = case when $1 = '' then session_user else $1::name end), false)
from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()`

const grantsSQL = `select coalesce(r.rolname, '')::text, x.privilege_type from pg_catalog.pg_database d
cross join lateral pg_catalog.aclexplode(d.datacl) x left join pg_catalog.pg_roles r on r.oid = x.grantee
where d.datname = pg_catalog.current_database() and (x.grantee = 0 or r.oid is not null) order by 1, 2`

// readRights reads who may do what; acts is the role that the migration takes.
func readRights(ctx context.Context, c *db.Conn, acts string) (Rights, error) {
	r := Rights{Acts: acts}
	granted := false
	err := c.QueryRow(ctx, fmt.Sprintf(databaseSQL, inspect.MightySQL("r.oid")), acts).Scan(&r.Owner, &r.First,
		&granted, &r.Login, &r.Mighty)
	if err != nil {
		return r, fmt.Errorf("rights to the database: %w", err)
	}
	if r.Roles, err = readAll[Role](ctx, c, rolesSQL); err != nil {
		return r, fmt.Errorf("roles: %w", err)
	}
	options := "true, true"
	if c.ServerMajor() >= 16 {
		options = "pg_catalog.bool_or(a.inherit_option), pg_catalog.bool_or(a.set_option)"
	}
	if r.Members, err = readAll[Member](ctx, c, fmt.Sprintf(membersSQL, options), tame); err != nil {
		return r, fmt.Errorf("members of roles: %w", err)
	}
	if granted {
		if r.Grants, err = readAll[Grant](ctx, c, grantsSQL); err != nil {
			return r, fmt.Errorf("rights to the database: %w", err)
		}
	}
	return r, nil
}

func readAll[T any](ctx context.Context, c *db.Conn, sql string, args ...any) ([]T, error) {
	rows, err := c.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}

// ofDump are the rights that can be had of a dump alone: its owners.
func ofDump(owners []string, acts string) Rights {
	r := Rights{Acts: acts, Mighty: true}
	for _, name := range append(owners, acts) {
		if name != "" && !strings.HasPrefix(name, "pg_") &&
			!slices.ContainsFunc(r.Roles, func(x Role) bool { return x.Name == name }) {
			r.Roles = append(r.Roles, Role{Name: name, Inherit: true})
		}
	}
	return r
}

// create makes the role on a server of a major version. None is given what reaches
// the machine. Up to 15, whoever may create roles may give himself a role that does.
func (x Role) create(major int) string {
	sql := "CREATE ROLE " + quoted(x.Name) + " NOSUPERUSER NOREPLICATION NOLOGIN INHERIT"
	for _, o := range []struct {
		on   bool
		word string
	}{
		{x.CreateDB || x.Super, "CREATEDB"}, {x.BypassRLS || x.Super, "BYPASSRLS"},
		{(x.CreateRole || x.Super) && major >= 16, "CREATEROLE"},
	} {
		if o.on {
			sql += " " + o.word
		} else {
			sql += " NO" + o.word
		}
	}
	return sql
}

// grants are the memberships on a server of a major version.
func (r Rights) grants(major int) []string {
	var all []string
	for _, m := range r.Members {
		sql := "GRANT " + quoted(m.Role) + " TO " + quoted(m.Member)
		switch {
		case major >= 16:
			sql += fmt.Sprintf(" WITH ADMIN %t, INHERIT %t, SET %t", m.Admin, m.Inherit, m.Set)
		case m.Admin:
			sql += " WITH ADMIN OPTION"
		}
		all = append(all, sql)
	}
	return all
}

// borrowed are the memberships that stand for a superuser's rights: of each role
// that the migration may be, in each other one. One that would lead in a circle is
// refused by the server, and is there the other way round.
func (r Rights) borrowed() []string {
	var all []string
	for _, x := range r.Roles {
		if !x.Super || x.Name != r.Login && x.Name != r.Acts {
			continue
		}
		for _, other := range r.Roles {
			if other.Name != x.Name {
				all = append(all, "GRANT "+quoted(other.Name)+" TO "+quoted(x.Name))
			}
		}
	}
	return all
}

// last are what the restore must not have had yet: who inherits nothing, and the
// owner and the rights of the database.
func (r Rights) last() []string {
	var all []string
	for _, x := range r.Roles {
		if !x.Inherit && !x.Super {
			all = append(all, "ALTER ROLE "+quoted(x.Name)+" NOINHERIT")
		}
	}
	if r.Owner == "" {
		return all
	}
	all = append(all, "ALTER DATABASE "+database+" OWNER TO "+quoted(r.Owner))
	if r.Grants == nil {
		return all
	}
	all = append(all, "REVOKE ALL ON DATABASE "+database+" FROM PUBLIC")
	for _, g := range r.Grants {
		to := "PUBLIC"
		if g.Role != "" {
			to = quoted(g.Role)
		}
		if slices.Contains([]string{"CREATE", "CONNECT", "TEMPORARY"}, g.Right) {
			all = append(all, "GRANT "+g.Right+" ON DATABASE "+database+" TO "+to)
		}
	}
	return all
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

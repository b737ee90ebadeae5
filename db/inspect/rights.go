package inspect

import (
	"fmt"
	"slices"
	"strings"
)

// Role is who will run the units.
type Role struct {
	Name   string `json:"name"`
	Exists bool   `json:"exists"`
	// CanSet is true where the login role may SET ROLE to it.
	CanSet bool `json:"can_set"`
	// CreateSchema is the right CREATE on the database.
	CreateSchema bool `json:"create_schema"`
	// Login is who logs in; the same where no role is taken.
	Login string `json:"login"`
	// Inherits is rolinherit: it has the rights of the roles that it is a member of.
	Inherits bool `json:"inherits"`
	// Mighty is true where membership in it gives more than its tables: it is, or
	// leads to, a superuser or a role that may read files or make roles.
	Mighty bool `json:"mighty"`
}

// MightySQL is an expression: whether membership in a role, given as its oid, leads to
// more than that role's own objects. The names are the managed services' own.
func MightySQL(role string) string {
	return `EXISTS (SELECT FROM pg_catalog.pg_roles m WHERE pg_catalog.pg_has_role(` + role + `, m.oid, 'MEMBER')
         AND (m.rolsuper OR m.rolcreaterole OR m.rolreplication OR m.rolname IN ('pg_execute_server_program', 'pg_write_server_files',
           'pg_read_server_files', 'rds_superuser', 'cloudsqlsuperuser', 'alloydbsuperuser', 'azure_pg_admin')))`
}

// Need is what the units do with a relation.
type Need struct {
	// Owner is true for what only an owner may do.
	Owner bool
	// Any are privileges of which one is enough; an owner has them all. Empty =
	// nothing is needed.
	Any []string
}

// RelationRights is what the role may do with a relation of the Scope.
type RelationRights struct {
	Relation string `json:"relation"`
	Exists   bool   `json:"exists"`
	Owner    string `json:"owner"`
	// Owned is true where the role has the owner's rights without SET ROLE: what
	// ALTER, DROP and CREATE INDEX ask for.
	Owned bool `json:"owned"`
	// LoginMember is true where the login may SET ROLE to the owner.
	LoginMember bool `json:"login_member"`
	// Mighty is true where the owner is; see [Role].
	Mighty bool `json:"mighty"`
	// Kind is what ALTER calls it: TABLE, VIEW, MATERIALIZED VIEW, SEQUENCE.
	Kind string `json:"kind"`
	// Has are the privileges of the role, of any column.
	Has []string `json:"has"`
	// FrozenAge of FreezeMaxAge: beyond it an autovacuum against wraparound
	// starts, which does not yield.
	FrozenAge    int64 `json:"frozen_age"`
	FreezeMaxAge int64 `json:"freeze_max_age"`
}

// SchemaRights is a schema of the Scope, or the one that unqualified new
// objects go to.
type SchemaRights struct {
	Name   string `json:"name"`
	Owner  string `json:"owner"`
	First  bool   `json:"first"` // unqualified new objects go here
	Usage  bool   `json:"usage"`
	Create bool   `json:"create"`
	// Owners of the relations that live there, the most frequent first.
	Owners []OwnerCount `json:"owners"`
	// Neighbour is true where the login may SET ROLE to the most frequent owner,
	// who may create there and is not mighty.
	Neighbour bool `json:"neighbour"`
}

// OwnerCount is how many relations of a schema a role owns.
type OwnerCount struct {
	Owner  string `json:"owner"`
	Number int    `json:"number"`
}

// StrangeOwner names the role that owns most of the schema where that is not
// the role that would own a new object there: its neighbours' grants and
// default privileges would miss it. "" = no difference, or nobody to compare with.
func (f Facts) StrangeOwner(schema string) string {
	for _, s := range f.Schemas {
		if s.Name == schema && len(s.Owners) > 0 && s.Owners[0].Owner != f.Role.Name {
			return s.Owners[0].Owner
		}
	}
	return ""
}

// Missing is a right that a role lacks.
type Missing struct {
	// Who lacks it: who runs the units, or the login where it may not become that one.
	Who    string `json:"who"`
	Object string `json:"object"` // "public.users", "schema app", "role deploy"
	Need   string `json:"need"`   // "ownership", "UPDATE", "CREATE", "USAGE", "SET ROLE"
	// Help is what gives it: SQL for the DBA, or a line of belay.toml.
	Help string `json:"help"`
}

// Missing lists what the role lacks to change the relations of the Scope and to
// make new ones beside them.
func (f Facts) Missing() []Missing {
	var out []Missing
	if !f.Role.Exists {
		return []Missing{
			{
				Who: f.Role.Login, Object: "role " + f.Role.Name, Need: "existence",
				Help: "CREATE ROLE " + quote(f.Role.Name),
			},
		}
	}
	if !f.Role.CanSet {
		out = append(out, Missing{
			f.Role.Login, "role " + f.Role.Name, "SET ROLE", f.role(f.Role.Name, f.Role.Login, f.Role.Mighty, "SET"),
		})
	}
	for _, r := range f.Relations {
		if need := f.lacks(r); need != "" {
			out = append(out, Missing{f.Role.Name, r.Relation, need, f.help(r, need)})
		}
	}
	for _, s := range f.Schemas {
		if !s.Usage {
			out = append(out, Missing{f.Role.Name, "schema " + s.Name, "USAGE", f.helpIn(s, "USAGE")})
		}
		if !s.Create && !f.scope.MakesNothing {
			out = append(out, Missing{f.Role.Name, "schema " + s.Name, "CREATE", f.helpIn(s, "CREATE")})
		}
	}
	return out
}

// lacks names the right on a relation that the role does not have; "" = it has all.
func (f Facts) lacks(r RelationRights) string {
	need := Need{Owner: true}
	if f.scope.Needs != nil {
		need = f.scope.Needs[r.Relation]
	}
	switch {
	case !r.Exists || r.Owned:
		return ""
	case need.Owner:
		return "ownership"
	case len(need.Any) > 0 && !slices.ContainsFunc(need.Any, func(p string) bool { return slices.Contains(r.Has, p) }):
		return need.Any[0]
	}
	return ""
}

// help says what gives the role a right on a relation. Membership in the owner is
// no help where it is there already, and no advice where it gives more than tables.
func (f Facts) help(r RelationRights, need string) string {
	name := Quote(r.Relation)
	switch {
	case need != "ownership":
		return "GRANT " + need + " ON " + name + " TO " + quote(f.Role.Name)
	case r.Mighty:
		return fmt.Sprintf("ALTER %s %s OWNER TO %s, or run as its owner, %s: membership in that role would give "+
			"far more", r.Kind, name, quote(f.Role.Name), r.Owner)
	case r.LoginMember && !r.Owned && f.Role.Name == f.Role.Login:
		return f.take(r.Owner)
	}
	return f.role(r.Owner, f.Role.Name, r.Mighty, "INHERIT")
}

// take advises the role that the login is a member of, without inheriting.
func (f Facts) take(role string) (help string) {
	return fmt.Sprintf("set role = %q for the target in belay.toml: %s is a member of it and has none of its rights "+
		"by itself", role, f.Role.Login)
}

// role gives one role to another so that it may become it (SET) or has its rights
// (INHERIT).
func (f Facts) role(role, to string, mighty bool, with string) (help string) {
	switch {
	case mighty:
		return "name a role that owns the tables and nothing more: " + role + " may do far more than a migration needs"
	case f.major >= 16:
		return fmt.Sprintf("GRANT %s TO %s WITH %s TRUE", quote(role), quote(to), with)
	case with == "INHERIT" && !f.Role.Inherits && to == f.Role.Login:
		return fmt.Sprintf("GRANT %s TO %s, and set role = %q for the target in belay.toml: %s inherits nothing",
			quote(role), quote(to), role, to)
	case with == "INHERIT" && !f.Role.Inherits:
		return fmt.Sprintf("GRANT %s TO %s; ALTER ROLE %s INHERIT", quote(role), quote(to), quote(to))
	}
	return fmt.Sprintf("GRANT %s TO %s", quote(role), quote(to))
}

// helpIn says what gives the role a right on a schema.
func (f Facts) helpIn(s SchemaRights, right string) (help string) {
	if s.Neighbour && f.Role.Name == f.Role.Login && s.Owners[0].Owner != f.Role.Name {
		return f.take(s.Owners[0].Owner)
	}
	return "GRANT " + right + " ON SCHEMA " + quote(s.Name) + " TO " + quote(f.Role.Name)
}

// Quote writes "schema.name" as SQL does.
func Quote(name string) string {
	schema, table, ok := strings.Cut(name, ".")
	if !ok {
		return quote(name)
	}
	return quote(schema) + "." + quote(table)
}

package catalog

// Visibility is what row security leaves a role to see of a relation.
type Visibility struct {
	// Role is who was asked for: the session's.
	Role string
	// Filters are the tables whose row security holds for it, the relation's own and
	// those that a view reads. Empty = it sees every row.
	Filters []RowFilter
}

// RowFilter is a table whose row security holds.
type RowFilter struct {
	Table string // "schema.name"
	// Role is for whom: the session's, or a view's owner.
	Role string
	// Owner is true where that role has the owner's rights, and FORCE holds it all
	// the same.
	Owner bool
	// Policies are those for the role. Without a permissive one it sees no row.
	Policies []Policy
}

// Policy lets a role see rows, or, where it is restrictive, keeps some from it.
type Policy struct {
	Name       string
	Command    string // ALL, SELECT, UPDATE or DELETE
	Permissive bool
	Using      string // as pg_get_expr prints it; "" = not read
}

// For lists the policies that decide which rows a command sees: its own, those for
// all, and those for SELECT.
func (f RowFilter) For(command string) []Policy {
	var out []Policy
	for _, p := range f.Policies {
		if p.Command == "ALL" || p.Command == "SELECT" || p.Command == command {
			out = append(out, p)
		}
	}
	return out
}

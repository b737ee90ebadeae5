package effect

import (
	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_DropOwnedStmt)(nil), dropOwned)
	_ = register((*pg.Node_ReassignOwnedStmt)(nil), reassignOwned)
)

func dropOwned(j *judge, n *pg.Node) {
	j.hidden("what the role owns")
	j.takeAlong(true, j.owned(n.GetDropOwnedStmt().GetRoles())...)
	j.inverse(ReversibleNone, "none: everything that the roles own here is gone")
}

func reassignOwned(j *judge, n *pg.Node) {
	j.inverse(ReversibleInstant, "REASSIGN OWNED back, where the new owner had nothing of its own")
	j.unknown("locks every relation that the role owns ACCESS EXCLUSIVE")
	for _, o := range j.owned(n.GetReassignOwnedStmt().GetRoles()) {
		if r := j.cat.Seen(o.Name); r != nil && o.Kind == r.Kind {
			j.lock(o.Name, lock.AccessExclusive)
			j.lockIndexes(o.Name, lock.AccessExclusive)
			j.lockAll(j.cat.SequencesOf(o.Name, ""), lock.AccessExclusive)
		}
	}
}

// owned lists the relations, types and functions of roles, as far as the catalog
// knows owners.
func (j *judge) owned(roles []*pg.Node) []catalog.Object {
	if j.cat == nil {
		return nil
	}
	names := map[string]bool{}
	for _, r := range roles {
		names[r.GetRoleSpec().GetRolename()] = true
	}
	delete(names, "") // CURRENT_USER, or an owner that is not known
	var all []catalog.Object
	for name, r := range j.cat.Relations.All() {
		if names[r.Owner] && r.Kind != catalog.Index {
			all = append(all, catalog.Object{Kind: r.Kind, Name: name})
		}
	}
	for name, t := range j.cat.Types.All() {
		if names[t.Owner] {
			all = append(all, catalog.Object{Kind: catalog.TypeKind, Name: name})
		}
	}
	for name, f := range j.cat.Functions.All() {
		if names[f.Owner] {
			all = append(all, catalog.Object{Kind: catalog.FunctionKind, Name: name})
		}
	}
	return all
}

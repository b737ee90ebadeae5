package refusal

import (
	"slices"

	"belay/sqlview/catalog"
)

// replicated is the failure of a change of rows that a publication cannot tell one
// from the other.
func (c *check) replicated(r *catalog.Relation, word string, publishes func(catalog.Publication) bool) Failure {
	if c.cat.Source != catalog.SourceLive || c.cat.Unsure || r.Kind != catalog.Table || r.Unlogged || r.Doubted ||
		r.CreatedHere {
		return none
	}
	for _, p := range c.cat.Publications {
		if publishes(p) && slices.Contains(p.Short, r.Name) {
			return fail("42P10", "publication %s leaves out a column of the replica identity of %s, or its row filter "+
				"reads another column: no %s of its rows works", p.Name, r.Name, word)
		}
	}
	if r.ReplicaIdentity != "n" && (r.ReplicaIdentity != "d" || hasPrimary(r)) {
		return none
	}
	for _, p := range c.cat.Publications {
		if publishes(p) && (p.AllTables || slices.Contains(p.Tables, r.Name)) {
			return fail("55000", "%s has no replica identity, and publication %s publishes %s", r.Name, p.Name, word)
		}
	}
	return none
}

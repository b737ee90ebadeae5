package refusal

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
)

func notPartitioned(_ *check, t target) Failure {
	if t.rel.Kind == catalog.PartitionedTable {
		return fail("0A000", "%s is partitioned: it cannot be clustered as a whole", t.rel.Name)
	}
	return none
}

func clusterOn(c *check, t target) Failure {
	name := catalog.Schema(t.rel.Name) + "." + t.Name
	i := t.rel.Index(name)
	switch {
	case i != nil:
		switch {
		case t.rel.Kind == catalog.PartitionedTable:
			return fail("0A000", "%s is partitioned: it cannot be clustered as a whole", t.rel.Name)
		case i.Method != "btree" && i.Method != "gist" && builtInMethod(i.Method):
			return fail("0A000", "access method %s cannot cluster", i.Method)
		case i.Predicate != "":
			return fail("0A000", "%s is a partial index: it cannot cluster", name)
		}
		return none
	case !c.complete(t.rel):
		return none
	}
	if other := c.cat.Relations.Get(name); other != nil {
		return fail("42809", "%s is no index of %s", name, t.rel.Name)
	}
	return fail("42704", "%s has no index %s", t.rel.Name, t.Name)
}

// prepLogged: what the persistence of a table cannot be changed of.
func prepLogged(c *check, t target) Failure {
	if t.rel.Kind == catalog.PartitionedTable && c.version >= 18 {
		return wrongKind(t.rel, "table")
	}
	if t.rel.Kind == catalog.Sequence && c.version < 15 {
		return wrongKind(t.rel, "table")
	}
	return none
}

func setOptions(c *check, t target) Failure {
	if t.rel.Kind == catalog.Index {
		table := c.cat.Relations.Get(t.rel.FromTable)
		if table != nil && table.Kind == catalog.PartitionedTable {
			return fail("42809", "%s is the index of a partitioned table: its parts have storage parameters",
				t.rel.Name)
		}
		return none
	}
	switch {
	case t.rel.Kind != catalog.PartitionedTable:
		return none
	case c.version < 17:
		return fail("22023", "%s is partitioned: it has no storage parameters, its partitions have", t.rel.Name)
	}
	return fail("42809", "%s is partitioned: it has no storage parameters, its partitions have", t.rel.Name)
}

func namesTrigger(c *check, t target) Failure {
	if !c.complete(t.rel) || slices.ContainsFunc(t.rel.Triggers,
		func(g catalog.Trigger) bool { return g.Name == t.Name }) {
		return none
	}
	// A foreign key's own triggers are not in the snapshot.
	if strings.HasPrefix(t.Name, "RI_ConstraintTrigger") || strings.HasPrefix(t.Name, "PK_ConstraintTrigger") ||
		strings.HasPrefix(t.Name, "unique_key") {
		return none
	}
	return fail("42704", "%s has no trigger %s", t.rel.Name, t.Name)
}

func replicaIdentity(c *check, t target) Failure {
	s := t.Def.GetReplicaIdentityStmt()
	if s.GetIdentityType() != "i" {
		return none
	}
	name := catalog.Schema(t.rel.Name) + "." + s.Name
	i := t.rel.Index(name)
	switch {
	case i == nil && c.cat.Relations.Get(name) == nil && c.complete(t.rel):
		return fail("42704", "index %s does not exist", name)
	case i == nil && c.complete(t.rel):
		return fail("42809", "%s is no index of %s", name, t.rel.Name)
	case i == nil:
		return none
	case !i.Unique:
		return fail("42809", "index %s is not unique", name)
	case !i.Immediate:
		return fail("42809", "index %s is checked later", name)
	case i.Expressions != "":
		return fail("42809", "index %s is over an expression", name)
	case i.Predicate != "":
		return fail("42809", "index %s is partial", name)
	}
	return each(i.Columns, func(column string) Failure {
		if col := t.rel.Column(column); col != nil && !col.NotNull && !t.rel.Doubted {
			return fail("42809", "column %s of index %s may be NULL", column, name)
		}
		return none
	})
}

func changeOwner(c *check, t target) Failure {
	role := t.Newowner.GetRolename()
	if f := c.role(role); f.found() {
		return f
	}
	if t.rel.Kind == catalog.Index {
		return none // a warning
	}
	if t.rel.Kind == catalog.Sequence && t.rel.FromTable != "" {
		return fail("0A000", "%s belongs to %s: its owner is the table's", t.rel.Name, t.rel.FromTable)
	}
	return none
}

// role is a role that a statement names.
func (c *check) role(name string) Failure {
	if name == "" || c.cat.Roles == nil || c.cat.Roles[name] || !c.whole() || strings.HasPrefix(name, "pg_") {
		return none
	}
	return fail("42704", "role %s does not exist", name)
}

package refusal

import (
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_DropStmt)(nil), drop)
	_ = register((*pg.Node_TruncateStmt)(nil), truncate)
)

// droppedKinds are the kinds of relation that a DROP takes, and the SQLSTATE of
// one that is not there.
var droppedKinds = map[pg.ObjectType]struct {
	kinds kinds
	code  string
}{
	pg.ObjectType_OBJECT_TABLE:         {tables, "42P01"},
	pg.ObjectType_OBJECT_VIEW:          {kinds{catalog.View}, "42P01"},
	pg.ObjectType_OBJECT_MATVIEW:       {kinds{catalog.MaterializedView}, "42P01"},
	pg.ObjectType_OBJECT_SEQUENCE:      {kinds{catalog.Sequence}, "42P01"},
	pg.ObjectType_OBJECT_INDEX:         {kinds{catalog.Index}, "42704"},
	pg.ObjectType_OBJECT_FOREIGN_TABLE: {onlyForeign, "42704"},
}

func drop(c *check, n *pg.Node) Failure {
	s := n.GetDropStmt()
	if s.Concurrent && len(s.Objects) > 1 {
		return fail("0A000", "DROP INDEX CONCURRENTLY takes one index")
	}
	if s.Concurrent && s.Behavior == pg.DropBehavior_DROP_CASCADE {
		return fail("0A000", "DROP INDEX CONCURRENTLY has no CASCADE")
	}
	look := c.dropOther
	if _, ok := droppedKinds[s.RemoveType]; ok {
		look = c.dropRelation
	}
	return each(s.Objects, func(o *pg.Node) Failure { return look(s, o) })
}

func (c *check) dropRelation(s *pg.DropStmt, o *pg.Node) Failure {
	want := droppedKinds[s.RemoveType]
	r, f := c.named(o.GetList().GetItems())
	switch {
	case f.found() && s.MissingOk:
		return none
	case f.Code == "42P01":
		f.Code = want.code
		return f
	case f.found() || r == nil:
		return f
	case !slices.Contains(want.kinds, r.Kind):
		return wrongKind(r, string(want.kinds[0]))
	}
	if f := c.mayDrop(r); f.found() {
		return f
	}
	return c.identitySequence(r)
}

func (c *check) dropOther(s *pg.DropStmt, o *pg.Node) Failure {
	switch s.RemoveType {
	case pg.ObjectType_OBJECT_TYPE, pg.ObjectType_OBJECT_DOMAIN:
		if f := c.typeName(o.GetTypeName()); f.found() {
			return unless(s.MissingOk, f)
		}
		t := c.cat.Types.Get(c.cat.NameOf(o.GetTypeName().GetNames()))
		if t != nil && !t.Domain && s.RemoveType == pg.ObjectType_OBJECT_DOMAIN {
			return fail("42809", "type %s is no domain", t.Name)
		}
		if t != nil {
			return c.unlessSchemaOwner(t.Name, c.ownedType(t))
		}
	case pg.ObjectType_OBJECT_SCHEMA:
		if name := o.GetString_().GetSval(); c.noSchema(name) {
			return unless(s.MissingOk, fail("3F000", "schema %s does not exist", name))
		} else if who := c.limited(); who != nil && c.cat.Schemas[name] && !who.OwnsSchemas[name] {
			return fail("42501", "schema %s does not belong to %s", name, who.Role)
		}
	case pg.ObjectType_OBJECT_FUNCTION, pg.ObjectType_OBJECT_PROCEDURE, pg.ObjectType_OBJECT_ROUTINE,
		pg.ObjectType_OBJECT_AGGREGATE:
		if s.RemoveType == pg.ObjectType_OBJECT_FUNCTION {
			return c.dropFunction(s, o.GetObjectWithArgs())
		}
		return unless(s.MissingOk, c.function(&pg.FuncCall{Funcname: o.GetObjectWithArgs().GetObjname()}))
	case pg.ObjectType_OBJECT_TRIGGER, pg.ObjectType_OBJECT_POLICY, pg.ObjectType_OBJECT_RULE:
		parts := o.GetList().GetItems()
		if len(parts) < 2 {
			return none
		}
		r, f := c.named(parts[:len(parts)-1])
		if f.found() || r == nil {
			return unless(s.MissingOk, f)
		}
		f = c.onRelation(s.RemoveType, r, parts[len(parts)-1].GetString_().GetSval())
		if f.found() || s.MissingOk && !c.complete(r) {
			return unless(s.MissingOk, f)
		}
		return c.owned(r)
	case pg.ObjectType_OBJECT_PUBLICATION:
		return unless(s.MissingOk, c.publication(o.GetString_().GetSval()))
	case pg.ObjectType_OBJECT_STATISTIC_EXT:
		return unless(s.MissingOk, c.statistics(o.GetList().GetItems()))
	case pg.ObjectType_OBJECT_EXTENSION:
		if name := o.GetString_().GetSval(); c.whole() && c.cat.Extensions != nil && !c.cat.Extensions[name] {
			return unless(s.MissingOk, fail("42704", "extension %s does not exist", name))
		}
	}
	return none
}

func (c *check) dropFunction(s *pg.DropStmt, o *pg.ObjectWithArgs) Failure {
	if f := c.routine(o); f.found() {
		return unless(s.MissingOk, f)
	}
	if own := c.own(catalog.Strings(o.GetObjname())); own != nil {
		return c.unlessSchemaOwner(own.Name, c.ownedRoutine(o))
	}
	return none
}

func unless(ok bool, f Failure) Failure {
	if ok {
		return none
	}
	return f
}

// onRelation is a trigger, policy or rule that a statement names.
func (c *check) onRelation(kind pg.ObjectType, r *catalog.Relation, name string) Failure {
	if !c.complete(r) && !(there(r) && r.Kind == catalog.View && c.whole()) {
		return none
	}
	known, word := true, "trigger"
	switch kind {
	case pg.ObjectType_OBJECT_TRIGGER:
		known = slices.ContainsFunc(r.Triggers, func(t catalog.Trigger) bool { return t.Name == name })
	case pg.ObjectType_OBJECT_POLICY:
		known, word = !r.Listed || slices.Contains(r.PolicyNames, name), "policy"
	case pg.ObjectType_OBJECT_RULE:
		known, word = !r.Listed || slices.Contains(r.Rules, name), "rule"
	}
	if known {
		return none
	}
	return fail("42704", "%s has no %s %s", r.Name, word, name)
}

func (c *check) publication(name string) Failure {
	if c.cat.Source != catalog.SourceLive || !c.whole() ||
		slices.ContainsFunc(c.cat.Publications, func(p catalog.Publication) bool { return p.Name == name }) {
		return none
	}
	return fail("42704", "publication %s does not exist", name)
}

func (c *check) statistics(parts []*pg.Node) Failure {
	words := catalog.Strings(parts)
	if c.cat.Source != catalog.SourceLive || !c.whole() || len(words) == 0 {
		return none
	}
	if len(words) == 2 && c.noSchema(words[0]) {
		return fail("3F000", "schema %s does not exist", words[0])
	}
	base := words[len(words)-1]
	if !c.asked(base) {
		return none
	}
	for _, r := range c.cat.Relations.All() {
		if slices.ContainsFunc(r.Statistics, func(s string) bool { return catalog.Base(s) == base }) {
			return none
		}
	}
	return fail("42704", "statistics object %s does not exist", base)
}

func truncate(c *check, n *pg.Node) Failure {
	return each(n.GetTruncateStmt().Relations, func(v *pg.Node) Failure {
		r, f := c.find(v.GetRangeVar())
		switch {
		case f.found() || r == nil:
			return f
		case !isTable(r) && r.Kind != catalog.ForeignTable:
			return wrongKind(r, "table")
		case r.Kind == catalog.PartitionedTable && !v.GetRangeVar().GetInh():
			return fail("42809", "%s is partitioned: it has no rows of its own to truncate with ONLY", r.Name)
		}
		return none
	})
}

// inTheWay is the failure of a subcommand without CASCADE that drops what others
// need.
func (c *check) inTheWay(t target, all ...catalog.Object) Failure {
	if t.Behavior == pg.DropBehavior_DROP_CASCADE {
		return none
	}
	for _, g := range c.cat.Closure(all...) {
		along := g.Kind == catalog.ColumnKind && g.By.Kind == catalog.ColumnKind && catalog.GeneratedGoAlong(c.version)
		if g.Cascaded && !along {
			return fail("2BP01", "%s", c.needs(g.Object))
		}
	}
	return none
}

// needs says that an object depends on another.
func (c *check) needs(o catalog.Object) string {
	if col := c.cat.Seen(o.On).Column(o.Name); o.Kind == catalog.ColumnKind && col != nil && col.Generated != "" {
		return "generated column " + o.Name + " uses it"
	}
	if k := c.cat.Seen(o.On).Constraint(o.Name); o.Kind == catalog.ConstraintKind && k != nil &&
		k.Type == catalog.ForeignKey {
		return "the foreign key " + o.Name + " of " + o.On + " depends on it"
	}
	return o.String() + " depends on it"
}

// identitySequence is the failure of dropping the sequence of an identity column.
func (c *check) identitySequence(r *catalog.Relation) Failure {
	if r.Kind != catalog.Sequence || r.FromTable == "" {
		return none
	}
	table := c.cat.Relations.Get(r.FromTable)
	if !there(table) {
		return none
	}
	for _, col := range table.Columns {
		if col.Identity && slices.Contains(c.cat.SequencesOf(table.Name, col.Name), r.Name) {
			return fail("2BP01", "identity column %s of %s needs it", col.Name, table.Name)
		}
	}
	return none
}

package refusal

import (
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_CreateTrigStmt)(nil), createTrigger)
	_ = register((*pg.Node_CreatePolicyStmt)(nil), createPolicy)
	_ = register((*pg.Node_AlterPolicyStmt)(nil), alterPolicy)
	_ = register((*pg.Node_RuleStmt)(nil), createRule)
	_ = register((*pg.Node_CreateStatsStmt)(nil), createStatistics)
	_ = register((*pg.Node_AlterStatsStmt)(nil), func(c *check, n *pg.Node) Failure {
		s := n.GetAlterStatsStmt()
		return unless(s.MissingOk, c.statistics(s.Defnames))
	})
	_ = register((*pg.Node_CreatePublicationStmt)(nil), createPublication)
	_ = register((*pg.Node_AlterPublicationStmt)(nil), alterPublication)
	_ = register((*pg.Node_CreateExtensionStmt)(nil), func(c *check, n *pg.Node) Failure {
		s := n.GetCreateExtensionStmt()
		if c.cat.Extensions[s.Extname] && !s.IfNotExists {
			return fail("42710", "extension %s exists already", s.Extname)
		}
		return none
	})
	_ = register((*pg.Node_CreateRoleStmt)(nil), func(c *check, n *pg.Node) Failure {
		if name := n.GetCreateRoleStmt().Role; c.cat.Roles[name] {
			return fail("42710", "role %s exists already", name)
		}
		return none
	})
	_ = register((*pg.Node_DropRoleStmt)(nil), func(c *check, n *pg.Node) Failure {
		s := n.GetDropRoleStmt()
		return unless(s.MissingOk, each(s.Roles,
			func(r *pg.Node) Failure { return c.role(r.GetRoleSpec().GetRolename()) }))
	})
	_ = register((*pg.Node_AlterRoleStmt)(nil), func(c *check, n *pg.Node) Failure {
		return c.role(n.GetAlterRoleStmt().GetRole().GetRolename())
	})
)

// createTrigger is CREATE TRIGGER. Source: CreateTriggerFiringOn.
func createTrigger(c *check, n *pg.Node) Failure {
	s := n.GetCreateTrigStmt()
	r, f := c.find(s.Relation)
	if f.found() || r == nil {
		return f
	}
	const before, instead, truncated = 2, 64, 32
	plain := isTable(r) || r.Kind == catalog.ForeignTable
	switch {
	case !plain && r.Kind != catalog.View:
		return wrongKind(r, "table or view")
	case plain && s.Timing&instead != 0:
		return fail("42809", "%s is a table: INSTEAD OF is for views", r.Name)
	case r.Kind == catalog.View && s.Row && s.Timing&instead == 0:
		return fail("42809", "%s is a view: its triggers for rows are INSTEAD OF", r.Name)
	case r.Kind == catalog.View && s.Events&truncated != 0:
		return fail("42809", "%s is a view: it is not truncated", r.Name)
	case r.Kind == catalog.PartitionedTable && s.Row && c.version < 11:
		return fail("42809", "a trigger for rows of a partitioned table needs 11")
	case r.Kind == catalog.PartitionedTable && s.Row && s.Timing&before != 0 && c.version < 13:
		return fail("42809", "a BEFORE trigger for rows of a partitioned table needs 13")
	}
	if f := c.function(&pg.FuncCall{Funcname: s.Funcname}); f.found() {
		return f
	}
	name := catalog.Truncate(s.Trigname)
	if !s.Replace && !r.Doubted && slices.ContainsFunc(r.Triggers,
		func(t catalog.Trigger) bool { return t.Name == name }) {
		return fail("42710", "trigger %s of %s exists already", name, r.Name)
	}
	if f := each(catalog.Strings(s.Columns), func(column string) Failure {
		_, f := c.column(r, column)
		if f.Code == "42703" {
			return f
		}
		return none
	}); f.found() {
		return f
	}
	if r.Kind != catalog.PartitionedTable || !s.Row {
		return none
	}
	return each(c.cat.Descendants(r.Name), func(child string) Failure {
		kid := c.cat.Relations.Get(child)
		if there(kid) && slices.ContainsFunc(kid.Triggers, func(t catalog.Trigger) bool { return t.Name == name }) {
			return fail("42710", "trigger %s of %s exists already", name, child)
		}
		return none
	})
}

func createPolicy(c *check, n *pg.Node) Failure {
	s := n.GetCreatePolicyStmt()
	switch {
	case s.WithCheck != nil && (s.CmdName == "select" || s.CmdName == "delete"):
		return fail("42601", "a policy for %s has no WITH CHECK", s.CmdName)
	case s.Qual != nil && s.CmdName == "insert":
		return fail("42601", "a policy for INSERT has no USING")
	}
	r, f := c.policyTable(s.Table, s.Roles, s.Qual, s.WithCheck)
	if f.found() || r == nil {
		return f
	}
	if name := catalog.Truncate(s.PolicyName); !r.Doubted && r.Listed && slices.Contains(r.PolicyNames, name) {
		return fail("42710", "policy %s of %s exists already", name, r.Name)
	}
	return none
}

// policyTable is the table of a policy, once all that the policy names is there too; nil =
// nobody knows it.
func (c *check) policyTable(
	table *pg.RangeVar, roles []*pg.Node, conditions ...*pg.Node,
) (*catalog.Relation, Failure) {
	r, f := c.find(table)
	if f.found() || r == nil {
		return nil, f
	}
	if f := c.owned(r); f.found() {
		return nil, f
	}
	if !isTable(r) {
		return nil, wrongKind(r, "table")
	}
	return r, c.policyParts(r, roles, conditions...)
}

func (c *check) policyParts(r *catalog.Relation, roles []*pg.Node, conditions ...*pg.Node) Failure {
	if f := each(roles, func(n *pg.Node) Failure { return c.role(n.GetRoleSpec().GetRolename()) }); f.found() {
		return f
	}
	return each(conditions, func(n *pg.Node) Failure {
		if f := c.relationsOf(n); f.found() {
			return f
		}
		if f := c.condition(r, n, "", true); f.found() && f.Code != "42804" {
			return f
		}
		return c.aliased(n)
	})
}

func alterPolicy(c *check, n *pg.Node) Failure {
	s := n.GetAlterPolicyStmt()
	r, f := c.policyTable(s.Table, s.Roles, s.Qual, s.WithCheck)
	if f.found() || r == nil {
		return f
	}
	return c.onRelation(pg.ObjectType_OBJECT_POLICY, r, s.PolicyName)
}

func createRule(c *check, n *pg.Node) Failure {
	s := n.GetRuleStmt()
	r, f := c.find(s.Relation)
	if f.found() || r == nil {
		return f
	}
	for _, a := range s.Actions {
		if f := c.relationsOf(withoutRows(a)); f.found() && f.Code == "42P01" && !rowName(f) {
			return f
		}
	}
	if !isTable(r) && r.Kind != catalog.View && r.Kind != catalog.MaterializedView {
		return wrongKind(r, "table or view")
	}
	if f := c.owned(r); f.found() {
		return f
	}
	if name := catalog.Truncate(s.Rulename); !s.Replace && !r.Doubted && r.Listed && slices.Contains(r.Rules, name) {
		return fail("42710", "rule %s of %s exists already", name, r.Name)
	}
	return none
}

func withoutRows(n *pg.Node) *pg.Node { return n }

// rowName reports whether a failure is about NEW or OLD, which only a rule has.
func rowName(Failure) bool { return false }

func createStatistics(c *check, n *pg.Node) Failure {
	s := n.GetCreateStatsStmt()
	if len(s.Relations) != 1 {
		return none
	}
	r, f := c.find(s.Relations[0].GetRangeVar())
	switch {
	case f.found():
		return f
	case r == nil:
		return c.newStatistics(s)
	case !isTable(r) && r.Kind != catalog.MaterializedView && r.Kind != catalog.ForeignTable:
		return wrongKind(r, "table")
	}
	if f := first(
		func() Failure { return c.owned(r) },
		func() Failure { return c.newStatistics(s) },
	); f.found() || s.IfNotExists {
		return f
	}
	return c.statisticsOver(s, r)
}

// newStatistics is the name of new extended statistics.
func (c *check) newStatistics(s *pg.CreateStatsStmt) Failure {
	name, f := c.newNameOf(s.Defnames)
	if f.found() || len(s.Defnames) == 0 || c.cat.Unsure {
		return f
	}
	for _, r := range c.cat.Relations.All() {
		if r.Listed && slices.Contains(r.Statistics, name) {
			return unless(s.IfNotExists, fail("42710", "statistics object %s exists already", name))
		}
	}
	return none
}

func (c *check) statisticsOver(s *pg.CreateStatsStmt, r *catalog.Relation) Failure {
	seen := map[string]bool{}
	plain := true
	if f := each(s.Exprs, func(e *pg.Node) Failure {
		column := e.GetStatsElem().GetName()
		if column == "" {
			plain = false
			return none
		}
		_, f := c.column(r, column)
		if f.found() {
			return f
		}
		seen[column] = true
		return none
	}); f.found() || !plain {
		return f
	}
	switch {
	case len(s.Exprs) < 2:
		return fail("42P17", "extended statistics are over two columns at least")
	case len(seen) < len(s.Exprs):
		return fail("42701", "a column is named twice")
	}
	return none
}

func createPublication(c *check, n *pg.Node) Failure {
	s := n.GetCreatePublicationStmt()
	if who := c.limited(); who != nil && !who.Database {
		return fail("42501", "%s lacks CREATE on the database", who.Role)
	}
	if slices.ContainsFunc(c.cat.Publications, func(p catalog.Publication) bool { return p.Name == s.Pubname }) {
		return fail("42710", "publication %s exists already", s.Pubname)
	}
	return c.published(s.Pubobjects)
}

func alterPublication(c *check, n *pg.Node) Failure {
	s := n.GetAlterPublicationStmt()
	if f := c.publication(s.Pubname); f.found() {
		return f
	}
	if f := c.published(s.Pubobjects); f.found() {
		return f
	}
	i := slices.IndexFunc(c.cat.Publications, func(p catalog.Publication) bool { return p.Name == s.Pubname })
	if i < 0 || c.cat.Source != catalog.SourceLive {
		return none
	}
	p := c.cat.Publications[i]
	return each(s.Pubobjects, func(o *pg.Node) Failure {
		t := o.GetPublicationObjSpec().GetPubtable()
		if t == nil {
			return none
		}
		name := c.cat.Name(t.Relation)
		switch {
		case p.AllTables:
			return fail("55000", "publication %s is FOR ALL TABLES", p.Name)
		case s.Action == pg.AlterPublicationAction_AP_AddObjects && slices.Contains(p.Named, name):
			return fail("42710", "%s is in publication %s already", name, p.Name)
		case s.Action == pg.AlterPublicationAction_AP_DropObjects && !slices.Contains(p.Named, name) &&
			c.complete(c.cat.Relations.Get(name)):
			return fail("42704", "%s is not in publication %s", name, p.Name)
		}
		return none
	})
}

// published are the objects of a publication.
func (c *check) published(objects []*pg.Node) Failure {
	return each(objects, func(o *pg.Node) Failure {
		s := o.GetPublicationObjSpec()
		if t := s.GetPubtable(); t != nil {
			r, f := c.find(t.Relation)
			switch {
			case f.found() || r == nil:
				return f
			case r.Kind == catalog.Index:
				return wrongKind(r, "table")
			case !isTable(r):
				return fail("22023", "%s is a %s: it cannot be published", r.Name, r.Kind)
			case r.Unlogged || temporary(r):
				return fail("22023", "%s is unlogged or temporary: it cannot be published", r.Name)
			}
			return none
		}
		if c.noSchema(s.GetName()) {
			return fail("3F000", "schema %s does not exist", s.GetName())
		}
		return none
	})
}

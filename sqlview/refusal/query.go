package refusal

import (
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_SelectStmt)(nil), func(c *check, n *pg.Node) Failure {
		s := n.GetSelectStmt()
		if f := c.query(n); f.found() || s.IntoClause == nil {
			return f
		}
		name, f := c.newName(s.IntoClause.Rel)
		if f.found() {
			return f
		}
		return c.taken(name)
	})
	_ = register((*pg.Node_InsertStmt)(nil), insert)
	_ = register((*pg.Node_UpdateStmt)(nil), update)
	_ = register((*pg.Node_DeleteStmt)(nil), remove)
	_ = register((*pg.Node_MergeStmt)(nil), func(c *check, n *pg.Node) Failure { return c.relationsOf(n) })
	_ = register((*pg.Node_DeclareCursorStmt)(nil), func(c *check, n *pg.Node) Failure {
		return c.query(n.GetDeclareCursorStmt().Query)
	})
	_ = register((*pg.Node_ExplainStmt)(nil), func(c *check, n *pg.Node) Failure {
		q := n.GetExplainStmt().Query
		return of(statement(c, q), c.cat, c.version)
	})
	_ = register((*pg.Node_CopyStmt)(nil), copyRows)
)

// query is the look at a SELECT: what it reads, then the columns where one
// relation alone can have them.
func (c *check) query(n *pg.Node) Failure {
	if f := c.relationsOf(n); f.found() {
		return f
	}
	s := n.GetSelectStmt()
	r := c.only(s)
	if r == nil {
		return c.aliased(n)
	}
	return first(
		func() Failure {
			return each(s.TargetList, func(t *pg.Node) Failure { return c.names(r, t.GetResTarget().GetVal(), "") })
		},
		func() Failure { return c.names(r, s.WhereClause, "") },
		func() Failure { return c.aliased(n) },
	)
}

// aliased looks at the columns that a tree names behind a name of its FROM which
// means one relation alone, wherever it stands.
func (c *check) aliased(n *pg.Node) Failure {
	means := map[string]*pg.RangeVar{}
	twice := map[string]bool{}
	add := func(name string, v *pg.RangeVar) {
		_, there := means[name]
		twice[name] = twice[name] || there
		means[name] = v
	}
	var refs []*pg.ColumnRef
	catalog.Walk(n, func(m any) bool {
		switch m := m.(type) {
		case *pg.LockingClause:
			return false
		case *pg.RangeVar:
			name := m.Relname
			if m.Alias != nil {
				name = m.Alias.Aliasname
			}
			add(name, m)
			twice[name] = twice[name] || m.Alias != nil && len(m.Alias.Colnames) > 0
		case *pg.RangeSubselect:
			add(m.Alias.GetAliasname(), nil)
		case *pg.RangeFunction:
			add(m.Alias.GetAliasname(), nil)
		case *pg.JoinExpr:
			add(m.Alias.GetAliasname(), nil)
		case *pg.CommonTableExpr:
			twice[m.Ctename] = true
		case *pg.ColumnRef:
			refs = append(refs, m)
		}
		return true
	})
	return each(refs, func(ref *pg.ColumnRef) Failure {
		words := catalog.Strings(ref.Fields)
		if len(words) != 2 || len(ref.Fields) != 2 || twice[words[0]] || means[words[0]] == nil ||
			c.anyFunction(words[1:]) {
			return none
		}
		v := means[words[0]]
		if v.Schemaname == "" && twice[v.Relname] && v.Alias != nil {
			return none // perhaps a WITH
		}
		r := c.cat.Relations.Get(c.cat.Name(v))
		if r == nil || !c.complete(r) || r.Kind == catalog.Sequence {
			return none
		}
		_, f := c.column(r, words[1])
		if f.Code == "42703" {
			return f
		}
		return none
	})
}

// only is the one relation that a SELECT reads; nil where there are others, or
// names that the query itself makes.
func (c *check) only(s *pg.SelectStmt) *catalog.Relation {
	if s == nil || s.WithClause != nil || s.Larg != nil || len(s.FromClause) != 1 || len(s.ValuesLists) > 0 {
		return nil
	}
	v := s.FromClause[0].GetRangeVar()
	if v == nil || v.Alias != nil && len(v.Alias.Colnames) > 0 {
		return nil
	}
	r := c.cat.Relations.Get(c.cat.Name(v))
	if r == nil {
		return nil
	}
	if v.Alias != nil { // the alias stands for a whole row
		renamed := *r
		renamed.Columns = append(slices.Clip(r.Columns), catalog.Column{Name: v.Alias.Aliasname})
		return &renamed
	}
	return r
}

// relationsOf looks for every relation that a tree names.
func (c *check) relationsOf(n *pg.Node) Failure {
	return each(catalog.Tables(n), func(v *pg.RangeVar) Failure {
		if v.Schemaname == "" && c.transition() {
			return none
		}
		r, f := c.find(v)
		switch {
		case f.Code == "3F000":
			f.Code = "42P01" // the parser looks for the relation alone
			return f
		case f.found() || r == nil:
			return f
		case r.Kind == catalog.Index:
			return fail("42809", "%s is an index", r.Name)
		}
		return none
	})
}

// transition reports whether a bare name may be a transition table.
func (c *check) transition() bool {
	return c.st.Node.GetCreateTrigStmt() != nil || c.st.Node.GetRuleStmt() != nil
}

// writable is the target of INSERT, UPDATE or DELETE.
func (c *check) writable(v *pg.RangeVar) (*catalog.Relation, Failure) {
	r, f := c.find(v)
	switch {
	case f.Code == "3F000":
		f.Code = "42P01"
		return nil, f
	case f.found() || r == nil:
		return nil, f
	case r.Kind == catalog.Index:
		return nil, wrongKind(r, "table")
	}
	return r, none
}

// changeable is what the executor asks, once the statement was understood.
func changeable(r *catalog.Relation) Failure {
	if r.Kind == catalog.Sequence || r.Kind == catalog.MaterializedView {
		return fail("42809", "%s is a %s: its rows cannot be changed", r.Name, r.Kind)
	}
	if r.Kind == catalog.View && r.NotUpdatable != "" && len(r.Triggers) == 0 && len(r.Rules) == 0 && !r.Doubted {
		return fail("55000", "%s has %s: its rows are written by an INSTEAD OF trigger or a rule alone", r.Name,
			r.NotUpdatable)
	}
	return none
}

func insert(c *check, n *pg.Node) Failure {
	s := n.GetInsertStmt()
	r, f := c.writable(s.Relation)
	if f.found() {
		return f
	}
	if f := c.relationsOf(s.SelectStmt); f.found() && s.WithClause == nil {
		return f
	}
	if r == nil {
		return none
	}
	seen := map[string]bool{}
	if f := each(s.Cols, func(t *pg.Node) Failure {
		name := t.GetResTarget().GetName()
		_, f := c.column(r, name)
		switch {
		case f.Code == "42703":
			return f
		case seen[name] && len(t.GetResTarget().Indirection) == 0:
			return fail("42701", "column %s is named twice", name)
		}
		seen[name] = true
		return none
	}); f.found() {
		return f
	}
	if f := c.insertedValues(s, r); f.found() {
		return f
	}
	return changeable(r)
}

// insertedValues counts the values of an INSERT, and finds those of generated columns.
func (c *check) insertedValues(s *pg.InsertStmt, r *catalog.Relation) Failure {
	rows := s.SelectStmt.GetSelectStmt().GetValuesLists()
	if len(rows) == 0 {
		return none
	}
	names := make([]string, 0, len(s.Cols))
	for _, t := range s.Cols {
		names = append(names, t.GetResTarget().GetName())
	}
	if len(names) == 0 && listed(r) && c.complete(r) {
		for _, col := range r.Columns {
			names = append(names, col.Name)
		}
	} else if len(names) == 0 {
		return none
	}
	for _, row := range rows {
		values := row.GetList().GetItems()
		switch {
		case len(values) > len(names):
			return fail("42601", "there are more values than columns")
		case len(values) < len(names) && len(s.Cols) > 0:
			return fail("42601", "there are more columns than values")
		}
		for i, v := range values {
			col := r.Column(names[i])
			inside := len(s.Cols) > i && len(s.Cols[i].GetResTarget().GetIndirection()) > 0
			if col == nil || r.Doubted || v.GetSetToDefault() != nil || inside {
				continue
			}
			if f := c.stores(v, col); f.found() {
				return f
			}
		}
	}
	return generatedTakesNone(s, r, names, rows)
}

// stores is the failure of a value that does not become one of a column.
func (c *check) stores(v *pg.Node, col *catalog.Column) Failure {
	if f := c.names(nil, v, ""); f.found() {
		return f
	}
	if f := c.assigns(c.typeOf(nil, v), col.Type); f.found() {
		f.Message = "column " + col.Name + ": " + f.Message
		return f
	}
	return c.reads(v.GetAConst(), col)
}

func generatedTakesNone(s *pg.InsertStmt, r *catalog.Relation, names []string, rows []*pg.Node) Failure {
	for _, row := range rows {
		for i, v := range row.GetList().GetItems() {
			col := r.Column(names[i])
			if col != nil && col.Generated != "" && isTable(r) && v.GetSetToDefault() == nil {
				return fail("428C9", "column %s is generated: it takes no value", col.Name)
			}
		}
	}
	return none
}

func update(c *check, n *pg.Node) Failure {
	s := n.GetUpdateStmt()
	r, f := c.writable(s.Relation)
	if f.found() {
		return f
	}
	if f := c.relationsOf(n); f.found() {
		return f
	}
	if r == nil {
		return none
	}
	if len(s.FromClause) == 0 && s.WithClause == nil && s.Relation.Alias == nil {
		if f := first(
			func() Failure {
				return each(s.TargetList, func(t *pg.Node) Failure {
					return c.names(r, t.GetResTarget().GetVal(),
						"")
				})
			},
			func() Failure { return c.names(r, s.WhereClause, "") },
		); f.found() {
			return f
		}
	}
	if f := c.assignments(s, r); f.found() {
		return f
	}
	return first(
		func() Failure { return changeable(r) },
		func() Failure {
			return c.replicated(r, "UPDATE", func(p catalog.Publication) bool { return p.Updates })
		},
	)
}

// assignments are the columns that an UPDATE sets, with their values.
func (c *check) assignments(s *pg.UpdateStmt, r *catalog.Relation) Failure {
	seen := map[string]bool{}
	if f := each(s.TargetList, func(t *pg.Node) Failure {
		name, value := t.GetResTarget().GetName(), t.GetResTarget().GetVal()
		col, f := c.column(r, name)
		switch {
		case f.Code == "42703":
			return f
		case col == nil || len(t.GetResTarget().Indirection) > 0:
			return none
		case seen[name]:
			return fail("42601", "column %s is set twice", name)
		}
		seen[name] = true
		if f := c.assigns(c.typeOf(r, value), col.Type); f.found() {
			f.Message = "column " + name + ": " + f.Message
			return f
		}
		return c.reads(value.GetAConst(), col)
	}); f.found() {
		return f
	}
	return each(s.TargetList, func(t *pg.Node) Failure {
		col := r.Column(t.GetResTarget().GetName())
		if col != nil && col.Generated != "" && isTable(r) && t.GetResTarget().GetVal().GetSetToDefault() == nil {
			return fail("428C9", "column %s is generated: it takes no value", col.Name)
		}
		return none
	})
}

func remove(c *check, n *pg.Node) Failure {
	s := n.GetDeleteStmt()
	r, f := c.writable(s.Relation)
	if f.found() {
		return f
	}
	if f := c.relationsOf(n); f.found() || r == nil {
		return f
	}
	if len(s.UsingClause) == 0 && s.WithClause == nil && s.Relation.Alias == nil {
		if f := c.names(r, s.WhereClause, ""); f.found() {
			return f
		}
	}
	if f := changeable(r); f.found() {
		return f
	}
	return c.replicated(r, "DELETE", func(p catalog.Publication) bool { return p.Deletes })
}

func copyRows(c *check, n *pg.Node) Failure {
	s := n.GetCopyStmt()
	if s.Query != nil {
		return c.query(s.Query)
	}
	r, f := c.find(s.Relation)
	if f.found() || r == nil {
		return f
	}
	return each(catalog.Strings(s.Attlist), func(name string) Failure {
		_, f := c.column(r, name)
		if f.Code == "42703" {
			return f
		}
		return none
	})
}

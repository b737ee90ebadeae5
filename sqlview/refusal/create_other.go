package refusal

import (
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_CreateSchemaStmt)(nil), createSchema)
	_ = register((*pg.Node_ViewStmt)(nil), createView)
	_ = register((*pg.Node_CreateTableAsStmt)(nil), createTableAs)
	_ = register((*pg.Node_CreateSeqStmt)(nil), createSequence)
	_ = register((*pg.Node_AlterSeqStmt)(nil), alterSequence)
)

func createSchema(c *check, n *pg.Node) Failure {
	s := n.GetCreateSchemaStmt()
	name := catalog.Truncate(s.Schemaname)
	switch {
	case name == "":
		return none
	case c.limited() != nil && !c.limited().Database:
		return fail("42501", "%s lacks CREATE on the database", c.limited().Role)
	case strings.HasPrefix(name, "pg_"):
		return fail("42939", "names of schemas that begin with pg_ are the server's")
	case c.cat.Schemas[name] && !s.IfNotExists && !c.cat.Undone:
		return fail("42P06", "schema %s exists already", name)
	case c.cat.Schemas[name]:
		return none
	}
	inside := *c
	inside.cat = c.cat.Clone()
	inside.cat.Schemas = map[string]bool{name: true}
	for s := range c.cat.Schemas {
		inside.cat.Schemas[s] = true
	}
	inside.cat.SearchPath = append([]string{name}, c.cat.Path()...)
	for _, e := range catalog.SchemaElements(s) {
		st := c.st
		st.Node = e
		if f := of(st, inside.cat, c.version); f.found() {
			return f
		}
		inside.cat = inside.cat.Clone()
		inside.cat.Apply(st, c.version)
	}
	return none
}

func createView(c *check, n *pg.Node) Failure {
	s := n.GetViewStmt()
	if f := c.query(s.Query); f.found() {
		return f
	}
	name, f := c.newName(s.View)
	if f.found() {
		return f
	}
	old := c.cat.Relations.Get(name)
	switch {
	case s.Replace && there(old) && c.owned(old).found():
		return c.owned(old)
	case s.Replace && there(old) && old.Kind != catalog.View:
		return wrongKind(old, "view")
	case s.Replace && old != nil:
		return c.replaces(old, s)
	}
	return first(
		func() Failure { return c.taken(name) },
		func() Failure { return c.typeTaken(name) },
	)
}

// replaces: the columns of a view stay where they are, under their names.
func (c *check) replaces(old *catalog.Relation, s *pg.ViewStmt) Failure {
	q := s.Query.GetSelectStmt()
	if !listed(old) || len(s.Aliases) > 0 || len(q.GetTargetList()) == 0 {
		return none
	}
	var names []string
	for _, n := range q.TargetList {
		t := n.GetResTarget()
		words := catalog.Strings(t.GetVal().GetColumnRef().GetFields())
		switch {
		case t.GetName() != "":
			names = append(names, t.Name)
		case t.GetVal().GetColumnRef() != nil && len(words) < len(t.GetVal().GetColumnRef().Fields):
			return none // *
		case len(words) > 0:
			names = append(names, words[len(words)-1])
		default:
			names = append(names, "")
		}
	}
	if len(names) < len(old.Columns) {
		return fail("42P16", "the new view lacks columns that %s has: it must be dropped first", old.Name)
	}
	for i, col := range old.Columns {
		if names[i] != "" && names[i] != col.Name {
			return fail("42P16", "column %s of view %s would become %s: it must be renamed first", col.Name,
				old.Name, names[i])
		}
	}
	return none
}

func createTableAs(c *check, n *pg.Node) Failure {
	s := n.GetCreateTableAsStmt()
	if f := c.query(s.Query); f.found() {
		return f
	}
	name, f := c.newName(s.GetInto().GetRel())
	if f.Code == "42501" { // what is there is found before rights are asked
		rel := c.cat.Path()[0] + "." + catalog.Truncate(s.Into.GetRel().GetRelname())
		if v := s.Into.GetRel(); v.GetSchemaname() != "" {
			rel = c.cat.Name(v)
		}
		switch taken := c.taken(rel); {
		case taken.found() && s.IfNotExists:
			return none
		case taken.found():
			return taken
		}
	}
	if f.found() || s.IfNotExists && (c.cat.Relations.Get(name) != nil || !c.whole()) {
		return f
	}
	return first(
		func() Failure { return c.taken(name) },
		func() Failure { return c.typeTaken(name) },
	)
}

func createSequence(c *check, n *pg.Node) Failure {
	s := n.GetCreateSeqStmt()
	name, f := c.newName(s.Sequence)
	if f.found() {
		return f
	}
	if f := c.taken(name); f.found() {
		return unless(s.IfNotExists, f)
	}
	if f := c.typeTaken(name); f.found() {
		return f
	}
	return c.sequenceOptions(s.Options, name)
}

func alterSequence(c *check, n *pg.Node) Failure {
	s := n.GetAlterSeqStmt()
	r, f := c.find(s.Sequence)
	switch {
	case f.found() && s.MissingOk:
		return none
	case f.found() || r == nil:
		return f
	case r.Kind != catalog.Sequence:
		return wrongKind(r, "sequence")
	}
	if f := c.owned(r); f.found() {
		return f
	}
	return c.sequenceOptions(s.Options, r.Name)
}

func (c *check) sequenceOptions(options []*pg.Node, name string) Failure {
	return each(options, func(o *pg.Node) Failure {
		d := o.GetDefElem()
		if d.GetDefname() != "owned_by" {
			return none
		}
		parts := d.Arg.GetList().GetItems()
		if len(parts) < 2 {
			return none
		}
		r, f := c.named(parts[:len(parts)-1])
		switch {
		case f.found() || r == nil:
			return f
		case !isTable(r) && r.Kind != catalog.ForeignTable && r.Kind != catalog.View:
			return fail("42809", "a sequence cannot be owned by the %s %s", r.Kind, r.Name)
		case catalog.Schema(r.Name) != catalog.Schema(name):
			return fail("55000", "sequence %s and %s are in different schemas", name, r.Name)
		}
		_, f = c.column(r, parts[len(parts)-1].GetString_().GetSval())
		return f
	})
}

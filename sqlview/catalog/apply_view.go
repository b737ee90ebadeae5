package catalog

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func createView(e *evolution, n *pg.Node) {
	s := n.GetViewStmt()
	name := e.newName(s.View)
	r := &Relation{Name: name, Kind: View, Columns: e.outputColumns(s.Query, s.Aliases), Unlisted: true,
		NotUpdatable: notUpdatable(s.Query.GetSelectStmt())}
	if old := e.Relations.Get(name); old != nil {
		e.undepend(name)
		r.Dependents, r.Owner, r.CreatedHere = old.Dependents, old.Owner, old.CreatedHere
		r.Triggers, r.Rules, r.Listed = old.Triggers, old.Rules, old.Listed
		e.Relations.Set(name, r)
	} else {
		e.add(r)
	}
	e.dependOn(r, s.Query)
}

// dependOn notes on every relation that a query reads that the view needs it,
// with the columns that the query may mean.
func (e *evolution) dependOn(view *Relation, query *pg.Node) {
	words := Columns(query)
	seen := map[string]bool{}
	for _, v := range Tables(query) {
		name := e.Name(v)
		if seen[name] || name == view.Name {
			continue
		}
		seen[name] = true
		r := e.edit(name)
		r.Dependents = with(r.Dependents, Dependent{Name: view.Name, Kind: view.Kind, Columns: r.named(words)})
	}
	e.needsCalls(Dependent{Name: view.Name, Kind: view.Kind}, query)
}

// outputColumns names the columns of a query as far as they can be read; what a
// type cannot be told from the tree stays "".
func (e *evolution) outputColumns(query *pg.Node, aliases []*pg.Node) []Column {
	var all []Column
	s := query.GetSelectStmt()
	for s.GetLarg() != nil {
		s = s.Larg
	}
	for _, t := range s.GetTargetList() {
		all = append(all, e.outputColumn(s, t.GetResTarget())...)
	}
	for i, name := range Strings(aliases) {
		if i < len(all) {
			all[i].Name = name
		}
	}
	return all
}

func (e *evolution) outputColumn(s *pg.SelectStmt, t *pg.ResTarget) []Column {
	ref := t.GetVal().GetColumnRef()
	var known []Column
	for _, v := range Tables(&pg.Node{Node: &pg.Node_SelectStmt{SelectStmt: s}}) {
		if r := e.Relations.Get(e.Name(v)); r != nil {
			known = append(known, r.Columns...)
		}
	}
	if ref != nil && columnRef(ref) == "*" {
		return bare(known)
	}
	c := Column{Name: t.GetName()}
	switch {
	case ref != nil:
		if i := slices.IndexFunc(known, func(k Column) bool { return k.Name == columnRef(ref) }); i >= 0 {
			c.Type = known[i].Type
		}
		if c.Name == "" {
			c.Name = columnRef(ref)
		}
	case c.Name == "" && t.GetVal().GetFuncCall() != nil:
		words := Strings(t.GetVal().GetFuncCall().Funcname)
		c.Name = words[len(words)-1]
	case c.Name == "" && t.GetVal().GetTypeCast() != nil:
		if inner := t.GetVal().GetTypeCast().Arg.GetColumnRef(); inner != nil {
			c.Name = columnRef(inner)
		}
	case c.Name == "":
		c.Name = "?column?"
	}
	return []Column{c}
}

// bare keeps names and types, which is all that a query passes on.
func bare(columns []Column) []Column {
	return mapped(columns, func(c Column) Column { return Column{Name: c.Name, Type: c.Type} })
}

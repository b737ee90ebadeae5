package usage

import (
	"slices"

	pg "github.com/pganalyze/pg_query_go/v6"

	"belay/sqlview/catalog"
)

// reading is one statement with the relations that it names.
type reading struct {
	s Subject
	// ours has the names by which the statement calls the subject's relation, others
	// those by which it calls something else.
	ours, others []string
	// named says how sure it is that the relation is named at all; sharing is true where
	// another one with such a column is named too.
	named   Verdict
	sharing bool
	found   Use
}

// tree is the use that a statement makes.
func (s Subject) tree(node *pg.Node) Use {
	r := &reading{s: s}
	r.relations(node)
	if r.named == None {
		return Use{}
	}
	if s.Column == "" {
		return Use{Verdict: r.named, Why: doubted(r.named, "it may mean a table of the same name in another schema")}
	}
	catalog.Walk(node, r.visit)
	if r.found.Verdict == Sure && r.named == Perhaps {
		r.found = Use{Verdict: Perhaps, Why: "it may mean a table of the same name in another schema"}
	}
	return r.found
}

func doubted(v Verdict, why string) string {
	if v == Perhaps {
		return why
	}
	return ""
}

// relations finds what the statement calls by which name. The name of a WITH hides a
// table's.
func (r *reading) relations(node *pg.Node) {
	hidden := map[string]bool{}
	catalog.Walk(node, func(m any) bool {
		switch n := m.(type) {
		case *pg.CommonTableExpr:
			hidden[n.Ctename] = true
			r.others = append(r.others, n.Ctename)
		case *pg.RangeSubselect:
			r.others = append(r.others, n.GetAlias().GetAliasname())
		case *pg.RangeFunction:
			r.others = append(r.others, n.GetAlias().GetAliasname())
		}
		return true
	})
	catalog.Walk(node, func(m any) bool {
		n, ok := m.(*pg.RangeVar)
		if !ok || n.Schemaname == "" && hidden[n.Relname] {
			return true
		}
		name := n.Relname
		if n.Alias != nil {
			name = n.Alias.Aliasname
		}
		if is := r.s.relation(n.Schemaname, n.Relname); is != None {
			r.named = max(r.named, is)
			r.ours = append(r.ours, name)
		} else {
			r.others = append(r.others, name)
			r.sharing = r.sharing || slices.Contains(r.s.Sharing, n.Relname)
		}
		return true
	})
}

func (r *reading) is(u Use) { r.found = r.found.or(u) }

// visit looks at each place where a statement may name a column.
func (r *reading) visit(m any) bool {
	switch n := m.(type) {
	case *pg.ColumnRef:
		r.is(r.reference(n))
	case *pg.InsertStmt:
		r.insert(n)
	case *pg.UpdateStmt:
		r.targets(n.Relation, n.TargetList)
	case *pg.MergeStmt:
		for _, w := range n.MergeWhenClauses {
			r.targets(n.Relation, w.GetMergeWhenClause().GetTargetList())
		}
	case *pg.CopyStmt:
		r.copied(n)
	case *pg.JoinExpr:
		if slices.Contains(catalog.Strings(n.UsingClause), r.s.Column) {
			r.is(Use{Verdict: Sure, Why: "it joins by it"})
		}
	}
	return true
}

// reference is what a name with or without a table before it means.
func (r *reading) reference(n *pg.ColumnRef) Use {
	var words []string
	star := false
	for _, f := range n.Fields {
		if f.GetAStar() != nil {
			star = true
			continue
		}
		words = append(words, f.GetString_().GetSval())
	}
	switch {
	case star:
		if len(words) == 0 || r.calls(words[len(words)-1]) != None {
			return Use{Verdict: Perhaps, Why: "it reads every column (*)"}
		}
		return Use{}
	case len(words) == 1 && words[0] == r.s.Column:
		if r.sharing {
			return Use{Verdict: Perhaps, Why: "another table that it names has such a column too"}
		}
		return Use{Verdict: Sure}
	case len(words) == 1:
		if slices.Contains(r.ours, words[0]) {
			return Use{Verdict: Perhaps, Why: "it takes whole rows"}
		}
		return Use{}
	case words[len(words)-1] != r.s.Column:
		return Use{}
	}
	u := Use{Verdict: r.calls(words[len(words)-2])}
	u.Why = doubted(u.Verdict, "it gives one name to two tables")
	return u
}

// calls says whether the statement calls the relation by a name.
func (r *reading) calls(name string) Verdict {
	switch {
	case !slices.Contains(r.ours, name) && !(name == "excluded" && len(r.ours) > 0):
		return None
	case slices.Contains(r.others, name):
		return Perhaps
	}
	return Sure
}

func (r *reading) insert(n *pg.InsertStmt) {
	if r.s.relation(n.Relation.GetSchemaname(), n.Relation.GetRelname()) == None {
		return
	}
	if len(n.Cols) == 0 && n.SelectStmt != nil {
		r.is(Use{Verdict: Perhaps, Why: "it inserts by place, without a list of columns"})
	}
	r.targets(n.Relation, n.Cols)
	c := n.OnConflictClause
	r.targets(n.Relation, c.GetTargetList())
	for _, e := range c.GetInfer().GetIndexElems() {
		if e.GetIndexElem().GetName() == r.s.Column {
			r.is(Use{Verdict: Sure, Why: "ON CONFLICT goes by it"})
		}
	}
}

// targets are the columns that a statement writes.
func (r *reading) targets(of *pg.RangeVar, list []*pg.Node) {
	if of == nil || r.s.relation(of.Schemaname, of.Relname) == None {
		return
	}
	for _, t := range list {
		if t.GetResTarget().GetName() == r.s.Column {
			r.is(Use{Verdict: Sure, Why: "it writes it"})
		}
	}
}

func (r *reading) copied(n *pg.CopyStmt) {
	switch {
	case n.Relation == nil || r.s.relation(n.Relation.Schemaname, n.Relation.Relname) == None:
	case len(n.Attlist) == 0:
		r.is(Use{Verdict: Perhaps, Why: "COPY takes every column"})
	case slices.Contains(catalog.Strings(n.Attlist), r.s.Column):
		r.is(Use{Verdict: Sure})
	}
}

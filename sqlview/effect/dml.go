package effect

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_SelectStmt)(nil), selectRows)
	_ = register((*pg.Node_InsertStmt)(nil), insertRows)
	_ = register((*pg.Node_UpdateStmt)(nil), updateRows)
	_ = register((*pg.Node_DeleteStmt)(nil), deleteRows)
	_ = register((*pg.Node_MergeStmt)(nil), mergeRows)
	_ = register((*pg.Node_CopyStmt)(nil), copyRows)
)

func selectRows(j *judge, n *pg.Node) {
	s := n.GetSelectStmt()
	j.inverse(ReversibleInstant, "")
	if into := s.GetIntoClause().GetRel(); into != nil {
		j.breaks(BreaksNew)
		j.inverse(ReversibleInstant, "DROP TABLE %s", catalog.Quote(j.cat.Name(into)))
	}
	j.plans(n)
	for _, l := range s.LockingClause {
		j.lockRows(s, l.GetLockingClause())
	}
	j.callsOf(n)
}

// callsOf says that a query calls what may do anything.
func (j *judge) callsOf(n *pg.Node) {
	catalog.Walk(n, func(m any) bool {
		f, ok := m.(*pg.FuncCall)
		if !ok {
			return true
		}
		name := catalog.Strings(f.Funcname)
		if known := j.function(name); known != nil && known.Volatility == "volatile" ||
			known == nil && len(name) > 0 && j.volatileCall(name) != "" && !volatileFunctions[name[len(name)-1]] && !aggregates[name[len(name)-1]] {
			j.unknown("calls " + name[len(name)-1] + "(), which may do anything")
		}
		return true
	})
}

// aggregates are the aggregate and window functions that queries call most.
var aggregates = words(`count sum avg min max array_agg string_agg json_agg jsonb_agg bool_and bool_or every
	row_number rank dense_rank ntile lag lead first_value last_value percentile_cont percentile_disc mode
	generate_series unnest stddev variance json_object_agg jsonb_object_agg jsonb_array_elements
	jsonb_each json_each jsonb_array_elements_text regexp_split_to_table json_array_elements any_value`)

func (j *judge) lockRows(s *pg.SelectStmt, l *pg.LockingClause) {
	for _, v := range catalog.Tables(&pg.Node{Node: &pg.Node_SelectStmt{SelectStmt: s}}) {
		name := j.cat.Name(v)
		j.lock(name, lock.RowShare)
		j.lockIndexes(name, j.planned(lock.RowShare))
	}
	if l != nil {
		j.note("holds row locks until the transaction ends")
	}
}

// plans locks what a query reads and, as the planner looks at them, all indexes
// of it. Views are followed to the tables they are known to read.
func (j *judge) plans(query *pg.Node) { j.reads(query, j.planRead) }

func (j *judge) planRead(table string) { j.lockIndexes(table, lock.AccessShare) }

// reads locks every relation of a query ACCESS SHARE and calls each with it.
func (j *judge) reads(query *pg.Node, each func(table string)) {
	for _, v := range catalog.Tables(query) {
		j.readRelation(j.cat.Name(v), query, each)
	}
}

func (j *judge) readRelation(name string, query *pg.Node, each func(string)) {
	j.lock(name, lock.AccessShare)
	r := j.cat.Seen(name)
	if each == nil {
		return
	}
	tree := []string{name}
	if r != nil {
		tree = append(tree, j.cat.Descendants(name)...)
	}
	j.lockAll(tree, lock.AccessShare)
	for _, t := range tree {
		each(t)
		if !j.byKey(t, query) {
			j.scan(t)
		}
	}
	if r != nil && r.Kind == catalog.View {
		j.readView(name, query, each)
	}
}

func (j *judge) readView(view string, query *pg.Node, each func(string)) {
	for name, r := range j.cat.Relations.All() {
		if slices.ContainsFunc(r.Dependents, func(d catalog.Dependent) bool { return d.Name == view }) {
			j.readRelation(name, query, each)
		}
	}
}

// byKey reports whether the query's WHERE compares the first column of an index
// of the table with a value: then the table is not read from end to end.
func (j *judge) byKey(table string, query *pg.Node) bool {
	where := whereOf(query)
	if where == nil {
		return false
	}
	for _, i := range j.indexes(table) {
		if i.Valid && i.Predicate == "" && len(i.Columns) > 0 && comparesColumn(where, i.Columns[0]) {
			return true
		}
	}
	return false
}

func whereOf(query *pg.Node) *pg.Node {
	switch {
	case query.GetSelectStmt() != nil:
		return query.GetSelectStmt().WhereClause
	case query.GetUpdateStmt() != nil:
		return query.GetUpdateStmt().WhereClause
	case query.GetDeleteStmt() != nil:
		return query.GetDeleteStmt().WhereClause
	}
	return nil
}

// comparesColumn looks for column = value, column IN (…) or column = ANY (…)
// among the outer ANDs of a condition.
func comparesColumn(where *pg.Node, column string) bool {
	if b := where.GetBoolExpr(); b != nil {
		return b.Boolop == pg.BoolExprType_AND_EXPR &&
			slices.ContainsFunc(b.Args, func(n *pg.Node) bool { return comparesColumn(n, column) })
	}
	e := where.GetAExpr()
	if e == nil || !slices.Equal(catalog.Strings(e.Name), []string{"="}) {
		return false
	}
	left, right := catalog.Columns(e.Lexpr), catalog.Columns(e.Rexpr)
	return slices.Equal(left, []string{column}) && len(right) == 0 && e.Lexpr.GetColumnRef() != nil ||
		slices.Equal(right, []string{column}) && len(left) == 0 && e.Rexpr.GetColumnRef() != nil
}

func insertRows(j *judge, n *pg.Node) {
	s := n.GetInsertStmt()
	table := j.target(s.Relation)
	j.inverse(ReversibleInstant, "DELETE the rows that were inserted")
	source := s.SelectStmt.GetSelectStmt()
	if source != nil && len(source.ValuesLists) == 0 {
		j.plans(s.SelectStmt)
		j.callsOf(s.SelectStmt)
		if len(catalog.Tables(s.SelectStmt)) > 0 || sets(source) {
			j.e.Duration = longer(j.e.Duration, Slow)
		}
	}
	j.checkedByRows(table, resNames(s.Cols), true)
	j.firesTriggers(table)
}

// sets reports whether a SELECT makes rows of its own, such as generate_series.
func sets(s *pg.SelectStmt) bool { return len(s.FromClause) > 0 }

func resNames(targets []*pg.Node) []string {
	var all []string
	for _, t := range targets {
		all = append(all, t.GetResTarget().GetName())
	}
	return all
}

// target locks the table whose rows are written; through a view, both.
func (j *judge) target(v *pg.RangeVar) string {
	name := j.cat.Name(v)
	j.lock(name, lock.RowExclusive)
	if r := j.cat.Seen(name); r != nil && r.Kind == catalog.View {
		for base, b := range j.cat.Relations.All() {
			if slices.ContainsFunc(b.Dependents, func(d catalog.Dependent) bool { return d.Name == name }) {
				j.lock(base, lock.RowExclusive)
			}
		}
	}
	return name
}

// writes locks what an UPDATE or DELETE touches: the planner opens every index
// with the table's own mode.
func (j *judge) writes(v *pg.RangeVar, n *pg.Node) string {
	name := j.target(v)
	tree := []string{name}
	if v.GetInh() {
		tree = append(tree, j.cat.Descendants(name)...)
	}
	j.lockAll(tree, lock.RowExclusive)
	for _, t := range tree {
		j.lockIndexes(t, lock.RowExclusive)
		if !j.byKey(t, n) {
			j.scan(t)
		}
	}
	j.note("every row it changes stays locked until the transaction ends")
	j.firesTriggers(name)
	return name
}

func (j *judge) firesTriggers(table string) {
	r := j.cat.Seen(table)
	if r == nil {
		return
	}
	for _, t := range r.Triggers {
		if t.Enabled {
			j.note("trigger %s calls %s", t.Name, t.Function)
		}
	}
}

func updateRows(j *judge, n *pg.Node) {
	s := n.GetUpdateStmt()
	j.inverse(ReversibleLossy, "none without a copy of the values before")
	name := j.writes(s.Relation, n)
	j.checkedByRows(name, resNames(s.TargetList), false)
	for _, f := range append(slices.Clone(s.FromClause), s.WhereClause) {
		j.plans(f)
	}
	j.callsOf(n)
}

func deleteRows(j *judge, n *pg.Node) {
	s := n.GetDeleteStmt()
	j.inverse(ReversibleNone, "none: the rows are gone")
	name := j.writes(s.Relation, n)
	for _, k := range j.foreignKeysTo(name) {
		if k.child != name {
			j.lock(k.child, lock.RowShare)
			j.lockIndexes(k.child, j.planned(lock.RowShare))
		}
	}
	for _, f := range append(slices.Clone(s.UsingClause), s.WhereClause) {
		j.plans(f)
	}
	j.callsOf(n)
}

func mergeRows(j *judge, n *pg.Node) {
	s := n.GetMergeStmt()
	j.inverse(ReversibleLossy, "none without a copy of the rows before")
	name := j.writes(s.Relation, n)
	j.checkedByRows(name, nil, false)
	j.plans(s.SourceRelation)
}

func copyRows(j *judge, n *pg.Node) {
	s := n.GetCopyStmt()
	if !s.IsFrom {
		if s.Query != nil {
			j.plans(s.Query)
			return
		}
		j.lock(j.cat.Name(s.Relation), lock.AccessShare)
		j.scanTree(j.cat.Name(s.Relation))
		return
	}
	name := j.target(s.Relation)
	j.inverse(ReversibleInstant, "DELETE the rows that were copied in")
	j.checkedByRows(name, catalog.Strings(s.Attlist), true)
	j.firesTriggers(name)
	j.e.Duration = Slow
}

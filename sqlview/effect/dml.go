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

// queries knows what reading and writing rows locks.
type queries struct {
	*record
	*routines
	*keys
	statement *pg.Node
	// ctes are the names of the statement's WITH; nil = not read yet.
	ctes map[string]bool
	// nest judges a statement inside the statement.
	nest func(*pg.Node)
	// views and bodies are those that were followed already.
	views, bodies map[string]bool
}

func selectRows(j *judge, n *pg.Node) {
	s := n.GetSelectStmt()
	if into := s.GetIntoClause().GetRel(); into != nil {
		j.inverse(ReversibleInstant, "DROP TABLE %s", catalog.Quote(j.cat.Name(into)))
	}
	j.plansRows(n)
	j.callsOf(n)
}

// plansRows is plans for a query that may say FOR UPDATE: the planner takes that lock.
func (j *judge) plansRows(n *pg.Node) {
	j.plans(n)
	for _, l := range n.GetSelectStmt().GetLockingClause() {
		j.lockRows(n.GetSelectStmt(), l.GetLockingClause())
	}
}

// lockRows judges FOR UPDATE and its kin; OF names tables by their alias.
func (q *queries) lockRows(s *pg.SelectStmt, l *pg.LockingClause) {
	of := map[string]bool{}
	for _, r := range l.GetLockedRels() {
		of[r.GetRangeVar().GetRelname()] = true
	}
	for _, v := range q.tables(&pg.Node{Node: &pg.Node_SelectStmt{SelectStmt: s}}) {
		called := v.Relname
		if v.Alias != nil {
			called = v.Alias.Aliasname
		}
		if len(of) > 0 && !of[called] {
			continue
		}
		name := q.cat.Name(v)
		for _, base := range q.basesOf(name) {
			q.lock(base, lock.RowShare)
			q.planIndexes(base, lock.RowShare)
		}
	}
	q.note("holds row locks until the transaction ends")
}

// tables lists the relations of a query, without the names of the statement's WITH.
func (q *queries) tables(query *pg.Node) []*pg.RangeVar {
	return slices.DeleteFunc(catalog.Tables(query), func(v *pg.RangeVar) bool {
		return v.Schemaname == "" && q.with()[v.Relname]
	})
}

// with lists the names that WITH introduces anywhere in the statement.
func (q *queries) with() map[string]bool {
	if q.ctes == nil {
		q.ctes = map[string]bool{}
		catalog.Walk(q.statement, func(m any) bool {
			if c, ok := m.(*pg.CommonTableExpr); ok {
				q.ctes[c.Ctename] = true
			}
			return true
		})
	}
	return q.ctes
}

// plans locks what a query reads and, as the planner looks at them, all indexes
// of it. Views are followed to the tables they are known to read. What a WITH
// writes is judged as written.
func (qs *queries) plans(queries ...*pg.Node) {
	for _, q := range queries {
		qs.reads(q, qs.planRead)
	}
}

func (q *queries) planRead(table string) { q.planIndexes(table, lock.AccessShare) }

// reads locks every relation of a query ACCESS SHARE and calls each with it; a
// nil each is for a query that is only parsed.
func (q *queries) reads(query *pg.Node, each func(table string)) {
	catalog.Walk(query, func(m any) bool {
		switch m := m.(type) {
		case *pg.IntoClause, *pg.LockingClause: // FOR UPDATE OF names what is in FROM
			return false
		case *pg.InsertStmt:
			return q.nested(&pg.Node{Node: &pg.Node_InsertStmt{InsertStmt: m}}, m.Relation, each)
		case *pg.UpdateStmt:
			return q.nested(&pg.Node{Node: &pg.Node_UpdateStmt{UpdateStmt: m}}, m.Relation, each)
		case *pg.DeleteStmt:
			return q.nested(&pg.Node{Node: &pg.Node_DeleteStmt{DeleteStmt: m}}, m.Relation, each)
		case *pg.RangeVar:
			if m.Schemaname != "" || !q.with()[m.Relname] {
				q.readRelation(q.cat.Name(m), query, each)
			}
		}
		return true
	})
}

// nested judges a statement inside another; false = it is done. Where it is
// only parsed, its table is locked and the rest is read.
func (q *queries) nested(n *pg.Node, target *pg.RangeVar, each func(string)) bool {
	if each == nil {
		q.target(target)
		return true
	}
	q.nest(n)
	return false
}

func (q *queries) readRelation(name string, query *pg.Node, each func(string)) {
	r := q.cat.Seen(name)
	q.lock(name, lock.AccessShare)
	if each == nil {
		return
	}
	tree := []string{name}
	if r != nil {
		tree = append(tree, q.cat.Descendants(name)...)
	}
	q.lockAll(tree, lock.AccessShare)
	for _, t := range tree {
		each(t)
		if !q.byKey(t, query) {
			q.scan(t)
		}
	}
	if r != nil && r.Kind == catalog.View {
		q.readView(name, query, each)
	}
}

// byKey reports whether the query's WHERE compares the first column of an index
// of the table with a value: then the table is not read from end to end.
func (q *queries) byKey(table string, query *pg.Node) bool {
	where := whereOf(query)
	if where == nil {
		return false
	}
	for _, i := range q.indexes(table) {
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
	if source != nil && len(source.ValuesLists) == 0 && len(source.FromClause) > 0 {
		j.e.Duration = longer(j.e.Duration, Slow)
	}
	j.plans(append(withClause(s.WithClause), s.SelectStmt)...)
	j.callsOf(n)
	if s.OnConflictClause != nil {
		j.planIndexes(table, lock.RowExclusive)
		j.inverse(ReversibleLossy, "rows that were there already are changed: nothing brings them back without a copy")
	}
	j.intoPartitions(table)
	j.checkedByRows(table, resNames(s.Cols), true)
	j.movesSequences(table, j.given(s, table))
	j.firesTriggers(table)
}

// intoPartitions: which partitions the rows go to depends on the rows.
func (q *queries) intoPartitions(table string) {
	q.lockAll(q.parts(table), lock.RowExclusive)
	q.lockAll(q.cat.Partitioned(table), lock.AccessShare)
}

// movesSequences locks the sequences of the defaults that an INSERT uses.
func (q *queries) movesSequences(table string, given []string) {
	r := q.cat.Seen(table)
	if r == nil {
		return
	}
	for _, c := range r.Columns {
		if !slices.Contains(given, c.Name) {
			q.lockAll(q.cat.SequencesOf(table, c.Name), lock.RowExclusive)
			q.lock(q.cat.SequenceCalled(c.Default, table), lock.RowExclusive)
		}
	}
}

// given lists the columns that an INSERT has values for.
func (q *queries) given(s *pg.InsertStmt, table string) []string {
	columns := resNames(s.Cols)
	if r := q.cat.Seen(table); r != nil && len(columns) == 0 {
		for _, c := range r.Columns {
			columns = append(columns, c.Name)
		}
	}
	source := s.SelectStmt.GetSelectStmt()
	if source == nil {
		return nil // DEFAULT VALUES
	}
	values := source.TargetList
	if len(source.ValuesLists) > 0 {
		values = source.ValuesLists[0].GetList().GetItems()
	} else if len(s.Cols) > 0 ||
		slices.Contains(catalog.Columns(&pg.Node{Node: &pg.Node_SelectStmt{SelectStmt: source}}), "*") {
		return columns
	}
	var all []string
	for i, v := range values[:min(len(values), len(columns))] {
		if v.GetSetToDefault() == nil {
			all = append(all, columns[i])
		}
	}
	return all
}

func withClause(w *pg.WithClause) []*pg.Node { return slices.Clone(w.GetCtes()) }

func resNames(targets []*pg.Node) []string {
	var all []string
	for _, t := range targets {
		all = append(all, t.GetResTarget().GetName())
	}
	return all
}

// writes locks what an UPDATE or DELETE touches: the planner opens every index
// with the table's own mode.
func (q *queries) writes(v *pg.RangeVar, n *pg.Node) string {
	name := q.target(v)
	tree := []string{name}
	if v.GetInh() {
		tree = append(tree, q.cat.Descendants(name)...)
	}
	q.lockAll(tree, lock.RowExclusive)
	for _, t := range tree {
		q.planIndexes(t, lock.RowExclusive)
		if !q.byKey(t, n) {
			q.scan(t)
		}
	}
	q.note(RowsStayLocked)
	q.firesTriggers(name)
	return name
}

// RowsStayLocked is the note of an UPDATE, DELETE or MERGE.
const RowsStayLocked = "every row it changes stays locked until the transaction ends"

func (q *queries) firesTriggers(table string) {
	r := q.cat.Seen(table)
	if r == nil {
		return
	}
	for _, t := range r.Triggers {
		if t.Enabled {
			q.note("trigger %s calls %s", t.Name, t.Function)
			q.runs(t.Function)
		}
	}
}

func updateRows(j *judge, n *pg.Node) {
	s := n.GetUpdateStmt()
	j.inverse(ReversibleLossy, "nothing brings the old values back without a copy of them")
	name := j.writes(s.Relation, n)
	j.checkedByRows(name, resNames(s.TargetList), false)
	j.plans(slices.Concat(withClause(s.WithClause), s.FromClause, s.TargetList, []*pg.Node{s.WhereClause})...)
	j.callsOf(n)
}

func deleteRows(j *judge, n *pg.Node) {
	s := n.GetDeleteStmt()
	j.inverse(ReversibleNone, "none: the rows are gone")
	name := j.writes(s.Relation, n)
	j.deleted(name)
	j.plans(slices.Concat(withClause(s.WithClause), s.UsingClause, []*pg.Node{s.WhereClause})...)
	j.callsOf(n)
}

func mergeRows(j *judge, n *pg.Node) {
	s := n.GetMergeStmt()
	j.inverse(ReversibleLossy, "nothing brings the rows back without a copy of them")
	name := j.writes(s.Relation, n)
	for _, w := range s.MergeWhenClauses {
		c := w.GetMergeWhenClause()
		switch c.GetCommandType() {
		case pg.CmdType_CMD_UPDATE:
			j.checkedByRows(name, resNames(c.TargetList), false)
		case pg.CmdType_CMD_INSERT:
			j.checkedByRows(name, resNames(c.TargetList), true)
			j.intoPartitions(name)
		case pg.CmdType_CMD_DELETE:
			j.inverse(ReversibleNone, "")
			j.deleted(name)
		}
	}
	j.plans(append(withClause(s.WithClause), s.SourceRelation)...)
	j.callsOf(n)
}

func copyRows(j *judge, n *pg.Node) {
	s := n.GetCopyStmt()
	if !s.IsFrom {
		if s.Query != nil {
			j.plans(s.Query)
			j.callsOf(s.Query)
			return
		}
		j.lock(j.cat.Name(s.Relation), lock.AccessShare)
		j.scanTree(j.cat.Name(s.Relation))
		return
	}
	name := j.target(s.Relation)
	j.intoPartitions(name)
	j.inverse(ReversibleInstant, "DELETE the rows that were copied in")
	j.checkedByRows(name, catalog.Strings(s.Attlist), true)
	j.firesTriggers(name)
	j.e.Duration = Slow
}

package effect

import (
	"reflect"
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
	if into := s.GetIntoClause().GetRel(); into != nil {
		j.inverse(ReversibleInstant, "DROP TABLE %s", catalog.Quote(j.cat.Name(into)))
	}
	j.plans(n)
	for _, l := range s.LockingClause {
		j.lockRows(s, l.GetLockingClause())
	}
	j.callsOf(n)
}

// lockRows judges FOR UPDATE and its kin; OF names tables by their alias.
func (j *judge) lockRows(s *pg.SelectStmt, l *pg.LockingClause) {
	of := map[string]bool{}
	for _, r := range l.GetLockedRels() {
		of[r.GetRangeVar().GetRelname()] = true
	}
	for _, v := range j.tables(&pg.Node{Node: &pg.Node_SelectStmt{SelectStmt: s}}) {
		called := v.Relname
		if v.Alias != nil {
			called = v.Alias.Aliasname
		}
		if len(of) > 0 && !of[called] {
			continue
		}
		name := j.cat.Name(v)
		j.lock(name, lock.RowShare)
		j.planIndexes(name, lock.RowShare)
	}
	j.note("holds row locks until the transaction ends")
}

// tables lists the relations of a query, without the names of the statement's WITH.
func (j *judge) tables(query *pg.Node) []*pg.RangeVar {
	return slices.DeleteFunc(catalog.Tables(query), func(v *pg.RangeVar) bool {
		return v.Schemaname == "" && j.with()[v.Relname]
	})
}

// with lists the names that WITH introduces anywhere in the statement.
func (j *judge) with() map[string]bool {
	if j.ctes == nil {
		j.ctes = map[string]bool{}
		catalog.Walk(j.Node, func(m any) bool {
			if c, ok := m.(*pg.CommonTableExpr); ok {
				j.ctes[c.Ctename] = true
			}
			return true
		})
	}
	return j.ctes
}

// plans locks what a query reads and, as the planner looks at them, all indexes
// of it. Views are followed to the tables they are known to read. What a WITH
// writes is judged as written.
func (j *judge) plans(queries ...*pg.Node) {
	for _, q := range queries {
		j.reads(q, j.planRead)
	}
}

func (j *judge) planRead(table string) { j.planIndexes(table, lock.AccessShare) }

// reads locks every relation of a query ACCESS SHARE and calls each with it; a
// nil each is for a query that is only parsed.
func (j *judge) reads(query *pg.Node, each func(table string)) {
	catalog.Walk(query, func(m any) bool {
		switch m := m.(type) {
		case *pg.IntoClause:
			return false
		case *pg.InsertStmt:
			return j.nested(&pg.Node{Node: &pg.Node_InsertStmt{InsertStmt: m}}, m.Relation, each)
		case *pg.UpdateStmt:
			return j.nested(&pg.Node{Node: &pg.Node_UpdateStmt{UpdateStmt: m}}, m.Relation, each)
		case *pg.DeleteStmt:
			return j.nested(&pg.Node{Node: &pg.Node_DeleteStmt{DeleteStmt: m}}, m.Relation, each)
		case *pg.RangeVar:
			if m.Schemaname != "" || !j.with()[m.Relname] {
				j.readRelation(j.cat.Name(m), query, each)
			}
		}
		return true
	})
}

// nested judges a statement inside another; false = it is done. Where it is
// only parsed, its table is locked and the rest is read.
func (j *judge) nested(n *pg.Node, target *pg.RangeVar, each func(string)) bool {
	if each == nil {
		j.target(target)
		return true
	}
	families[reflect.TypeOf(n.Node)](j, n)
	return false
}

func (j *judge) readRelation(name string, query *pg.Node, each func(string)) {
	r := j.cat.Seen(name)
	j.lock(name, lock.AccessShare)
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
	if source != nil && len(source.ValuesLists) == 0 && len(source.FromClause) > 0 {
		j.e.Duration = longer(j.e.Duration, Slow)
	}
	j.plans(append(withClause(s.WithClause), s.SelectStmt)...)
	j.callsOf(s.SelectStmt)
	if s.OnConflictClause != nil {
		j.planIndexes(table, lock.RowExclusive)
		j.inverse(ReversibleLossy, "rows that were there already are changed: none without a copy")
	}
	j.intoPartitions(table)
	j.checkedByRows(table, resNames(s.Cols), true)
	j.movesSequences(table, resNames(s.Cols))
	j.firesTriggers(table)
}

// intoPartitions: which partitions the rows go to depends on the rows.
func (j *judge) intoPartitions(table string) {
	if r := j.cat.Seen(table); r != nil && r.Kind == catalog.PartitionedTable {
		j.lockAll(j.cat.Descendants(table), lock.RowExclusive)
	}
}

// movesSequences locks the sequences of the defaults that an INSERT uses.
func (j *judge) movesSequences(table string, given []string) {
	r := j.cat.Seen(table)
	if r == nil || len(given) == 0 {
		return
	}
	for _, c := range r.Columns {
		if !slices.Contains(given, c.Name) {
			j.lockAll(j.cat.SequencesOf(table, c.Name), lock.RowExclusive)
		}
	}
}

func withClause(w *pg.WithClause) []*pg.Node { return slices.Clone(w.GetCtes()) }

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
		j.planIndexes(t, lock.RowExclusive)
		if !j.byKey(t, n) {
			j.scan(t)
		}
	}
	j.note(RowsStayLocked)
	j.firesTriggers(name)
	return name
}

// RowsStayLocked is the note of an UPDATE, DELETE or MERGE.
const RowsStayLocked = "every row it changes stays locked until the transaction ends"

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
	j.plans(slices.Concat(withClause(s.WithClause), s.FromClause, s.TargetList, []*pg.Node{s.WhereClause})...)
	j.callsOf(n)
}

func deleteRows(j *judge, n *pg.Node) {
	s := n.GetDeleteStmt()
	j.inverse(ReversibleNone, "none: the rows are gone")
	name := j.writes(s.Relation, n)
	for _, k := range j.foreignKeysTo(name) {
		j.lookedUp(k, name)
	}
	j.plans(slices.Concat(withClause(s.WithClause), s.UsingClause, []*pg.Node{s.WhereClause})...)
	j.callsOf(n)
}

func mergeRows(j *judge, n *pg.Node) {
	s := n.GetMergeStmt()
	j.inverse(ReversibleLossy, "none without a copy of the rows before")
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
			for _, k := range j.foreignKeysTo(name) {
				j.lookedUp(k, name)
			}
		}
	}
	j.plans(append(withClause(s.WithClause), s.SourceRelation)...)
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
	j.intoPartitions(name)
	j.inverse(ReversibleInstant, "DELETE the rows that were copied in")
	j.checkedByRows(name, catalog.Strings(s.Attlist), true)
	j.firesTriggers(name)
	j.e.Duration = Slow
}

package effect

import (
	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_IndexStmt)(nil), createIndex)
	_ = register((*pg.Node_ReindexStmt)(nil), reindex)
)

func indexColumns(s *pg.IndexStmt) []string {
	var columns []string
	for _, p := range s.IndexParams {
		columns = append(columns, p.GetIndexElem().GetName())
		columns = append(columns, catalog.Columns(p.GetIndexElem().GetExpr())...)
	}
	return columns
}

func createIndex(j *judge, n *pg.Node) {
	s := n.GetIndexStmt()
	table := j.cat.Name(s.Relation)
	r := j.cat.Seen(table)
	j.inverse(ReversibleInstant, "DROP INDEX CONCURRENTLY")
	if s.Unique && !j.keptInStep(table, indexColumns(s)...) {
		j.breaks(BreaksOld)
	}
	if j.cat.Relation(table) == nil && !j.new(table) {
		j.note("%s is not in the catalog", table)
	}
	mode := lock.Share
	if s.Concurrent {
		mode = lock.ShareUpdateExclusive
		j.e.Transactional = false
		j.note("waits for every older transaction that has a snapshot in this database; stopped half-way it leaves " +
			"an INVALID index")
	}
	j.lock(table, mode)
	j.callsFunctions(s)
	if name := catalog.Schema(table) + "." + catalog.Truncate(s.Idxname); s.IfNotExists && s.Idxname != "" &&
		j.cat.Seen(name) != nil {
		j.note("%s is there already: IF NOT EXISTS does nothing", name)
		return
	}
	if r == nil || r.Kind != catalog.PartitionedTable {
		j.buildIndex(table, s.Concurrent)
		return
	}
	j.partitionedIndex(s, table)
}

// buildIndex reads the table; a concurrent build reads it twice.
func (j *judge) buildIndex(table string, concurrent bool) {
	j.scan(table)
	if concurrent && !j.new(table) {
		j.e.Duration = Slow
	}
}

func (j *judge) partitionedIndex(s *pg.IndexStmt, table string) {
	switch {
	case j.major() == 10:
		j.refused("42809", "an index on a partitioned table needs 11")
	case s.Concurrent:
		j.refused("0A000", "cannot create an index on a partitioned table concurrently")
	case s.Relation.GetInh():
		whole := catalog.IndexDef{
			Unique: s.Unique, Method: s.AccessMethod, Predicate: catalog.Expression(s.WhereClause),
		}
		for _, p := range s.IndexParams {
			whole.Columns = append(whole.Columns, p.GetIndexElem().GetName())
		}
		for _, p := range s.IndexIncludingParams {
			whole.Include = append(whole.Include, p.GetIndexElem().GetName())
		}
		j.buildParts(table, whole, lock.Share)
	}
}

// callsFunctions notes functions of the catalog that run for every row.
func (j *judge) callsFunctions(s *pg.IndexStmt) {
	for _, p := range s.IndexParams {
		if e := p.GetIndexElem().GetExpr(); e != nil {
			j.note("computes %s for every row", catalog.Expression(e))
		}
	}
}

// reindex: the table's lock lets readers through, but planning a SELECT opens
// every index, and the index is locked ACCESS EXCLUSIVE.
func reindex(j *judge, n *pg.Node) {
	s := n.GetReindexStmt()
	j.inverse(ReversibleInstant, "nothing to take back")
	concurrent := hasOption(s.Params, "concurrently")
	table, index := lock.Share, lock.AccessExclusive
	if concurrent {
		table, index = lock.ShareUpdateExclusive, lock.ShareUpdateExclusive
		j.e.Transactional = false
		j.note("waits for every older transaction that has a snapshot in this database; stopped half-way it leaves " +
			"an INVALID index")
		if j.major() < 12 {
			j.refused("42601", "REINDEX CONCURRENTLY needs 12")
			return
		}
	}
	switch s.Kind {
	case pg.ReindexObjectType_REINDEX_OBJECT_INDEX:
		j.reindexIndex(j.cat.Name(s.Relation), table, index)
	case pg.ReindexObjectType_REINDEX_OBJECT_TABLE:
		j.reindexTree(j.cat.Name(s.Relation), table, index)
	default:
		j.e.Transactional = false
		j.reindexAll(s, table, index)
	}
	if concurrent {
		j.e.Duration = Slow
	}
}

func (j *judge) reindexIndex(name string, table, index lock.Mode) {
	owner, _ := j.cat.Indexed(name)
	if r := j.cat.Seen(name); r != nil && len(r.Children) > 0 {
		j.e.Transactional = false
		for _, part := range r.Children {
			j.reindexIndex(part, table, index)
		}
		return
	}
	if owner == nil {
		j.note("index %s is not in the catalog: its table is locked %s", name, table)
	} else {
		j.lock(owner.Name, table)
		j.scan(owner.Name)
	}
	j.lock(name, index)
	j.rebuild(name)
	if owner == nil {
		j.e.Duration = Slow
	}
}

func (j *judge) reindexTree(name string, table, index lock.Mode) {
	if r := j.cat.Seen(name); r != nil && r.Kind == catalog.PartitionedTable {
		if j.major() < 14 {
			j.lock(name, table)
			j.note("before 14 a partitioned table is skipped with a warning")
			return
		}
		j.e.Transactional = false
		for _, d := range j.cat.Descendants(name) {
			j.reindexTree(d, table, index)
		}
		return
	}
	j.lock(name, table)
	for _, i := range j.indexes(name) {
		j.lock(i.Name, index)
		j.rebuild(i.Name)
	}
	j.scan(name)
}

func (j *judge) reindexAll(s *pg.ReindexStmt, table, index lock.Mode) {
	if j.cat == nil {
		j.unknown("locks every table, one after the other")
		return
	}
	for name, r := range j.cat.Relations.All() {
		if r.Kind != catalog.Table && r.Kind != catalog.MaterializedView {
			continue
		}
		if s.Kind != pg.ReindexObjectType_REINDEX_OBJECT_SCHEMA || catalog.Schema(name) == s.Name {
			j.reindexTree(name, table, index)
		}
	}
	j.e.Duration = Slow
	j.note("each table in a transaction of its own, one after the other")
}

// hasOption reports whether an option is there and not switched off.
func hasOption(options []*pg.Node, name string) bool {
	for _, o := range options {
		if d := o.GetDefElem(); d.GetDefname() == name {
			return d.Arg == nil || !falseWord(d.Arg)
		}
	}
	return false
}

func falseWord(n *pg.Node) bool {
	switch n.GetString_().GetSval() {
	case "false", "off", "0", "no":
		return true
	}
	return n.GetBoolean() != nil && !n.GetBoolean().Boolval || n.GetInteger() != nil && n.GetInteger().Ival == 0
}

package effect

import (
	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_CreateSchemaStmt)(nil), createSchema)
	_ = register((*pg.Node_CreateStmt)(nil), func(j *judge, n *pg.Node) { createTable(j, n.GetCreateStmt()) })
	_ = register((*pg.Node_CreateForeignTableStmt)(nil), func(j *judge, n *pg.Node) {
		createTable(j, n.GetCreateForeignTableStmt().GetBaseStmt())
	})
	_ = register((*pg.Node_CreateTableAsStmt)(nil), createTableAs)
)

// createSchema makes its elements with the new schema first in the path.
func createSchema(j *judge, n *pg.Node) {
	s := n.GetCreateSchemaStmt()
	elements := catalog.SchemaElements(s)
	if len(elements) == 0 {
		j.inverse(ReversibleInstant, "DROP SCHEMA")
		return
	}
	inside := j.cat.Clone()
	inside.SearchPath = append([]string{catalog.Truncate(s.Schemaname)}, j.cat.Path()...)
	for _, e := range elements {
		st := j.Statement
		st.Node = e
		inner, _ := ofVersion(st, inside, j.major())
		for _, l := range inner.Locks {
			j.lock(l.Relation, l.Mode)
		}
		for _, scanned := range inner.Scans {
			j.scan(scanned)
		}
		if inner.Fails.Code != "" {
			j.fails(inner.Fails.Code, "%s", inner.Fails.Message)
		}
		inside.Apply(st, j.major())
	}
	j.inverse(ReversibleInstant, "DROP SCHEMA … CASCADE (what was written to its tables is lost)")
}

func createTable(j *judge, s *pg.CreateStmt) {
	name := j.cat.Name(s.GetRelation())
	j.inverse(ReversibleInstant, "DROP TABLE %s (what was written to it is lost)", catalog.Quote(name))
	if s.GetIfNotExists() && j.cat.Seen(name) != nil {
		j.note("%s is there already: IF NOT EXISTS does nothing", name)
		return
	}
	for _, p := range s.GetInhRelations() {
		j.createChild(j.cat.Name(p.GetRangeVar()), s.Partbound)
	}
	for _, k := range constraintsOf(s) {
		if k.GetContype() != pg.ConstrType_CONSTR_FOREIGN {
			continue
		}
		if parent := j.cat.Name(k.Pktable); parent != name {
			j.lock(parent, lock.ShareRowExclusive)
			j.lockAll(j.parts(parent), lock.ShareRowExclusive)
		}
	}
	for _, e := range s.GetTableElts() {
		if l := e.GetTableLikeClause(); l != nil {
			j.lock(j.cat.Name(l.Relation), lock.AccessShare)
		}
	}
}

// constraintsOf lists the constraints of a CREATE TABLE, those behind columns too.
func constraintsOf(s *pg.CreateStmt) []*pg.Constraint {
	var all []*pg.Constraint
	add := func(nodes []*pg.Node) {
		for _, n := range nodes {
			if k := n.GetConstraint(); k != nil {
				all = append(all, k)
			}
			for _, k := range n.GetColumnDef().GetConstraints() {
				all = append(all, k.GetConstraint())
			}
		}
	}
	add(s.GetTableElts())
	add(s.GetConstraints())
	return all
}

// createChild locks the parent of a partition or of an inheritance child.
func (j *judge) createChild(parent string, bound *pg.PartitionBoundSpec) {
	if bound == nil {
		j.lock(parent, lock.ShareUpdateExclusive)
		return
	}
	j.lock(parent, lock.AccessExclusive)
	r := j.cat.Seen(parent)
	if r == nil {
		return
	}
	if d := r.DefaultPartition; d != "" {
		j.attachDefault(r, "", bound)
		j.note("rows of the DEFAULT partition %s may belong to the new one: it is read", d)
	}
	j.partIndexes(parent)
	j.lockReferenced(parent, j.copiedKeyMode(), nil)
	j.lockReferencing(parent)
}

func createTableAs(j *judge, n *pg.Node) {
	s := n.GetCreateTableAsStmt()
	j.inverse(ReversibleInstant, "DROP it")
	if s.IfNotExists && j.cat.Seen(j.cat.Name(s.Into.GetRel())) != nil {
		j.note("it is there already: IF NOT EXISTS does nothing")
		return
	}
	if s.Into.GetSkipData() {
		j.reads(s.Query, nil)
		return
	}
	if s.Query.GetExecuteStmt() != nil {
		execute(j, s.Query)
		return
	}
	j.plans(s.Query)
	j.callsOf(s.Query)
}

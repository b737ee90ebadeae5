package effect

import (
	"belay/sqlview/catalog"
	"belay/sqlview/lock"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_VacuumStmt)(nil), vacuum)
	_ = register((*pg.Node_ClusterStmt)(nil), cluster)
	_ = register((*pg.Node_LockStmt)(nil), lockTable)
)

// vacuum is VACUUM and ANALYZE, which share a node.
func vacuum(j *judge, n *pg.Node) {
	s := n.GetVacuumStmt()
	j.inverse(ReversibleInstant, "nothing to take back")
	full := s.IsVacuumcmd && hasOption(s.Options, "full")
	if s.IsVacuumcmd {
		j.e.Transactional = false
	}
	tables := j.vacuumed(s)
	for _, t := range tables {
		j.vacuumTable(t, s, full)
	}
	if len(s.Rels) == 0 {
		j.e.Transactional = j.e.Transactional && !s.IsVacuumcmd
		j.note("every table of the database, one after the other")
		j.e.Duration = Slow
	}
	if s.IsVacuumcmd {
		j.e.Duration = Slow
	}
}

// vacuumed lists the tables: partitions too, inheritance children from 18 on.
func (j *judge) vacuumed(s *pg.VacuumStmt) []string {
	var all []string
	for _, v := range s.Rels {
		r := v.GetVacuumRelation().GetRelation()
		name := j.cat.Name(r)
		all = append(all, name)
		only := !r.GetInh() || j.Has(parse.VacuumOnly, r.GetLocation())
		known := j.cat.Seen(name)
		if !only && known != nil && (known.Kind == catalog.PartitionedTable || j.major() >= 18) {
			all = append(all, j.cat.Descendants(name)...)
		}
	}
	if len(s.Rels) == 0 && j.cat != nil {
		for name, r := range j.cat.Relations.All() {
			if r.Kind == catalog.Table || r.Kind == catalog.MaterializedView {
				all = append(all, name)
			}
		}
	}
	return all
}

func (j *judge) vacuumTable(name string, s *pg.VacuumStmt, full bool) {
	switch r := j.cat.Seen(name); {
	case full && (r == nil || r.Kind != catalog.PartitionedTable):
		j.lock(name, lock.AccessExclusive)
		j.rewrite(name)
	case full:
		j.lock(name, lock.AccessExclusive)
	case s.IsVacuumcmd:
		j.lock(name, lock.ShareUpdateExclusive)
		j.lockIndexes(name, lock.RowExclusive)
		j.note("at its end it may take ACCESS EXCLUSIVE for a moment to give back empty pages; it gives way to others")
	default:
		j.lock(name, lock.ShareUpdateExclusive)
		j.lockIndexes(name, lock.AccessShare)
		j.note("reads a sample of the rows")
	}
}

func cluster(j *judge, n *pg.Node) {
	s := n.GetClusterStmt()
	j.inverse(ReversibleInstant, "nothing to take back: the rows are the same")
	if s.Relation == nil {
		j.e.Transactional = false
		j.clusterAll()
		return
	}
	name := j.cat.Name(s.Relation)
	j.lock(name, lock.AccessExclusive)
	if r := j.cat.Seen(name); r != nil && r.Kind == catalog.PartitionedTable {
		j.e.Transactional = false
		for _, d := range j.cat.Descendants(name) {
			j.lock(d, lock.AccessExclusive)
			j.rewrite(d)
		}
		return
	}
	j.rewrite(name)
}

func (j *judge) clusterAll() {
	j.e.Duration = Slow
	j.note("every table that was clustered before, one after the other")
	if j.cat == nil {
		return
	}
	for name, r := range j.cat.Relations.All() {
		if r.ClusteredOn != "" {
			j.lock(name, lock.AccessExclusive)
			j.rewrite(name)
		}
	}
}

func lockTable(j *judge, n *pg.Node) {
	s := n.GetLockStmt()
	j.inverse(ReversibleInstant, "the end of the transaction")
	j.e.NeedsBlock = true
	for _, v := range s.Relations {
		name := j.cat.Name(v.GetRangeVar())
		j.lock(name, lock.Mode(s.Mode))
		if v.GetRangeVar().GetInh() {
			j.lockAll(j.cat.Descendants(name), lock.Mode(s.Mode))
		}
		if r := j.cat.Seen(name); r != nil && r.Kind == catalog.View {
			if j.major() < 11 {
				j.fails("42809", "%s is a view: LOCK TABLE of a view needs 11", name)
			}
			j.readView(name, nil, func(t string) { j.lock(t, lock.Mode(s.Mode)) })
		}
	}
	j.e.Scans = nil
}

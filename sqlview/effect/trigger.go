package effect

import (
	"belay/sqlview/catalog"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var (
	_ = register((*pg.Node_CreateTrigStmt)(nil), createTrigger)
	_ = register((*pg.Node_RuleStmt)(nil), createRule)
	_ = register((*pg.Node_CreatePolicyStmt)(nil), createPolicy)
	_ = register((*pg.Node_AlterPolicyStmt)(nil), alterPolicy)
	_ = register((*pg.Node_CreateStatsStmt)(nil), createStatistics)
	_ = register((*pg.Node_AlterStatsStmt)(nil), alterStatistics)
)

// createTrigger: a row trigger of a partitioned table is made on every partition.
func createTrigger(j *judge, n *pg.Node) {
	s := n.GetCreateTrigStmt()
	table := j.cat.Name(s.Relation)
	if inStep(j.known(j.cat.NameOf(s.Funcname))) == nil {
		j.breaks(BreaksOld)
	}
	j.inverse(ReversibleInstant, "DROP TRIGGER %s (ACCESS EXCLUSIVE)", catalog.Quote(s.Trigname))
	j.lock(table, lock.ShareRowExclusive)
	if s.Row {
		if r := j.cat.Seen(table); r != nil && r.Kind == catalog.PartitionedTable {
			j.lockAll(j.cat.Descendants(table), lock.ShareRowExclusive)
		}
	}
	if s.Constrrel != nil {
		j.lock(j.cat.Name(s.Constrrel), lock.AccessShare)
	}
}

func createRule(j *judge, n *pg.Node) {
	s := n.GetRuleStmt()
	j.breaks(BreaksOld)
	j.inverse(ReversibleInstant, "DROP RULE %s", catalog.Quote(s.Rulename))
	j.lock(j.cat.Name(s.Relation), lock.AccessExclusive)
	for _, a := range s.Actions {
		j.reads(a, nil)
	}
}

func createPolicy(j *judge, n *pg.Node) {
	s := n.GetCreatePolicyStmt()
	j.breaks(BreaksOld)
	j.inverse(ReversibleInstant, "DROP POLICY %s", catalog.Quote(s.PolicyName))
	j.lock(j.cat.Name(s.Table), lock.AccessExclusive)
	j.reads(s.Qual, nil)
	j.reads(s.WithCheck, nil)
}

func alterPolicy(j *judge, n *pg.Node) {
	s := n.GetAlterPolicyStmt()
	j.breaks(BreaksOld)
	j.inverse(ReversibleInstant, "ALTER POLICY back")
	j.lock(j.cat.Name(s.Table), lock.AccessExclusive)
	j.reads(s.Qual, nil)
	j.reads(s.WithCheck, nil)
}

func createStatistics(j *judge, n *pg.Node) {
	s := n.GetCreateStatsStmt()
	j.inverse(ReversibleInstant, "DROP STATISTICS")
	for _, v := range s.Relations {
		j.lock(j.cat.Name(v.GetRangeVar()), lock.ShareUpdateExclusive)
	}
	j.note("has no effect before the next ANALYZE")
}

func alterStatistics(j *judge, _ *pg.Node) { j.inverse(ReversibleInstant, "ALTER STATISTICS back") }

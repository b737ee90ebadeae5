package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "detach-cic-refused", Severity: lint.Stop, Kind: "fails",
	Supersedes: []string{"fails"},
	Summary:    "DETACH CONCURRENTLY beside a default partition, or before 14",
	Run:        detachCICRefused,
	Doc: `
## Advice
Detach partitions CONCURRENTLY, where the server can.

## In practice
The server refuses it while the table has a DEFAULT partition: the rows of a half detached partition might belong there.
Before 14 it does not know the word. The way is a short DETACH in a transaction, tried again until it gets its locks.

## Measured
Seen on 15: error 55000 beside a default partition. Documented: CONCURRENTLY came with 14.

## Instead
    SET lock_timeout = '200ms';
    ALTER TABLE parent DETACH PARTITION part;      -- alone in its transaction, tried again
`,
})

func detachCICRefused(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_DetachPartition) {
		cmd := a.Def.GetPartitionCmd()
		if !cmd.GetConcurrent() {
			continue
		}
		part := s.Name(cmd.GetName())
		h := lint.Hazard{
			Relation: a.Table, Object: part,
			Instead: fmt.Sprintf("SET lock_timeout = '200ms';\nALTER TABLE %s DETACH PARTITION %s;  -- alone in its "+
				"transaction, tried again", lint.Quote(a.Table), lint.Quote(part)),
		}
		switch {
		case p.Before(14):
			h.Message = fmt.Sprintf("This fails on version %d (42601): DETACH CONCURRENTLY needs 14.", p.Version)
			h.Why = "The word came with 14."
		case a.Relation != nil && a.Relation.DefaultPartition != "":
			h.Message = fmt.Sprintf("This fails (55000): %s has a default partition.", a.Table)
			h.Why = fmt.Sprintf("%s is the default partition, and CONCURRENTLY does not work beside one.",
				a.Relation.DefaultPartition)
		default:
			continue
		}
		s.Report(h)
	}
}

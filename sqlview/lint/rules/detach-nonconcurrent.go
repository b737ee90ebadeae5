package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "detach-nonconcurrent", Severity: lint.Stop, Kind: "blocks",
	Summary: "DETACH without CONCURRENTLY",
	Run:     detachNonconcurrent,
	Doc: `
## Advice
Detach partitions CONCURRENTLY.

## In practice
DETACH PARTITION takes ACCESS EXCLUSIVE on the parent: to take one old partition away, every query on the whole
partitioned table waits. From 14 on CONCURRENTLY does it with SHARE UPDATE EXCLUSIVE, in two transactions of its own, so
not inside one; it does not work where there is a default partition. If it is cut off half-way, DETACH … FINALIZE ends it.

## Measured
Seen on 15, 17 and 18: while DETACH CONCURRENTLY waited, SELECT and UPDATE went on; in BEGIN: error 25001. Documented: without
it ACCESS EXCLUSIVE on the parent.

## Instead
    ALTER TABLE parent DETACH PARTITION part CONCURRENTLY;   -- 14 and later, alone, outside a transaction
`,
})

func detachNonconcurrent(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_DetachPartition) {
		cmd := a.Def.GetPartitionCmd()
		part := s.Name(cmd.GetName())
		if cmd.GetConcurrent() || !s.Existed(part) {
			continue
		}
		h := lint.Hazard{
			Relation: a.Table, Object: part,
			Message: fmt.Sprintf("Every query on %s waits, to take %s away.", a.Table, part),
			Why:     "DETACH PARTITION takes ACCESS EXCLUSIVE on the parent.",
			Instead: detachInstead(p, a, part),
		}
		if strings.HasPrefix(h.Instead, "SET") && s.GivesUp() {
			h.Severity, h.Instead = lint.Notice, ""
			h.Why += " It gives up soon, and there is no other way here."
		}
		s.Report(h)
	}
}

func detachInstead(p *lint.Pass, a lint.Alteration, part string) string {
	detach := fmt.Sprintf("ALTER TABLE %s DETACH PARTITION %s", lint.Quote(a.Table), lint.Quote(part))
	switch {
	case p.Version != 0 && p.Version < 14:
		return "SET lock_timeout = '200ms';\n" + detach +
			";  -- alone in its transaction, tried again; CONCURRENTLY needs 14"
	case a.Relation != nil && a.Relation.DefaultPartition != "":
		return "SET lock_timeout = '200ms';\n" + detach +
			";  -- alone in its transaction, tried again; CONCURRENTLY does not work beside a default partition"
	}
	return detach + " CONCURRENTLY;  -- alone in its file, outside a transaction"
}

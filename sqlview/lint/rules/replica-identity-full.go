package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "replica-identity-full", Severity: lint.Warn, Kind: "slow",
	Summary: "REPLICA IDENTITY FULL",
	Run:     replicaIdentityFull,
	Doc: `
## Advice
Give a replicated table a key, not REPLICA IDENTITY FULL.

## In practice
With FULL every UPDATE and DELETE writes the whole old row to the WAL, and a subscriber without a usable index looks for
that row by reading its table, once per changed row. A unique index over NOT NULL columns serves as well and costs neither.

## Measured
Documented for 10 to 18: ACCESS EXCLUSIVE for a moment; the whole old row goes to the WAL.

## Instead
    ALTER TABLE t REPLICA IDENTITY USING INDEX t_key;
`,
})

func replicaIdentityFull(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_ReplicaIdentity) {
		if a.Def.GetReplicaIdentityStmt().GetIdentityType() != "f" {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Table,
			Message: fmt.Sprintf("Every UPDATE and DELETE of %s writes the whole old row to the WAL, and subscribers "+
				"search for it.", a.Table),
			Why: "REPLICA IDENTITY FULL names no key.",
			Instead: fmt.Sprintf("ALTER TABLE %s REPLICA IDENTITY USING INDEX …;  -- unique, over NOT NULL columns",
				lint.Quote(a.Table)),
		})
	}
}

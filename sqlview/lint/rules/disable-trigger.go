package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "disable-trigger", Severity: lint.Stop, Kind: "breaks",
	Summary: "DISABLE TRIGGER, foreign keys included when ALL",
	Run:     disableTrigger,
	Doc: `
## Advice
Do not switch off what keeps the data right.

## In practice
It is switched off for every session, not only for the migration: what the application writes meanwhile is not checked and
not audited either. ALL includes the triggers that enforce foreign keys: rows without a parent come in, and nothing looks
at them again when the triggers are back. If the migration fails in between, they stay off.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: SHARE ROW EXCLUSIVE. Documented: ALL includes the internal triggers of foreign keys.

## Instead
    BEGIN;
    SET LOCAL session_replication_role = replica;    -- this session only; needs the right to set it
    …
    COMMIT;
`,
})

func disableTrigger(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_DisableTrig, pg.AlterTableType_AT_DisableTrigAll,
		pg.AlterTableType_AT_DisableTrigUser) {
		what, why := "Trigger "+a.Name, "A trigger that is disabled is so for every session, until somebody enables it."
		switch a.Subtype {
		case pg.AlterTableType_AT_DisableTrigAll:
			what = "Every trigger"
			why = "ALL includes the triggers of foreign keys: rows without a parent come in, and nothing checks them " +
				"later." +
				referencedBy(a)
		case pg.AlterTableType_AT_DisableTrigUser:
			what = "Every trigger of its own"
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("%s of %s is off for all sessions, the application's included.", what, a.Table),
			Why:     why,
			Instead: "BEGIN;\nSET LOCAL session_replication_role = replica;  -- this session only\n…\nCOMMIT;",
		})
	}
}

func referencedBy(a lint.Alteration) string {
	if a.Relation == nil || len(a.Relation.ReferencedBy) == 0 {
		return ""
	}
	return fmt.Sprintf(" %s to this table.", lint.Count(len(a.Relation.ReferencedBy), "table refers"))
}

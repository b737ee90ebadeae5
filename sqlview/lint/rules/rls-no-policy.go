package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "rls-no-policy", Severity: lint.Stop, Kind: "breaks",
	Summary: "ENABLE ROW LEVEL SECURITY without a policy",
	Run:     rlsNoPolicy,
	Doc: `
## Advice
Policies first, then row level security, in one transaction.

## In practice
Without a policy every role but the owner sees no row and may write none, with no error for a SELECT: the application
reads an empty table. The owner and superusers see everything, so a check by the migration's own role finds nothing wrong.

## Measured
Seen on 15: a role that is not the owner sees 0 rows at once. ACCESS EXCLUSIVE for a moment on 10 to 18.

## Instead
    BEGIN;
    CREATE POLICY p ON t …;
    ALTER TABLE t ENABLE ROW LEVEL SECURITY;
    COMMIT;
`,
})

func rlsNoPolicy(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_EnableRowSecurity) {
		if a.Relation != nil && a.Relation.Policies > 0 || policyFollows(p, s, a.Table) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Table,
			Message: fmt.Sprintf("Every role but the owner sees %s empty from this moment on.", a.Table),
			Why: "Row level security without a policy shows no row; the owner sees all of them, so a check by " +
				"the owner finds nothing.",
			Instead: fmt.Sprintf("BEGIN;\nCREATE POLICY … ON %s …;\nALTER TABLE %s ENABLE ROW LEVEL SECURITY;\nCOMMIT;",
				lint.Quote(a.Table), lint.Quote(a.Table)),
		})
	}
}

// policyFollows reports whether the same transaction makes a policy afterwards.
func policyFollows(p *lint.Pass, s lint.Stmt, table string) bool {
	for later, c := range lint.Each(p, (*pg.Node).GetCreatePolicyStmt) {
		if later.Index > s.Index && s.InTransaction() && later.Transaction() == s.Transaction() &&
			later.Name(c.Table) == table {
			return true
		}
	}
	return false
}

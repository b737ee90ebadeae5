package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "notvalid-validate-same-tx", Severity: lint.Stop, Kind: "blocks",
	Summary:        "NOT VALID and VALIDATE in one transaction",
	GrowsWithTable: true,
	Supersedes:     []string{"long-tx-after-ae", "statement-after-ae"},
	Run:            notValidValidateSameTx,
	Doc: `
## Advice
Add the constraint NOT VALID in one migration and validate it in the next.

## In practice
A lock is held until the transaction ends. ADD CONSTRAINT … NOT VALID takes the strong lock for a moment only if its
transaction ends in that moment; with VALIDATE in the same transaction the lock of the first is held through the scan of
the second, which is what a plain ADD CONSTRAINT does too. A file that the tool runs as one transaction is enough for it.

## Measured
Seen on 15: SELECT waits during the whole VALIDATE when the CHECK was added in the same transaction.

## Instead
Two migrations: NOT VALID in the first, VALIDATE CONSTRAINT in the second.
`,
})

func notValidValidateSameTx(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_ValidateConstraint) {
		at, ok := addedBefore(p, s, a)
		if !ok {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("The lock that adding %s took is held while every row is checked.", a.Name),
			Why: fmt.Sprintf("%s was added NOT VALID in line %d of the same transaction, and its lock lasts "+
				"until COMMIT.", a.Name, at),
			Instead: fmt.Sprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s;  -- in the next migration",
				lint.Quote(a.Table), lint.Ident(a.Name)),
		})
	}
}

// addedBefore finds where the same transaction, or the same statement, added
// the constraint.
func addedBefore(p *lint.Pass, s lint.Stmt, a lint.Alteration) (line int, ok bool) {
	for e := range p.Shaping(a.Table) {
		if e.Index > s.Index || e.Index < s.Index && (!s.InTransaction() || e.Transaction() != s.Transaction()) {
			continue
		}
		for _, n := range e.Node.GetAlterTableStmt().GetCmds() {
			k := n.GetAlterTableCmd().GetDef().GetConstraint()
			if n.GetAlterTableCmd().GetSubtype() == pg.AlterTableType_AT_AddConstraint && k.GetConname() == a.Name &&
				k.GetSkipValidation() {
				return e.Line, true
			}
		}
	}
	return 0, false
}

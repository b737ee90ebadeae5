package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "enum-same-tx-use", Severity: lint.Stop, Kind: "fails",
	Summary: "a new enum value used in the transaction that added it",
	Run:     enumSameTxUse,
	Doc: `
## Advice
Add the value in one migration, use it in the next.

## In practice
A value that was added in a transaction cannot be used before its COMMIT: not in an UPDATE, not as a default, not in a
CHECK. A file that the tool runs as one transaction is enough for it. Where the type itself was made in the transaction it
depends on the version.

## Measured
Seen on 15 and 18: error 55P04. Where the type was created in the same transaction: works on 11, 17 and 18, fails on 12
and 15.

## Instead
Two migrations.
`,
})

func enumSameTxUse(p *lint.Pass) {
	for s, e := range lint.Each(p, (*pg.Node).GetAlterEnumStmt) {
		if e.OldVal != "" || !s.InTransaction() || madeHere(p, s.Catalog().Types.Get(s.NameOf(e.TypeName))) {
			continue
		}
		for use := range p.Statements() {
			if use.Index > s.Index && use.Transaction() == s.Transaction() && usesValue(use.Node, e.NewVal) {
				reportEnumUse(use, s, e)
				break
			}
		}
	}
}

func reportEnumUse(use, added lint.Stmt, e *pg.AlterEnumStmt) {
	use.Report(lint.Hazard{
		Object: e.NewVal,
		Message: fmt.Sprintf("This fails (55P04): '%s' cannot be used before the transaction that added it has "+
			"committed.", e.NewVal),
		Why: fmt.Sprintf("It was added to %s in line %d of the same transaction.", added.NameOf(e.TypeName),
			added.Line),
		Instead: "Move this statement into the next migration.",
	})
}

// madeHere reports whether the type is new in this run and the version allows
// its new values at once: below 12, and from 17 on.
func madeHere(p *lint.Pass, t *catalog.Type) bool {
	return t != nil && t.CreatedHere && (p.Version >= 17 || p.Version != 0 && p.Version < 12)
}

// usesValue reports whether a string constant of the tree is the value.
func usesValue(tree *pg.Node, value string) bool {
	found := false
	catalog.Walk(tree, func(m any) bool {
		if c, ok := m.(*pg.A_Const); ok && c.GetSval() != nil && c.GetSval().Sval == value {
			found = true
		}
		return !found
	})
	return found
}

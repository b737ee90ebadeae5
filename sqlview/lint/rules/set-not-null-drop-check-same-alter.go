package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "set-not-null-drop-check-same-alter", Severity: lint.Stop, Kind: "blocks",
	Summary:        "the CHECK that would spare the scan is dropped in the same ALTER",
	GrowsWithTable: true,
	Supersedes:     []string{"set-not-null"},
	Run:            setNotNullDropCheckSameAlter,
	Doc: `
## Advice
First SET NOT NULL, then, in another statement, drop the CHECK that proved it.

## In practice
The order in which an ALTER TABLE names its parts is not the order in which they run: drops come first. So the proof is
gone when SET NOT NULL looks for it, and the scan under ACCESS EXCLUSIVE that all the preparation was for is back.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: scan under ACCESS EXCLUSIVE.

## Instead
    ALTER TABLE t ALTER COLUMN c SET NOT NULL;
    ALTER TABLE t DROP CONSTRAINT c_present;
`,
})

func setNotNullDropCheckSameAlter(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_SetNotNull) {
		name := droppedProof(a)
		if name == "" {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("Every row of %s is read while nobody can read or write it.", a.Table),
			Why: fmt.Sprintf("The same ALTER TABLE drops %s, and drops run first: the proof is gone when SET NOT "+
				"NULL looks for it.", name),
			Instead: fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s SET NOT NULL;\nALTER TABLE %s DROP CONSTRAINT %s;",
				lint.Quote(a.Table), lint.Ident(a.Name), lint.Quote(a.Table), lint.Ident(name)),
		})
	}
}

// droppedProof names the valid CHECK on the column's NOT NULL that the same
// statement drops; "" = none.
func droppedProof(a lint.Alteration) string {
	for _, n := range a.Whole.Cmds {
		cmd := n.GetAlterTableCmd()
		k := a.Relation.Constraint(cmd.GetName())
		if cmd.GetSubtype() == pg.AlterTableType_AT_DropConstraint && k != nil && k.Type == catalog.Check && k.Valid &&
			catalog.Implies(k.Expression, catalog.Quote(a.Name)+" IS NOT NULL") {
			return k.Name
		}
	}
	return ""
}

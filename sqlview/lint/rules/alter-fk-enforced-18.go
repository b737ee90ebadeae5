package rules

import (
	"fmt"

	"belay/sqlview/lint"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "alter-fk-enforced-18", Severity: lint.Stop, Kind: "blocks",
	Summary:        "ALTER CONSTRAINT ENFORCED (18): scan",
	GrowsWithTable: true,
	Run:            alterFKEnforced18,
	Doc: `
## Advice
Add a foreign key NOT VALID rather than NOT ENFORCED, and validate it.

## In practice
A foreign key that was NOT ENFORCED becomes enforced by checking every row, under ACCESS EXCLUSIVE on the table and SHARE
ROW EXCLUSIVE on the one it refers to: the slow way, with the stronger lock. NOT VALID and VALIDATE do the same with
neither.

## Measured
Seen on 18: scan under ACCESS EXCLUSIVE on the table, SHARE ROW EXCLUSIVE on the parent.

## Instead
    ALTER TABLE t DROP CONSTRAINT fk;
    ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (…) REFERENCES p (…) NOT VALID;
    ALTER TABLE t VALIDATE CONSTRAINT fk;      -- another transaction
`,
})

func alterFKEnforced18(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_AlterConstraint) {
		k := a.Def.GetConstraint()
		if k == nil || !s.Has(parse.Enforced, k.Location) {
			continue
		}
		table, name := lint.Quote(a.Table), lint.Ident(k.Conname)
		s.Report(lint.Hazard{
			Relation: a.Table, Object: k.Conname, At: int(max(k.Location, 0)),
			Message: fmt.Sprintf("Every row of %s is checked while nobody can read or write it.", a.Table),
			Why: "ENFORCED validates the key under ACCESS EXCLUSIVE, and SHARE ROW EXCLUSIVE on the table it " +
				"refers to.",
			Instead: fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %s;\n-- add it again NOT VALID, then, in another "+
				"transaction:\nALTER TABLE %s VALIDATE CONSTRAINT %s;", table, name, table, name),
		})
	}
}

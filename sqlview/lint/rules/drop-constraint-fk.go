package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "drop-constraint-fk", Severity: lint.Warn, Kind: "blocks",
	Summary:    "DROP of a foreign key: ACCESS EXCLUSIVE on the parent too",
	Supersedes: []string{"drop-constraint"},
	Run:        dropConstraintFK,
	Doc: `
## Advice
Look at every table that a statement locks, not only the one it names.

## In practice
A foreign key has triggers on the table it refers to; to take them away the server takes ACCESS EXCLUSIVE there as well.
So reads of the parent, often the busiest table of all, wait behind this statement, which itself waits for two locks.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: ACCESS EXCLUSIVE on both; a SELECT on the parent waited.

## Instead
    SET lock_timeout = '200ms';
    ALTER TABLE t DROP CONSTRAINT fk;     -- alone in its transaction, tried again when it does not get the locks
`,
})

func dropConstraintFK(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_DropConstraint) {
		k := a.Relation.Constraint(a.Name)
		if k == nil || k.Type != catalog.ForeignKey {
			continue
		}
		h := lint.Hazard{
			Relation: k.References, Object: a.Name,
			Message: fmt.Sprintf("Reads and writes of %s wait as well as those of %s.", k.References, a.Table),
			Why: fmt.Sprintf("%s is a foreign key to %s, and dropping it takes ACCESS EXCLUSIVE on both.", a.Name,
				k.References),
			Instead: fmt.Sprintf("SET lock_timeout = '200ms';\nALTER TABLE %s DROP CONSTRAINT %s;  -- alone in its "+
				"transaction, tried again when it fails", lint.Quote(a.Table), lint.Ident(a.Name)),
		}
		if s.GivesUp() {
			h.Severity, h.Instead = lint.Notice, ""
			h.Why += " It gives up soon, and there is no other way."
		}
		s.Report(h)
	}
}

package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "type-constrained-domain", Severity: lint.Stop, Kind: "blocks",
	Summary:        "type changed to a domain with a CHECK",
	GrowsWithTable: true,
	Supersedes:     []string{"type-rewrite"},
	Run:            typeConstrainedDomain,
	Doc: `
## Advice
A domain over the same base type is not the same type.

## In practice
text to a domain over text looks free: the bytes are the same. But where the domain has a CHECK or NOT NULL, every value
must pass it, and PostgreSQL does that by writing the table anew under ACCESS EXCLUSIVE.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: new relfilenode for the table and its indexes.

## Instead
    ALTER TABLE t ADD CONSTRAINT c_check CHECK (…) NOT VALID;
    ALTER TABLE t VALIDATE CONSTRAINT c_check;      -- another transaction
`,
})

func typeConstrainedDomain(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_AlterColumnType) {
		domain := s.Catalog().Type(catalog.TypeText(a.Def.GetColumnDef().GetTypeName()))
		if !constrained(domain) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("Changing %s to %s writes every row and index anew while nobody can read or write "+
				"the table.", a.Name, domain.Name),
			Why: fmt.Sprintf("%s has a constraint (%s), and each value must pass it.", domain.Name,
				domainRule(domain)),
			Instead: fmt.Sprintf("The same CHECK on %s, NOT VALID, then VALIDATE in another transaction.",
				lint.Quote(a.Table)),
		})
	}
}

package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "domain-constraint", Severity: lint.Stop, Kind: "blocks",
	Summary: "ADD CHECK or SET NOT NULL on a domain: scans every table that uses it",
	Run:     domainConstraint,
	Doc: `
## Advice
Look at every table that uses a domain before you change the domain.

## In practice
The statement names no table and locks all of them that have a column of the domain: SHARE, so writes wait, while every
row of each is read. A CHECK can be added NOT VALID; its VALIDATE takes SHARE and scans as well. SET NOT NULL has no such
form.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: SHARE and a scan on every table that uses the domain, for ADD CHECK, SET NOT NULL and
VALIDATE.

## Instead
A CHECK on each table, NOT VALID and validated one by one.
`,
})

func domainConstraint(p *lint.Pass) {
	for s, a := range lint.Each(p, (*pg.Node).GetAlterDomainStmt) {
		name := s.NameOf(a.TypeName)
		d, used := s.Catalog().Types.Get(name), s.StrongTables()
		if !tightens(a) || d != nil && (d.CreatedHere || len(used) == 0) {
			continue
		}
		tables, why := "every table that uses it", "Which tables use the domain is not known here."
		if d != nil {
			tables, why = strings.Join(used, ", "),
				"SHARE is taken on each table that has a column of the domain, and each row is read."
		}
		s.Report(lint.Hazard{
			Object:  name,
			Message: fmt.Sprintf("Writes to %s wait while every row is read.", tables),
			Why:     why,
			Instead: "A CHECK on each table, NOT VALID and validated one by one.",
		})
	}
}

// tightens is ADD CONSTRAINT without NOT VALID, SET NOT NULL or VALIDATE.
func tightens(a *pg.AlterDomainStmt) bool {
	switch a.Subtype {
	case "C":
		return !a.Def.GetConstraint().GetSkipValidation()
	case "O", "V":
		return true
	}
	return false
}

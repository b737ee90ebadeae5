package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "row-security", Severity: lint.Warn, Kind: "silent",
	Summary: "UPDATE or DELETE of a table with row security: rows may be hidden from the role",
	Run:     rowSecurity,
	Doc: `
## Advice
Change rows as a role that sees all of them.

## In practice
Row security hides rows from every role but superusers, roles with BYPASSRLS and, without FORCE, the owner. An UPDATE or
DELETE then changes only what the policies show, without an error: 0 rows, and the migration is recorded as applied.

## Measured
Seen on 15: the owner of a table under FORCE ROW LEVEL SECURITY updates 0 of 99 rows, without an error.

## Instead
    SET LOCAL row_security = off;   -- the server then refuses in the place of leaving rows out
`,
})

func rowSecurity(p *lint.Pass) {
	all := givenIn(p)
	for s, d := range p.DataChanges() {
		r := s.Catalog().Seen(d.Table)
		if r == nil || !r.RowSecurity || r.CreatedHere || rowSecurityOff(all, s) {
			continue
		}
		if r.Visibility != nil && !roleChanged(all, s) {
			continue // row-security-hides asked the server
		}
		s.Report(lint.Hazard{
			Relation: d.Table, Object: d.Table, At: d.At,
			Message: fmt.Sprintf("Row security may hide rows of %s from the role: they are left as they are, without "+
				"an error.", d.Table),
			Why:     "Only a superuser, a role with BYPASSRLS, or without FORCE the owner, sees all rows.",
			Instead: "SET LOCAL row_security = off;  -- the server then refuses in the place of leaving rows out",
		})
	}
}

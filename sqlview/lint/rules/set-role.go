package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "set-role", Severity: lint.Notice, Kind: "note",
	Summary: "SET ROLE or OWNER TO: who owns what follows",
	Run:     setRole,
	Doc: `
## Advice
Know who owns what a migration makes.

## In practice
The owner decides who may alter the table later, which default privileges apply, and whose rights a function with SECURITY
DEFINER has. A table owned by another role than its neighbours is one that the next migration cannot change. SET ROLE lasts
for the session unless it is LOCAL.

## Measured
Documented for 10 to 18; OWNER TO takes ACCESS EXCLUSIVE.

## Instead
One role for all migrations, set by the tool; belay sets it for each unit where belay.toml names one.
`,
})

func setRole(p *lint.Pass) {
	for s, v := range lint.Each(p, (*pg.Node).GetVariableSetStmt) {
		if v.Kind == pg.VariableSetKind_VAR_SET_VALUE &&
			(strings.EqualFold(v.Name, "role") || strings.EqualFold(v.Name, "session_authorization")) {
			s.Report(lint.Hazard{
				Object:  v.Name,
				Message: "What follows is owned by another role than the one that logged in.",
				Why:     "Its default privileges apply, and the next migration needs its rights.",
			})
		}
	}
	for s, a := range p.Alterations(pg.AlterTableType_AT_ChangeOwner) {
		s.Report(lint.Hazard{
			Relation: a.Table, Object: "owner",
			Message: fmt.Sprintf("%s belongs to %s from now on.", a.Table, a.Newowner.GetRolename()),
			Why:     "Only its owner may alter it; the next migration needs that role.",
		})
	}
}

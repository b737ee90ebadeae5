package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "grant-widening", Severity: lint.Warn, Kind: "note",
	Summary: "GRANT to PUBLIC, SECURITY DEFINER without search_path",
	Run:     grantWidening,
	Doc: `
## Advice
Grant to roles, and give every SECURITY DEFINER function a search_path of its own.

## In practice
PUBLIC is everybody, also roles that are made later. A function with SECURITY DEFINER runs with the rights of its owner and,
unless it says otherwise, with the caller's search_path: a caller who can make a table or operator of the right name makes
the function use it, with the owner's rights.

## Measured
Documented for 10 to 18 (CVE-2018-1058 and the guide that followed).

## Instead
    CREATE FUNCTION f() … SECURITY DEFINER SET search_path = pg_catalog, pg_temp;
`,
})

func grantWidening(p *lint.Pass) {
	for s, g := range lint.Each(p, (*pg.Node).GetGrantStmt) {
		for _, n := range g.Grantees {
			if g.IsGrant && n.GetRoleSpec().GetRoletype() == pg.RoleSpecType_ROLESPEC_PUBLIC {
				s.Report(lint.Hazard{
					Object:  "PUBLIC",
					Message: "Everybody gets this right, also roles that are made later.",
					Why:     "PUBLIC is every role of the server.",
					Instead: "GRANT … TO a role of its own.",
				})
			}
		}
	}
	for s, f := range lint.Each(p, (*pg.Node).GetCreateFunctionStmt) {
		if lint.Option(f.Options, "security") && !setsSearchPath(f) {
			name := s.NameOf(f.Funcname)
			s.Report(lint.Hazard{
				Object:  name,
				Message: fmt.Sprintf("%s runs with its owner's rights and its caller's search_path.", name),
				Why: "SECURITY DEFINER without SET search_path lets a caller choose which table or operator a " +
					"name means.",
				Instead: "SECURITY DEFINER SET search_path = pg_catalog, pg_temp",
			})
		}
	}
}

func setsSearchPath(f *pg.CreateFunctionStmt) bool {
	for _, n := range f.Options {
		d := n.GetDefElem()
		if d.GetDefname() == "set" && d.Arg.GetVariableSetStmt().GetName() == "search_path" {
			return true
		}
	}
	return false
}

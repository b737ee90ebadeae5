package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "search-path", Severity: lint.Warn, Kind: "silent",
	Summary: "SET search_path, or names that depend on it",
	Run:     searchPath,
	Doc: `
## Advice
Write the schema with every name in a migration.

## In practice
A name without a schema means the first table of that name on the search_path of the session that runs the file: another
role, another pooler or a SET further up, and the statement changes another table, or makes a new one in the wrong place.
Nothing fails. A SET search_path in a file outlives it where the connection is used again.

## Measured
Documented: the first schema of the path that has the name wins; "$user" is the role's own schema, so it depends on who runs
the file.

## Instead
    ALTER TABLE app.orders …;
`,
})

func searchPath(p *lint.Pass) {
	for s, v := range lint.Each(p, (*pg.Node).GetVariableSetStmt) {
		if strings.EqualFold(v.Name, "search_path") && v.Kind == pg.VariableSetKind_VAR_SET_VALUE {
			s.Report(lint.Hazard{
				Object:  "search_path",
				Message: "Which table a name without schema means depends on this line from here on.",
				Why:     "The setting lasts for the session, and the names below do not say which schema they mean.",
				Instead: "Leave it out and write the schema with every name.",
			})
		}
	}
	for s := range p.Statements() {
		reportAmbiguous(s)
	}
}

// reportAmbiguous reports names without a schema that several schemas have.
func reportAmbiguous(s lint.Stmt) {
	for _, r := range s.Mentioned() {
		if r.Schemaname != "" {
			continue
		}
		if in := s.SchemasOf(r.Relname); len(in) > 1 {
			s.Report(lint.Hazard{
				Relation: s.Name(r), Object: r.Relname, At: int(r.Location),
				Message: fmt.Sprintf("%s without a schema may be another table than the one you mean.", r.Relname),
				Why: fmt.Sprintf("The schemas %s have a relation of this name; here the search_path finds %s.",
					strings.Join(in, ", "), s.Name(r)),
				Instead: lint.Quote(s.Name(r)),
			})
		}
	}
}

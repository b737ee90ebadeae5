package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "drop-schema", Severity: lint.Stop, Kind: "destroys",
	Summary: "DROP SCHEMA",
	Run:     dropSchema,
	Doc: `
## Advice
Never drop a schema on a live database: drop what is in it, one by one.

## In practice
With CASCADE one word takes every table, view, function and type with it, and what depends on them elsewhere. Without it the
server refuses unless the schema is empty, which makes it the safe form.

## Measured
Documented for 10 to 18.

## Instead
    DROP SCHEMA s;      -- without CASCADE, when it is empty
`,
})

func dropSchema(p *lint.Pass) {
	for s, d := range lint.Each(p, (*pg.Node).GetDropStmt) {
		if d.RemoveType != pg.ObjectType_OBJECT_SCHEMA {
			continue
		}
		for _, n := range d.Objects {
			name := n.GetString_().GetSval()
			h := lint.Hazard{
				Object:  name,
				Message: fmt.Sprintf("Everything in the schema %s is gone.", name),
				Why:     "CASCADE takes every object in it." + relationsIn(s, name),
				Instead: fmt.Sprintf("DROP SCHEMA %s;  -- without CASCADE: the server refuses while anything is in it",
					lint.Ident(name)),
			}
			if d.Behavior != pg.DropBehavior_DROP_CASCADE {
				h.Severity = lint.Warn
				h.Message = fmt.Sprintf("The schema %s is gone, and every search_path that names it loses it.", name)
				h.Why, h.Instead = "Without CASCADE the server refuses while anything is in it."+relationsIn(s, name),
					""
			}
			s.Report(h)
		}
	}
}

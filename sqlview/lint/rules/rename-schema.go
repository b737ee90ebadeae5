package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "rename-schema", Severity: lint.Stop, Kind: "breaks",
	Summary: "RENAME SCHEMA",
	Run:     renameSchema,
	Doc: `
## Advice
Do not rename what running code uses.

## In practice
No table is locked, so nothing waits and nothing warns: every qualified name and every search_path that says the old
schema simply stops working, in all sessions at once, function bodies included.

## Measured
Seen on 10 to 18: no lock on any table of the schema.

## Instead
Make the new schema, move the readers over with views in it, move the tables one by one with a view left behind.
`,
})

func renameSchema(p *lint.Pass) {
	for s, r := range lint.Each(p, (*pg.Node).GetRenameStmt) {
		if r.RenameType != pg.ObjectType_OBJECT_SCHEMA {
			continue
		}
		from := r.Subname
		s.Report(lint.Hazard{
			Object: from,
			Message: fmt.Sprintf("Every name that begins with %s. and every search_path with %s in it fails from "+
				"this moment on.", from, from),
			Why: "No table is locked, so nothing waits: the change is there for all sessions at once." +
				relationsIn(s, from),
			Instead: fmt.Sprintf("CREATE SCHEMA %s;\n-- views in it for the tables of %s, move the code over, then "+
				"move the tables", lint.Ident(r.Newname), lint.Ident(from)),
		})
	}
}

// relationsIn counts what a schema holds, as a sentence; "" where nothing is known.
func relationsIn(s lint.Stmt, schema string) string {
	n := 0
	for name := range s.Catalog().Relations.All() {
		if catalog.Schema(name) == schema {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" It holds %s.", lint.Count(n, "relation"))
}

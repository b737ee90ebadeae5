package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "create-or-replace-view", Severity: lint.Notice, Kind: "breaks",
	Summary: "columns changed or reordered",
	Run:     createOrReplaceView,
	Doc: `
## Advice
Only add columns to a view, at its end.

## In practice
CREATE OR REPLACE keeps grants and dependents, and the server accepts it only where the old columns stay, with their names,
types and order, and new ones come at the end. Otherwise it fails. It takes ACCESS EXCLUSIVE on the view, which every
reader of the view meets; prepared SELECT * from it fail once where a column was added.

## Measured
Seen: ACCESS EXCLUSIVE on the view.

## Instead
New columns at the end; anything else is a view of another name.
`,
})

func createOrReplaceView(p *lint.Pass) {
	for s, v := range lint.Each(p, (*pg.Node).GetViewStmt) {
		view := s.Name(v.View)
		r := s.Catalog().Seen(view)
		if !v.Replace || r == nil || r.CreatedHere {
			continue
		}
		s.Report(lint.Hazard{
			Relation: view, Object: view,
			Message: fmt.Sprintf("Readers of %s wait for a moment, and the statement fails where an old column is "+
				"gone, moved or of another type.", view),
			Why: "CREATE OR REPLACE VIEW takes ACCESS EXCLUSIVE on the view and accepts new columns only at the end.",
		})
	}
}

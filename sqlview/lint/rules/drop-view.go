package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "drop-view", Severity: lint.Warn, Kind: "breaks",
	Summary: "DROP VIEW or MATERIALIZED VIEW",
	Run:     dropView,
	Doc: `
## Advice
A view is an interface: drop it like a column, last.

## In practice
No data is lost but for what a materialized view had stored, which is computed again at a cost. Whoever reads the view
fails at once: reports, dashboards and other teams, who are not in your repository. Its grants go with it. Dropped and made
again in one transaction with the same columns, nobody notices but for the lock.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: ACCESS EXCLUSIVE on the view.

## Instead
CREATE OR REPLACE VIEW where the columns stay; else drop it when nothing has read it for a week.
`,
})

func dropView(p *lint.Pass) {
	for s, d := range lint.Each(p, (*pg.Node).GetDropStmt) {
		if d.RemoveType != pg.ObjectType_OBJECT_VIEW && d.RemoveType != pg.ObjectType_OBJECT_MATVIEW {
			continue
		}
		for _, view := range s.Dropped(d) {
			if !s.Existed(view) || madeAgain(p, s, view) {
				continue
			}
			s.Report(lint.Hazard{
				Relation: view, Object: view,
				Message: fmt.Sprintf("Whatever reads %s fails from this moment on.", view),
				Why:     "A view is read by more than the code in this repository, and its grants go with it.",
				Instead: "Drop it when nothing has read it for a week.",
			})
		}
	}
}

// madeAgain reports whether the same transaction makes the view again.
func madeAgain(p *lint.Pass, s lint.Stmt, view string) bool {
	for later := range p.Statements() {
		if later.Index <= s.Index || !s.InTransaction() || later.Transaction() != s.Transaction() {
			continue
		}
		if v := later.Node.GetViewStmt(); v != nil && later.Name(v.View) == view {
			return true
		}
		if c := later.Node.GetCreateTableAsStmt(); c != nil && later.Name(c.Into.GetRel()) == view {
			return true
		}
	}
	return false
}

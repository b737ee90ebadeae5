package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "insert-explicit-id", Severity: lint.Notice, Kind: "breaks",
	Summary: "INSERT of ids beside a sequence",
	Run:     insertExplicitID,
	Doc: `
## Advice
Let the sequence number the rows, or move it after you have.

## In practice
A row with a number of its own does not move the sequence. When the sequence gets there, the application's INSERT fails with
a duplicate key: weeks later, once per row that was inserted by hand.

## Measured
Documented for 10 to 18.

## Instead
    SELECT setval(pg_get_serial_sequence('t', 'id'), (SELECT max(id) FROM t));     -- after the INSERT
`,
})

func insertExplicitID(p *lint.Pass) {
	for s, i := range lint.Each(p, (*pg.Node).GetInsertStmt) {
		r := s.Relation(i.Relation)
		if r == nil {
			continue
		}
		for _, n := range i.Cols {
			c := r.Column(n.GetResTarget().GetName())
			if c == nil || !c.Identity && !strings.Contains(c.Default, "nextval(") {
				continue
			}
			s.Report(lint.Hazard{
				Relation: r.Name, Object: c.Name, At: int(n.GetResTarget().Location),
				Message: fmt.Sprintf("The sequence of %s.%s does not know these numbers and gives them out again.",
					r.Name, c.Name),
				Why: "A value that an INSERT brings itself does not move the sequence.",
				Instead: fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%s', '%s'), (SELECT max(%s) FROM %s));  "+
					"-- after it",
					lint.Quote(r.Name), c.Name, lint.Ident(c.Name), lint.Quote(r.Name)),
			})
		}
	}
}

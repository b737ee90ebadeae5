package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "create-trigger", Severity: lint.Warn, Kind: "blocks",
	Summary: "CREATE TRIGGER: SHARE ROW EXCLUSIVE",
	Run:     createTrigger,
	Doc: `
## Advice
A trigger is a schema change of a live table: bound its wait.

## In practice
CREATE TRIGGER takes SHARE ROW EXCLUSIVE: writes wait while it waits and until its transaction ends, reads go on. From then
on every write of that kind runs the function: its cost is added to each of them, and an error in it stops them all.
DROP TRIGGER is stronger, it takes ACCESS EXCLUSIVE.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: SHARE ROW EXCLUSIVE for CREATE TRIGGER, ACCESS EXCLUSIVE for DROP TRIGGER.

## Instead
    SET lock_timeout = '200ms';
    CREATE TRIGGER …;     -- alone in its transaction, tried again
`,
})

func createTrigger(p *lint.Pass) {
	for s, t := range lint.Each(p, (*pg.Node).GetCreateTrigStmt) {
		table := s.Name(t.Relation)
		if !s.Existed(table) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: table, Object: t.Trigname,
			Message: fmt.Sprintf("Writes to %s wait until this is done, and from then on each of them runs the "+
				"trigger.", table),
			Why:     "CREATE TRIGGER takes SHARE ROW EXCLUSIVE on the table; reads go on.",
			Instead: "SET lock_timeout = '200ms';  -- and this alone in its transaction, tried again when it fails",
		})
	}
}

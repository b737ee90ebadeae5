package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "add-col-breaks-select-star", Severity: lint.Notice, Kind: "breaks",
	Summary: "prepared SELECT * and INSERT without a list after ADD COLUMN",
	Run:     addColBreaksSelectStar,
	Doc: `
## Advice
Name the columns, in SELECT and in INSERT.

## In practice
A statement that was prepared before with SELECT * has a result type, and the new column changes it: its next execution
fails once (0A000). Drivers that prepare in the background, pgx among them, do that with every statement. INSERT without a
list of columns takes values by position. Errors of this kind show minutes after the migration, not at once.

## Measured
Seen on 15: PREPARE SELECT *, ADD COLUMN, EXECUTE: "cached plan must not change result type".

## Instead
Columns by name; after the migration let connection pools start anew.
`,
})

func addColBreaksSelectStar(p *lint.Pass) {
	reported := map[int]bool{}
	for s, c := range p.NewColumns() {
		if reported[s.Index] {
			continue
		}
		reported[s.Index] = true
		s.Report(lint.Hazard{
			Relation: c.Table,
			Message:  fmt.Sprintf("Prepared statements with SELECT * from %s fail once (0A000) after this.", c.Table),
			Why:      "A new column changes the type of the result that they were prepared for.",
		})
	}
}

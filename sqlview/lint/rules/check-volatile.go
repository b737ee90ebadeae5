package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "check-volatile", Severity: lint.Warn, Kind: "breaks",
	Summary: "CHECK with a function that is not immutable",
	Run:     checkVolatile,
	Doc: `
## Advice
A CHECK says what is true of a row for ever.

## In practice
CHECK (starts > now()) is true when the row is written and false a day later. Nothing looks at it again until somebody
updates another column of the row, or restores a dump: then it fails. A rule that depends on the moment belongs into a
trigger or into the code that writes.

## Measured
Documented: PostgreSQL takes CHECK conditions for immutable and does not enforce it. A dump with such rows does not load.

## Instead
A trigger BEFORE INSERT that compares with now().
`,
})

func checkVolatile(p *lint.Pass) {
	for s, k := range p.Checks() {
		changing := s.Changing(k.Constraint.RawExpr)
		if len(changing) == 0 {
			continue
		}
		s.Report(lint.Hazard{
			Relation: k.Table, Object: k.Constraint.Conname, At: int(max(k.Constraint.Location, 0)),
			Message: "A row that passes this CHECK now fails it later: when it is updated, or when a dump is restored.",
			Why:     fmt.Sprintf("%s gives another value at another time.", changing[0]),
			Instead: "A trigger BEFORE INSERT that does the comparison.",
		})
	}
}

package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "timetz", Severity: lint.Notice, Kind: "style",
	Summary: "time with time zone",
	Run:     timeTZ,
	Doc: `
## Advice
Use timestamptz, or time with the zone's name beside it.

## In practice
An offset without a date cannot know of summer time, so the type says less than it seems to. PostgreSQL's own documentation
advises against it; it is there for the standard.

## Measured
Documented for 10 to 18.

## Instead
    opens time NOT NULL, zone text NOT NULL
`,
})

func timeTZ(p *lint.Pass) {
	for s, c := range p.TypedColumns() {
		base, _, _ := catalog.SplitType(c.Type)
		if base != "time with time zone" {
			continue
		}
		c.Report(s, lint.Hazard{
			Message: fmt.Sprintf("%s has an offset and no date, so it cannot know of summer time.", c.Name),
			Why:     "The type is " + c.Type + ".",
			Instead: lint.Ident(c.Name) + " time, and the zone's name beside it",
		})
	}
}

package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "waiver-expired", Severity: lint.Warn, Kind: "note",
	Summary: "a waiver past its date",
	Run:     waiverExpired,
	Doc: `
## Advice
Let an exception end.

## In practice
What was right for a table of 12 rows need not be right a year later. The date makes somebody look again; past it the
waiver does not count, and the hazard is back.

## Measured
Nothing to measure: it is a rule of the house. The day given is the last one that counts.

## Instead
Look at the statement again, then give the waiver a new day, or take it out.
`,
})

func waiverExpired(p *lint.Pass) {
	for _, w := range p.Waivers {
		if !w.Expired(p.Today) {
			continue
		}
		p.ReportWaiver(w, lint.Hazard{
			Message: fmt.Sprintf("The waiver of %s ended on %s and does not count any more.", w.Rule, w.Until),
			Why:     fmt.Sprintf("Today is %s.", p.Today),
			Instead: "Look at the statement again, then give the waiver a new day, or take it out.",
		})
	}
}

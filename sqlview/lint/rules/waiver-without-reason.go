package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "waiver-without-reason", Severity: lint.Warn, Kind: "note",
	Summary: "a waiver without a reason",
	Run:     waiverWithoutReason,
	Doc: `
## Advice
Say why.

## In practice
A waiver is read by the next person who finds the statement, and it stands in the report. Without a reason it says only
that somebody once wanted silence. It does not count until it has one.

## Measured
Nothing to measure: it is a rule of the house.

## Instead
    -- belay:allow RULE until=2027-01-31 the table has 12 rows and no readers
`,
})

func waiverWithoutReason(p *lint.Pass) {
	for _, w := range p.Waivers {
		if w.Reason != "" {
			continue
		}
		p.ReportWaiver(w, lint.Hazard{
			Message: fmt.Sprintf("The waiver of %s gives no reason, so it does not count.", w.Rule),
			Why:     "A waiver is read by others and stands in the report.",
			Instead: fmt.Sprintf("-- belay:allow %s until=YYYY-MM-DD why it is right here", w.Rule),
		})
	}
}

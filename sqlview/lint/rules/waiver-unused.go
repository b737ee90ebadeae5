package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "waiver-unused", Severity: lint.Warn, Kind: "note",
	Summary: "a waiver that matches nothing",
	Last:    true,
	Run:     waiverUnused,
	Doc: `
## Advice
Take out an exception that nothing needs any more.

## In practice
A waiver that covers no hazard is a misspelt rule, a comment above the wrong statement, or left over from a statement that
was changed. It looks like a decision and is none; and it would silence the next statement that is put there.

## Measured
Nothing to measure: it is a rule of the house.

## Instead
Take it out, or put it above the statement that it means. belay explain RULE knows the names.
`,
})

func waiverUnused(p *lint.Pass) {
	for _, w := range p.Waivers {
		if w.Used || w.Reason == "" || w.Expired(p.Today) || w.Path != "" {
			continue
		}
		why := "No hazard of this rule was found at its statement."
		switch _, known := Find(w.Rule); {
		case !known:
			why = fmt.Sprintf("There is no rule called %s.", w.Rule)
		case w.Statement < 0:
			why = "It stands below the last statement of the file."
		}
		p.ReportWaiver(w, lint.Hazard{
			Message: fmt.Sprintf("The waiver of %s covers nothing.", w.Rule), Why: why,
			Instead: "Take it out, or put it above the statement that it means.",
		})
	}
}

package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "serial", Severity: lint.Notice, Kind: "style",
	Summary: "serial instead of identity",
	Run:     serialType,
	Doc: `
## Advice
Use GENERATED … AS IDENTITY.

## In practice
serial is an integer, a sequence and a default that know little of each other: rights on the sequence are granted apart,
a copy of the table by LIKE shares the sequence, and any INSERT may write numbers past it. It is a matter of neatness:
adding either to a table with rows rewrites it.

## Measured
Seen on 10 to 18: ADD COLUMN serial and ADD COLUMN identity both rewrite.

## Instead
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
`,
})

func serialType(p *lint.Pass) {
	for s, c := range p.TypedColumns() {
		base, ok := catalog.SerialBase(c.Node)
		if !ok {
			continue
		}
		c.Report(s, lint.Hazard{
			Message: fmt.Sprintf("The sequence of %s is an object of its own, with rights of its own.", c.Name),
			Why:     "serial is a default on a sequence; identity is a property of the column.",
			Instead: lint.Ident(c.Name) + " " + base + " GENERATED ALWAYS AS IDENTITY",
		})
	}
}

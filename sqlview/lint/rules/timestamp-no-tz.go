package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "timestamp-no-tz", Severity: lint.Notice, Kind: "style",
	Summary: "timestamp without time zone",
	Run:     timestampNoTZ,
	Doc: `
## Advice
Keep moments in timestamptz.

## In practice
timestamp holds what a clock on some wall showed and not which wall. Two servers, or one server before and after the change
to summer time, write the same moment differently, and nobody can tell later. timestamptz takes the same eight bytes.

## Measured
Seen on 12 to 18: timestamp to timestamptz is free only in a session with TimeZone UTC; elsewhere the table is rewritten.

## Instead
    at timestamptz NOT NULL DEFAULT now()
`,
})

func timestampNoTZ(p *lint.Pass) {
	for s, c := range p.TypedColumns() {
		base, _, _ := catalog.SplitType(c.Type)
		if base != "timestamp without time zone" {
			continue
		}
		c.Report(s, lint.Hazard{
			Message: fmt.Sprintf("%s does not say which moment it means.", c.Name),
			Why:     "timestamp keeps no time zone and converts nothing.",
			Instead: lint.Ident(c.Name) + " " + strings.Replace(c.Type, "without", "with", 1),
		})
	}
}

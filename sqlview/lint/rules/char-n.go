package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "char-n", Severity: lint.Notice, Kind: "style",
	Summary: "char(n)",
	Run:     charN,
	Doc: `
## Advice
Use text.

## In practice
char(n) pads with blanks up to n and leaves them out again in some comparisons and not in others; LIKE and regular
expressions see them. It saves nothing: it is stored like text.

## Measured
Seen on 10 to 18: char(n) to text rewrites the table, varchar(n) to text does not.

## Instead
    code text CHECK (length(code) = 3)
`,
})

func charN(p *lint.Pass) {
	for s, c := range p.TypedColumns() {
		base, _, _ := catalog.SplitType(c.Type)
		if base != "character" {
			continue
		}
		c.Report(s, lint.Hazard{
			Message: fmt.Sprintf("%s is padded with blanks that count in some comparisons and not in others.", c.Name),
			Why:     "The type is " + c.Type + ".",
			Instead: lint.Ident(c.Name) + " text",
		})
	}
}

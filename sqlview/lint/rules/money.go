package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "money", Severity: lint.Notice, Kind: "style",
	Summary: "money",
	Run:     moneyType,
	Doc: `
## Advice
Keep amounts in numeric, with the currency beside them.

## In practice
What a money value means, and how many decimals it has, depends on lc_monetary of the server: the same dump restored
elsewhere may show another currency. It has no currency of its own and rounds divisions.

## Measured
Documented for 10 to 18.

## Instead
    price numeric(12,2) NOT NULL, currency text NOT NULL
`,
})

func moneyType(p *lint.Pass) {
	for s, c := range p.TypedColumns() {
		if c.Type != "money" {
			continue
		}
		c.Report(s, lint.Hazard{
			Message: fmt.Sprintf("What %s means depends on a setting of the server.", c.Name),
			Why:     "money takes its currency and its decimals from lc_monetary.",
			Instead: lint.Ident(c.Name) + " numeric(12,2)",
		})
	}
}

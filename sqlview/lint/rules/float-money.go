package rules

import (
	"fmt"

	"belay/sqlview/lint"
	"belay/sqlview/pattern"
)

var _ = add(lint.Rule{
	ID: "float-money", Severity: lint.Notice, Kind: "style",
	Summary: "float for amounts",
	Run:     floatMoney,
	Doc: `
## Advice
Keep amounts in numeric.

## In practice
A float has no exact 0.10. Sums are off by fractions of a cent, and by another fraction in another order of the rows. The
rule goes by the column's name: price, amount, total and their kin.

## Measured
Documented for 10 to 18: real and double precision are inexact.

## Instead
    price numeric(12,2) NOT NULL
`,
})

var amountName = pattern.New(
	`(?i)(^|_)(price|amount|total|subtotal|cost|balance|fee|tax|salary|payment|revenue|discount|refund|credit|debit)s?(_|$)`,
)

func floatMoney(p *lint.Pass) {
	for s, c := range p.TypedColumns() {
		if c.Type != "real" && c.Type != "double precision" || !amountName.MatchString(c.Name) {
			continue
		}
		c.Report(s, lint.Hazard{
			Message: fmt.Sprintf("Sums over %s are off by fractions.", c.Name),
			Why:     c.Type + " is inexact, and the name says that it holds amounts.",
			Instead: lint.Ident(c.Name) + " numeric(12,2)",
		})
	}
}

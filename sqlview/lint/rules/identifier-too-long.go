package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "identifier-too-long", Severity: lint.Warn, Kind: "silent",
	Summary: "a name over 63 bytes is cut",
	Run:     identifierTooLong,
	Doc: `
## Advice
Keep names under 64 bytes.

## In practice
The server cuts the rest with a NOTICE that tools do not show. A second name that differs only behind byte 63 is then the
same name: with IF NOT EXISTS it is skipped, and an index that everybody believes in was never built. Bytes, not characters.

## Measured
Seen on 11, 15 and 18: NOTICE 42622; a second name that differs after byte 63 is skipped by IF NOT EXISTS.

## Instead
A shorter name.
`,
})

func identifierTooLong(p *lint.Pass) {
	for s, n := range p.NewNames() {
		cut := catalog.Truncate(n.Name)
		if cut == n.Name && !s.WrittenLonger(n.Name) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: n.Relation, Object: cut, At: n.At,
			Message: fmt.Sprintf("The name is cut to %s.", cut),
			Why: fmt.Sprintf("PostgreSQL keeps %d bytes of a name; another long name may be cut to the same one.",
				catalog.MaxName),
			Instead: "A shorter name.",
		})
	}
}

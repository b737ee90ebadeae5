package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "server-refuses", Severity: lint.Stop, Kind: "fails",
	Summary: "a statement that the server refuses as the catalog is now",
	Run:     serverRefuses,
	Doc: `
## Advice
Know before the run what the server will not do.

## In practice
What depends on an object, what has no cast, what has no index: the server looks at its catalog and refuses. Up to then the
statements before it in the transaction have worked, and hold their locks.

## Measured
Each of these was run on real servers: a change of type without an assignment cast for the values or for the default (42804), a
drop of what others need (2BP01), REFRESH … CONCURRENTLY without a unique index (55000), and so on.

## Instead
What the message says; then review again.
`,
})

// serverRefuses warns where the catalog is not the server's own: what it was made
// of may leave something out.
func serverRefuses(p *lint.Pass) {
	for s := range p.Statements() {
		f := s.Effect().Fails
		if f.Code == "" || f.IfRows {
			continue
		}
		severity := lint.Stop
		if s.Catalog().Source != catalog.SourceLive {
			severity = lint.Warn
		}
		s.Report(lint.Hazard{
			Severity: severity, Message: fmt.Sprintf("This fails (%s): %s.", f.Code, f.Message),
			Why: "The server refuses it as the catalog is when the statement runs.",
		})
	}
}

package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "cic-corruption-14", Severity: lint.Stop, Kind: "corrupts",
	Summary: "concurrent builds on 14.0 to 14.3",
	Run:     cicCorruption14,
	Doc: `
## Advice
Update the server before you build or rebuild an index CONCURRENTLY on 14.0 to 14.3.

## In practice
These versions may leave rows out of an index that is built CONCURRENTLY while the table is written to. Nothing fails and
nothing warns: the index is valid and answers wrong. 14.4 repairs the build, not the indexes that were built before.

## Measured
Documented in the release notes of 14.4; not tried here.

## Instead
Update to 14.4 or later; check or rebuild indexes that were built CONCURRENTLY before (amcheck).
`,
})

func cicCorruption14(p *lint.Pass) {
	for s := range p.Statements() {
		c := s.Catalog()
		if c.ServerVersion != 14 || c.ServerMinor < 0 || c.ServerMinor > 3 || !buildsConcurrently(s) {
			continue
		}
		s.Report(lint.Hazard{
			Message: "The index may miss rows that are written while it is built.",
			Why:     fmt.Sprintf("The server is 14.%d; the bug is repaired in 14.4.", c.ServerMinor),
			Instead: "Update the server to 14.4 or later first.",
		})
	}
}

func buildsConcurrently(s lint.Stmt) bool {
	index, reindex := s.Node.GetIndexStmt(), s.Node.GetReindexStmt()
	return index != nil && index.Concurrent || reindex != nil && lint.Option(reindex.Params, "concurrently")
}

package rules

import (
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "hash-index", Severity: lint.Notice, Kind: "note",
	Summary: "hash index",
	Run:     hashIndex,
	Doc: `
## Advice
Take a B-tree unless you have measured.

## In practice
A hash index answers = and nothing else: no range, no order, no uniqueness, one column. A B-tree answers = as well, nearly
as fast. Hash pays for long values that are only ever compared for equality. Since 10 it is safe after a crash.

## Measured
Documented for 10 to 18.

## Instead
    CREATE INDEX CONCURRENTLY i ON t (c);
`,
})

func hashIndex(p *lint.Pass) {
	for s, index := range lint.Each(p, (*pg.Node).GetIndexStmt) {
		if index.AccessMethod != "hash" {
			continue
		}
		s.Report(lint.Hazard{
			Relation: s.Name(index.Relation), Object: index.Idxname,
			Message: "A hash index answers = and nothing else.",
			Why: "It knows no range, no order, no uniqueness and no second column; a B-tree answers = nearly as " +
				"fast.",
		})
	}
}

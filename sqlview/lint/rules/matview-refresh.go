package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "matview-refresh", Severity: lint.Stop, Kind: "blocks",
	Summary: "REFRESH without CONCURRENTLY",
	Run:     matviewRefresh,
	Doc: `
## Advice
Refresh materialized views CONCURRENTLY.

## In practice
A plain REFRESH holds ACCESS EXCLUSIVE on the view for as long as its query runs: readers wait. CONCURRENTLY compares the
new result with the old and changes only the difference; readers go on. It needs a unique index on plain columns without
WHERE, and unlike a concurrent index build it may run inside a transaction.

## Measured
Documented: a plain REFRESH takes ACCESS EXCLUSIVE. Seen on 10, 11, 12, 15, 17 and 18: CONCURRENTLY takes EXCLUSIVE; without a
unique index it fails with 55000.

## Instead
    CREATE UNIQUE INDEX CONCURRENTLY v_key ON v (key);   -- once, own file
    REFRESH MATERIALIZED VIEW CONCURRENTLY v;
`,
})

func matviewRefresh(p *lint.Pass) {
	for s, r := range lint.Each(p, (*pg.Node).GetRefreshMatViewStmt) {
		view := s.Name(r.Relation)
		if r.Concurrent || !s.Existed(view) {
			continue
		}
		refresh := fmt.Sprintf("REFRESH MATERIALIZED VIEW CONCURRENTLY %s;", lint.Quote(view))
		if known := s.Catalog().Relation(view); known != nil && !uniquelyIndexed(known) {
			refresh = "Once, alone in its file, a unique index built CONCURRENTLY over columns of it that tell its " +
				"rows apart; then " + strings.TrimSuffix(refresh, ";") + "."
		}
		s.Report(lint.Hazard{
			Relation: view, Object: view,
			Message: fmt.Sprintf("Nobody can read %s while its query runs.", view),
			Why:     "REFRESH holds ACCESS EXCLUSIVE on the view from its first moment to its last.",
			Instead: refresh,
		})
	}
}

func uniquelyIndexed(r *catalog.Relation) bool {
	for _, i := range r.Indexes {
		if i.Unique && i.Valid && i.Predicate == "" && i.Expressions == "" {
			return true
		}
	}
	return false
}

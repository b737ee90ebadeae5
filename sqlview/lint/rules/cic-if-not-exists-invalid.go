package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "cic-if-not-exists-invalid", Severity: lint.Warn, Kind: "silent",
	Summary: "IF NOT EXISTS on a concurrent build: a failed build is taken for success",
	Run:     cicIfNotExistsInvalid,
	Doc: `
## Advice
After a concurrent build look whether the index is valid.

## In practice
A concurrent build that fails leaves its index behind, INVALID: it is kept up by every write and used by no query. IF NOT
EXISTS looks at the name only, so the second try says "already exists, skipping" and succeeds, and everybody believes in an
index that is not there. Drop the leftover, then build without IF NOT EXISTS.

## Measured
Seen on 11, 15 and 18: a failed unique build, then the same with IF NOT EXISTS: NOTICE 42P07, success, indisvalid still
false. A build cancelled by lock_timeout leaves an INVALID index as well.

## Instead
    DROP INDEX CONCURRENTLY IF EXISTS i;
    CREATE INDEX CONCURRENTLY i ON t (c);
`,
})

func cicIfNotExistsInvalid(p *lint.Pass) {
	for s, index := range lint.Each(p, (*pg.Node).GetIndexStmt) {
		table := s.Name(index.Relation)
		if !index.Concurrent || !index.IfNotExists || !s.Existed(table) {
			continue
		}
		name := schemaOf(table) + index.Idxname
		message := "If an earlier build of this index failed, this does nothing and reports success."
		why := "IF NOT EXISTS looks at the name only; a failed build leaves an INVALID index of that name."
		if _, known := s.Catalog().Indexed(name); known != nil && !known.Valid {
			message = fmt.Sprintf("This does nothing: %s is there and INVALID.", name)
			why = "No query uses an INVALID index, and IF NOT EXISTS takes it for the index that was asked for."
		}
		s.Report(lint.Hazard{
			Relation: table, Object: index.Idxname, Message: message, Why: why,
			Instead: fmt.Sprintf("DROP INDEX CONCURRENTLY IF EXISTS %s;  -- where pg_index says indisvalid = "+
				"false\nCREATE INDEX CONCURRENTLY without IF NOT EXISTS", lint.Quote(name)),
		})
	}
}

package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "reindex-nonconcurrent", Severity: lint.Stop, Kind: "blocks",
	Summary:        "REINDEX without CONCURRENTLY",
	GrowsWithTable: true,
	Run:            reindexNonconcurrent,
	Doc: `
## Advice
Rebuild indexes CONCURRENTLY.

## In practice
REINDEX looks harmless because the table lock is only SHARE. But it also takes ACCESS EXCLUSIVE on each index it
rebuilds, and planning any SELECT opens every index of the table: so reads wait as well. CONCURRENTLY is there from 12.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: SHARE on the table, ACCESS EXCLUSIVE on the index. On 11, 15 and 18 even
SELECT count(*) waited until the rebuild was done.

## Instead
    REINDEX INDEX CONCURRENTLY name;       -- 12 and later, outside a transaction

before 12: build a second index CONCURRENTLY, drop the first, rename.
`,
})

func reindexNonconcurrent(p *lint.Pass) {
	for s, r := range lint.Each(p, (*pg.Node).GetReindexStmt) {
		if lint.Option(r.Params, "concurrently") || !s.Existed(s.Name(r.Relation)) {
			continue
		}
		what, relation := reindexed(s, r)
		s.Report(lint.Hazard{
			Relation: relation,
			Message:  fmt.Sprintf("Rebuilding %s blocks reads and writes until it is done.", what),
			Why: "REINDEX holds SHARE on the table and ACCESS EXCLUSIVE on each index; planning a SELECT opens " +
				"every index, so reads wait too.",
			Instead: reindexInstead(p, s, r),
		})
	}
}

// reindexed names what is rebuilt, and the table where the catalog knows it.
func reindexed(s lint.Stmt, r *pg.ReindexStmt) (what, relation string) {
	if r.Relation == nil {
		kind := strings.ToLower(strings.TrimPrefix(r.Kind.String(), "REINDEX_OBJECT_"))
		return "every index of " + kind + " " + r.Name, ""
	}
	name := s.Name(r.Relation)
	if r.Kind != pg.ReindexObjectType_REINDEX_OBJECT_INDEX {
		return "every index of " + name, name
	}
	if table, _ := s.Catalog().Indexed(name); table != nil {
		return name, table.Name
	}
	return name, ""
}

func reindexInstead(p *lint.Pass, s lint.Stmt, r *pg.ReindexStmt) string {
	if p.Before(12) {
		return "CREATE INDEX CONCURRENTLY a second index of the same definition, DROP INDEX CONCURRENTLY the first, " +
			"ALTER INDEX … RENAME  -- REINDEX CONCURRENTLY needs 12"
	}
	kind := strings.TrimPrefix(r.Kind.String(), "REINDEX_OBJECT_")
	name := lint.Ident(r.Name)
	if r.Relation != nil {
		name = lint.Quote(s.Name(r.Relation))
	}
	return fmt.Sprintf("REINDEX %s CONCURRENTLY %s;  -- alone, outside a transaction", kind, name)
}

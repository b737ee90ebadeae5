package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "create-partition-of", Severity: lint.Warn, Kind: "blocks",
	Summary:    "CREATE TABLE PARTITION OF: ACCESS EXCLUSIVE on the parent; attach instead",
	Supersedes: []string{"no-pk"},
	Run:        createPartitionOf,
	Doc: `
## Advice
Make the new partition as a table of its own and attach it.

## In practice
CREATE TABLE … PARTITION OF looks like a new table and takes ACCESS EXCLUSIVE on the parent: every query on the whole
partitioned table waits behind it. ATTACH PARTITION needs only SHARE UPDATE EXCLUSIVE on the parent from 12 on, and on an
empty new table its check costs nothing. Where the parent has a default partition, that one is locked and read.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: ACCESS EXCLUSIVE on the parent. ATTACH: SHARE UPDATE EXCLUSIVE on 12, 15, 17 and 18, ACCESS
EXCLUSIVE on 10 and 11.

## Instead
    CREATE TABLE part (LIKE parent INCLUDING ALL);
    ALTER TABLE parent ATTACH PARTITION part FOR VALUES …;
`,
})

func createPartitionOf(p *lint.Pass) {
	for s, c := range lint.Each(p, (*pg.Node).GetCreateStmt) {
		if c.Partbound == nil || len(c.InhRelations) == 0 {
			continue
		}
		parent := s.Name(c.InhRelations[0].GetRangeVar())
		if !s.Existed(parent) {
			continue
		}
		part := lint.Quote(s.Name(c.Relation))
		s.Report(lint.Hazard{
			Relation: parent, Object: s.Name(c.Relation),
			Message: fmt.Sprintf("Every query on %s waits while the partition is made.", parent),
			Why:     "CREATE TABLE … PARTITION OF takes ACCESS EXCLUSIVE on the parent.",
			Instead: fmt.Sprintf("CREATE TABLE %s (LIKE %s INCLUDING ALL);\nALTER TABLE %s ATTACH PARTITION %s %s;",
				part, lint.Quote(parent), lint.Quote(parent), part, s.BoundText(c.Partbound)),
		})
	}
}

package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "drop-pk-replica-identity", Severity: lint.Stop, Kind: "breaks",
	Summary:    "DROP PRIMARY KEY of a published table or a replica identity",
	Supersedes: []string{"drop-constraint"},
	Run:        dropPKReplicaIdentity,
	Doc: `
## Advice
Give a published table its new key before you take the old one.

## In practice
Logical replication names rows by the replica identity, which is the primary key unless something else was said. Without one
the server refuses every UPDATE and DELETE of the table, on the publisher, for the application.

## Measured
Seen on 11, 15 and 18: UPDATE after DROP CONSTRAINT of the key on a published table: error 55000.

## Instead
    ALTER TABLE t REPLICA IDENTITY USING INDEX t_key;     -- first
`,
})

func dropPKReplicaIdentity(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_DropConstraint) {
		k := a.Relation.Constraint(a.Name)
		publications := lint.PublishedBy(s.Catalog(), a.Table)
		if k == nil || k.Type != catalog.PrimaryKey || len(publications) == 0 || a.Relation.ReplicaIdentity == "f" ||
			a.Relation.ReplicaIdentity == "i" && identityIndex(a.Relation, a.Name) != "" {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Name,
			Message: fmt.Sprintf("Every UPDATE and DELETE of %s fails from this moment on (55000).", a.Table),
			Why: fmt.Sprintf("The table is published by %s, and the key is how its rows are named there.",
				strings.Join(publications, ", ")),
			Instead: useIdentityIndex(a, a.Name, "before this statement"),
		})
	}
}

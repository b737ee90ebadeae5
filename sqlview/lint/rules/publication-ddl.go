package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "publication-ddl", Severity: lint.Warn, Kind: "breaks",
	Summary: "a change that a subscriber must see first",
	Run:     publicationDDL,
	Doc: `
## Advice
On published tables: columns are added at the subscriber first and dropped there last.

## In practice
Logical replication carries rows, not definitions. A row with a column that the subscriber does not have stops its apply
worker: it tries again for ever, the slot keeps the WAL, and the publisher's disk fills. The same for a type that does not
fit and for a renamed column.

## Measured
Documented for 10 to 18; not tried here with a subscriber.

## Instead
Add: subscriber, then publisher. Drop and rename: publisher, then subscriber.
`,
})

// subscriberFirst are the changes that a subscriber must have before.
var subscriberFirst = map[pg.AlterTableType]string{
	pg.AlterTableType_AT_AddColumn:       "adds a column",
	pg.AlterTableType_AT_DropColumn:      "drops a column",
	pg.AlterTableType_AT_AlterColumnType: "changes a type",
}

func publicationDDL(p *lint.Pass) {
	for s, a := range p.Alterations() {
		if what := subscriberFirst[a.Subtype]; what != "" {
			reportPublished(s, a.Table, what)
		}
	}
	for s, r := range lint.Each(p, (*pg.Node).GetRenameStmt) {
		if r.RenameType == pg.ObjectType_OBJECT_COLUMN || r.RenameType == pg.ObjectType_OBJECT_TABLE {
			reportPublished(s, s.Name(r.Relation), "renames what a subscriber finds by name")
		}
	}
}

func reportPublished(s lint.Stmt, table, what string) {
	publications := lint.PublishedBy(s.Catalog(), table)
	if len(publications) == 0 || !s.Existed(table) {
		return
	}
	s.Report(lint.Hazard{
		Relation: table, Object: "publication of " + table,
		Message: fmt.Sprintf("Subscribers of %s stop applying where they do not have the same change.", table),
		Why: fmt.Sprintf("It is published by %s, and this %s; definitions are not replicated.",
			strings.Join(publications, ", "), what),
		Instead: "Add at the subscriber first, drop there last.",
	})
}

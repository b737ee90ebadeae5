package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "drop-fk-locks-parent", Severity: lint.Warn, Kind: "blocks",
	Summary: "DROP of a table that references another: ACCESS EXCLUSIVE on the parent",
	Run:     dropFKLocksParent,
	Doc: `
## Advice
Drop the foreign keys of a table first, each in a short transaction, then the table.

## In practice
The table that goes may be unused; the table it refers to is not. Its triggers for the foreign key must go too, and that
takes ACCESS EXCLUSIVE on it: every query on the parent waits behind a DROP TABLE that names another table.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: ACCESS EXCLUSIVE on the parent; in an open transaction its SELECTs waited.

## Instead
    SET lock_timeout = '200ms';
    ALTER TABLE child DROP CONSTRAINT fk;     -- alone in its transaction, tried again
    DROP TABLE child;                         -- later
`,
})

func dropFKLocksParent(p *lint.Pass) {
	for s, d := range lint.Each(p, (*pg.Node).GetDropStmt) {
		if d.RemoveType != pg.ObjectType_OBJECT_TABLE {
			continue
		}
		for _, table := range s.Dropped(d) {
			r := s.Catalog().Relation(table)
			if r == nil || r.CreatedHere {
				continue
			}
			for _, k := range r.Constraints {
				if k.Type == catalog.ForeignKey && k.References != table && s.Existed(k.References) {
					reportParentLock(s, table, k)
				}
			}
		}
	}
}

func reportParentLock(s lint.Stmt, table string, k catalog.Constraint) {
	s.Report(lint.Hazard{
		Relation: k.References, Object: k.Name,
		Message: fmt.Sprintf("Every query on %s waits while %s is dropped.", k.References, table),
		Why: fmt.Sprintf("%s of %s refers to it, and taking the key away needs ACCESS EXCLUSIVE there.", k.Name,
			table),
		Instead: fmt.Sprintf("SET lock_timeout = '200ms';\nALTER TABLE %s DROP CONSTRAINT %s;  -- alone in its "+
			"transaction, tried again; then drop the table", lint.Quote(table), lint.Ident(k.Name)),
	})
}

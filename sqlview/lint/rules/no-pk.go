package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "no-pk", Severity: lint.Warn, Kind: "note",
	Summary: "CREATE TABLE without a primary key",
	Run:     noPK,
	Doc: `
## Advice
Every table has a primary key.

## In practice
Without one a single row cannot be named: logical replication refuses its UPDATEs and DELETEs, a backfill has no key to
walk along, duplicates cannot be told apart. A restore into a database that has the rows already doubles them.

## Measured
Seen on 15: under FOR ALL TABLES, UPDATE of a new table without a key fails with 55000. Loading a dump over a live table
without a key: 1,000 rows became 2,000, exit code 0.

## Instead
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
`,
})

func noPK(p *lint.Pass) {
	for s, c := range lint.Each(p, (*pg.Node).GetCreateStmt) {
		table := s.Name(c.Relation)
		if c.Relation.Relpersistence == "t" || len(c.InhRelations) > 0 || c.OfTypename != nil || copied(c) ||
			keyed(p, s, c) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: table, Object: table,
			Message: fmt.Sprintf("%s has no primary key.", table),
			Why: "A row of it cannot be named: logical replication refuses UPDATE and DELETE, and a backfill has " +
				"no key to walk along.",
			Instead: "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
		})
	}
}

// copied is CREATE TABLE (LIKE …), whose keys the other table decides.
func copied(c *pg.CreateStmt) bool {
	for _, n := range c.TableElts {
		if n.GetTableLikeClause() != nil {
			return true
		}
	}
	return false
}

// keyed reports whether the statement, or a later one of the file, makes the key.
func keyed(p *lint.Pass, s lint.Stmt, c *pg.CreateStmt) bool {
	for _, n := range c.TableElts {
		if isKey(n.GetConstraint()) {
			return true
		}
		for _, k := range n.GetColumnDef().GetConstraints() {
			if isKey(k.GetConstraint()) {
				return true
			}
		}
	}
	for later := range p.Shaping(s.Name(c.Relation)) {
		for _, n := range later.Node.GetAlterTableStmt().GetCmds() {
			if later.Index > s.Index && isKey(n.GetAlterTableCmd().GetDef().GetConstraint()) {
				return true
			}
		}
	}
	return false
}

func isKey(k *pg.Constraint) bool { return k.GetContype() == pg.ConstrType_CONSTR_PRIMARY }

package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "int-pk", Severity: lint.Notice, Kind: "style",
	Summary: "integer or smallint primary key",
	Run:     intPK,
	Doc: `
## Advice
Number rows with bigint.

## In practice
integer ends at 2,147,483,647, and numbers that were rolled back count too. The day it is reached every insert fails, and
the way out is a type change that rewrites the table and everything that refers to it. bigint costs four bytes a row.

## Measured
Seen on 10 to 18: integer to bigint rewrites the table and its indexes under ACCESS EXCLUSIVE, and locks the parent of a
foreign key on the column.

## Instead
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
`,
})

func intPK(p *lint.Pass) {
	for s, c := range lint.Each(p, (*pg.Node).GetCreateStmt) {
		keys := primaryKeyColumns(c)
		for _, n := range c.TableElts {
			def := n.GetColumnDef()
			if def == nil || !keys[def.Colname] || !shortInteger(def.TypeName) {
				continue
			}
			s.Report(lint.Hazard{
				Relation: s.Name(c.Relation), Object: def.Colname, At: int(def.Location),
				Message: fmt.Sprintf("%s runs out of numbers one day, and inserts fail from then on.", def.Colname),
				Why:     catalog.TypeText(def.TypeName) + " is the type of the primary key.",
				Instead: lint.Ident(def.Colname) + " bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
			})
		}
	}
}

// primaryKeyColumns are the columns of a new table's key, inline or not. Of a
// key over several columns none runs out by itself.
func primaryKeyColumns(c *pg.CreateStmt) map[string]bool {
	keys := map[string]bool{}
	for _, n := range c.TableElts {
		if k := n.GetConstraint(); isKey(k) && len(k.Keys) == 1 {
			keys[catalog.Strings(k.Keys)[0]] = true
		}
		for _, k := range n.GetColumnDef().GetConstraints() {
			if isKey(k.GetConstraint()) {
				keys[n.GetColumnDef().Colname] = true
			}
		}
	}
	return keys
}

func shortInteger(t *pg.TypeName) bool {
	text := catalog.TypeText(t)
	return text == "integer" || text == "smallint"
}

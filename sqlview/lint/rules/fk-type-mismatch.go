package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "fk-type-mismatch", Severity: lint.Warn, Kind: "breaks",
	Summary: "child column narrower than the parent's",
	Run:     fkTypeMismatch,
	Doc: `
## Advice
The column of a foreign key has the type of what it refers to.

## In practice
An integer column that refers to a bigint key is accepted without a word and works for years, until the parent's numbers
pass 2,147,483,647: then every insert into the child fails, and the way out is a type change of the child. It was the cause
of several well-known outages.

## Measured
Seen on 15: integer to bigint foreign key: accepted, no notice.

## Instead
    ALTER TABLE child ADD COLUMN parent_id bigint;
`,
})

// integerWidth orders the integer types.
var integerWidth = map[string]int{"smallint": 1, "integer": 2, "bigint": 3}

func fkTypeMismatch(p *lint.Pass) {
	for s, k := range p.ForeignKeys() {
		parent := s.Catalog().Relation(k.Parent)
		refs := k.RefColumns
		if len(refs) == 0 {
			refs = keyOf(parent)
		}
		if len(refs) != len(k.Columns) {
			continue
		}
		for i, column := range k.Columns {
			child := s.ColumnType(k, column)
			to := parent.Column(refs[i])
			if to == nil || integerWidth[child] == 0 || integerWidth[child] >= integerWidth[to.Type] {
				continue
			}
			s.Report(lint.Hazard{
				Relation: k.Table, Object: strings.Join(k.Columns, ","), At: int(k.Constraint.Location),
				Message: fmt.Sprintf("%s cannot hold every value of %s.%s.", column, k.Parent, refs[i]),
				Why:     fmt.Sprintf("%s is %s, what it refers to is %s.", column, child, to.Type),
				Instead: lint.Ident(column) + " " + to.Type,
			})
		}
	}
}

// keyOf are the columns of a table's primary key; nil = not known.
func keyOf(r *catalog.Relation) []string {
	if r == nil {
		return nil
	}
	for _, k := range r.Constraints {
		if k.Type == catalog.PrimaryKey {
			return k.Columns
		}
	}
	return nil
}

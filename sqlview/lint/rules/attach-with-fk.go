package rules

import (
	"fmt"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "attach-with-fk", Severity: lint.Warn, Kind: "blocks",
	Summary: "ATTACH to a parent with foreign keys: locks them",
	Run:     attachWithFK,
	Doc: `
## Advice
Give the table the parent's foreign keys, valid, before you attach it.

## In practice
The new partition takes over the foreign keys of its parent. Where it does not have them yet they are made and checked on the
spot: SHARE ROW EXCLUSIVE on the tables they refer to, so writes there wait, for as long as the check takes.

## Measured
Seen on 12, 15, 17 and 18: SHARE ROW EXCLUSIVE on the referenced table, which is scanned as well.

## Instead
    ALTER TABLE part ADD CONSTRAINT fk FOREIGN KEY (…) REFERENCES p (…) NOT VALID;
    ALTER TABLE part VALIDATE CONSTRAINT fk;      -- another transaction, then attach
`,
})

func attachWithFK(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_AttachPartition) {
		if a.Relation == nil {
			continue
		}
		part := s.Name(a.Def.GetPartitionCmd().GetName())
		for _, k := range a.Relation.Constraints {
			if k.Type != catalog.ForeignKey || hasForeignKey(s.Catalog().Seen(part), k) {
				continue
			}
			s.Report(lint.Hazard{
				Relation: k.References, Object: k.Name,
				Message: fmt.Sprintf("Writes to %s wait while the rows of %s are checked against it.", k.References,
					part),
				Why: fmt.Sprintf("%s has the foreign key %s, and the partition does not have it yet.", a.Table, k.Name),
				Instead: fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s NOT "+
					"VALID;\nALTER TABLE %s VALIDATE CONSTRAINT %s;  -- another transaction, then attach",
					lint.Quote(part), lint.Ident(k.Name), lint.Idents(k.Columns), lint.Quote(k.References),
					lint.Quote(part), lint.Ident(k.Name)),
			})
		}
	}
}

// hasForeignKey reports whether the table has the same key, valid.
func hasForeignKey(r *catalog.Relation, want catalog.Constraint) bool {
	if r == nil {
		return false
	}
	for _, k := range r.Constraints {
		if k.Type == catalog.ForeignKey && k.Valid && k.References == want.References &&
			lint.Idents(k.Columns) == lint.Idents(want.Columns) {
			return true
		}
	}
	return false
}

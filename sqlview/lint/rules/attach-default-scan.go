package rules

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "attach-default-scan", Severity: lint.Stop, Kind: "blocks",
	Summary: "ATTACH with a default partition: scan of the default",
	Run:     attachDefaultScan,
	Doc: `
## Advice
Avoid a default partition; where there is one, prove by a CHECK that it has no row of the new bound.

## In practice
With each new partition the server must see that no row in the default partition belongs to it: it reads the default, under
ACCESS EXCLUSIVE on it. A default that has collected rows for years makes every ATTACH an outage. A CHECK on the default
that excludes the new bound spares it.

## Measured
Seen: ACCESS EXCLUSIVE on the default partition and a scan of it.

## Instead
    ALTER TABLE rest ADD CONSTRAINT none CHECK (NOT (at >= '2026-01-01' AND at < '2027-01-01')) NOT VALID;
    ALTER TABLE rest VALIDATE CONSTRAINT none;      -- another transaction
`,
})

func attachDefaultScan(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_AttachPartition) {
		if a.Relation == nil || a.Relation.DefaultPartition == "" ||
			!slices.Contains(a.Effect(s).Scans, a.Relation.DefaultPartition) {
			continue
		}
		rest := a.Relation.DefaultPartition
		s.Report(lint.Hazard{
			Relation: rest, Object: rest,
			Message: fmt.Sprintf("Every row of %s is read while nobody can read or write it.", rest),
			Why: fmt.Sprintf("It is the default partition of %s, and no row in it may belong to the new one.",
				a.Table),
			Instead: noneOfBound(s, a, rest),
		})
	}
}

// noneOfBound lets the default partition say beforehand that it has no row of the
// new one.
func noneOfBound(s lint.Stmt, a lint.Alteration, rest string) string {
	bound := catalog.BoundConditions(a.Relation, a.Def.GetPartitionCmd().GetBound())
	if bound == nil {
		return "A CHECK of the default partition that says NOT of the new bound, NOT VALID first and validated in " +
			"another transaction; then this statement."
	}
	name := lint.Ident(freeConstraint(s.Catalog().Relation(rest), "none"))
	return fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT %s CHECK (NOT (%s)) NOT VALID;\nALTER TABLE %s VALIDATE "+
		"CONSTRAINT %s;  -- another transaction\n%s;", lint.Quote(rest), name, strings.Join(bound, " AND "),
		lint.Quote(rest), name, s.SQL)
}

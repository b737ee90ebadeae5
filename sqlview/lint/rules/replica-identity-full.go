package rules

import (
	"fmt"
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "replica-identity-full", Severity: lint.Warn, Kind: "slow",
	Summary: "REPLICA IDENTITY FULL",
	Run:     replicaIdentityFull,
	Doc: `
## Advice
Give a replicated table a key, not REPLICA IDENTITY FULL.

## In practice
With FULL every UPDATE and DELETE writes the whole old row to the WAL, and a subscriber without a usable index looks for
that row by reading its table, once per changed row. A unique index over NOT NULL columns serves as well and costs neither.

## Measured
Documented for 10 to 18: ACCESS EXCLUSIVE for a moment; the whole old row goes to the WAL.

## Instead
    ALTER TABLE t REPLICA IDENTITY USING INDEX t_key;
`,
})

func replicaIdentityFull(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_ReplicaIdentity) {
		if a.Def.GetReplicaIdentityStmt().GetIdentityType() != "f" {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: a.Table,
			Message: fmt.Sprintf("Every UPDATE and DELETE of %s writes the whole old row to the WAL, and subscribers "+
				"search for it.", a.Table),
			Why:     "REPLICA IDENTITY FULL names no key.",
			Instead: useIdentityIndex(a, "", "instead of FULL"),
		})
	}
}

// useIdentityIndex names an index that tells the rows apart for subscribers.
func useIdentityIndex(a lint.Alteration, without, when string) string {
	index := identityIndex(a.Relation, without)
	if index == "" {
		return "A unique index over NOT NULL columns, built CONCURRENTLY; then REPLICA IDENTITY USING INDEX of it."
	}
	return fmt.Sprintf("ALTER TABLE %s REPLICA IDENTITY USING INDEX %s;  -- %s", lint.Quote(a.Table),
		lint.Ident(catalog.Base(index)), when)
}

// identityIndex is a unique index over NOT NULL columns that is not the named
// constraint's; "" = none is known.
func identityIndex(r *catalog.Relation, without string) string {
	if r == nil {
		return ""
	}
	for _, i := range r.Indexes {
		mayBeNull := func(name string) bool { c := r.Column(name); return c == nil || !c.NotNull }
		if i.Unique && i.Valid && i.Predicate == "" && i.Expressions == "" && len(i.Columns) > 0 &&
			(without == "" || i.Constraint != without) && !slices.ContainsFunc(i.Columns, mayBeNull) {
			return i.Name
		}
	}
	return ""
}

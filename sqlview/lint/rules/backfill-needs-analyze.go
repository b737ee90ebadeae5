package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "backfill-needs-analyze", Severity: lint.Notice, Kind: "slow",
	Summary: "a big change, or a type change, without ANALYZE after it",
	Run:     backfillNeedsAnalyze,
	Doc: `
## Advice
ANALYZE the table after a big change.

## In practice
The planner goes by statistics of before: a column that was all NULL is, for it, all NULL until the next ANALYZE. Autovacuum
comes to it some day; until then plans may be wrong by orders of magnitude. A type change drops the statistics of its column
altogether.

## Measured
Seen on 15: after ALTER TYPE the column's row in pg_stats is gone until ANALYZE. A well-known outage was this and not the
migration itself.

## Instead
    ANALYZE t;
`,
})

func backfillNeedsAnalyze(p *lint.Pass) {
	if p.File.InBatches() {
		return // a backfill ends with ANALYZE
	}
	for s, d := range p.DataChanges() {
		if d.Update == nil || !s.Existed(d.Table) || !d.Everything() && s.FewRows(d) || analyzedLater(p, s, d.Table) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: d.Table, Object: "statistics of " + d.Table, At: d.At,
			Message: fmt.Sprintf("Plans on %s go by the statistics of before until it is analyzed.", d.Table),
			Why:     "The file changes many rows and has no ANALYZE after it.",
			Instead: fmt.Sprintf("ANALYZE %s;  -- after it", lint.Quote(d.Table)),
		})
	}
	for s, a := range p.Alterations(pg.AlterTableType_AT_AlterColumnType) {
		if analyzedLater(p, s, a.Table) || s.Effect().Fails.Code != "" {
			continue
		}
		s.Report(lint.Hazard{
			Relation: a.Table, Object: "statistics of " + a.Name, At: int(a.Def.GetColumnDef().GetLocation()),
			Message: fmt.Sprintf("Plans know nothing of %s.%s until it is analyzed.", a.Table, a.Name),
			Why:     "A type change drops the statistics of its column, also where no row is written.",
			Instead: fmt.Sprintf("ANALYZE %s (%s);  -- after it", lint.Quote(a.Table), lint.Ident(a.Name)),
		})
	}
}

func analyzedLater(p *lint.Pass, s lint.Stmt, table string) bool {
	for later, v := range lint.Each(p, (*pg.Node).GetVacuumStmt) {
		if later.Index < s.Index || v.IsVacuumcmd && !lint.Option(v.Options, "analyze") {
			continue
		}
		if len(v.Rels) == 0 {
			return true
		}
		for _, n := range v.Rels {
			if later.Name(n.GetVacuumRelation().GetRelation()) == table {
				return true
			}
		}
	}
	return false
}

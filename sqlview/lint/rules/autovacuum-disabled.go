package rules

import (
	"fmt"

	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "autovacuum-disabled", Severity: lint.Warn, Kind: "slow",
	Summary: "autovacuum_enabled = off",
	Run:     autovacuumDisabled,
	Doc: `
## Advice
Do not switch autovacuum off, tune it.

## In practice
It takes only SHARE UPDATE EXCLUSIVE and nothing happens, for weeks: then dead rows and old statistics have made the table
slow, and the vacuum against wraparound comes all the same, at a moment of its own choosing. It is forgotten more often than
it is switched on again.

## Measured
Seen on 10, 11, 12, 15, 17 and 18: storage parameters take SHARE UPDATE EXCLUSIVE.

## Instead
    ALTER TABLE t SET (autovacuum_vacuum_scale_factor = 0.01);
`,
})

func autovacuumDisabled(p *lint.Pass) {
	for s, a := range p.Alterations(pg.AlterTableType_AT_SetRelOptions) {
		if switchesOff(a.Def.GetList().GetItems()) {
			reportAutovacuum(s, a.Table)
		}
	}
	for s, c := range lint.Each(p, (*pg.Node).GetCreateStmt) {
		if switchesOff(c.Options) {
			reportAutovacuum(s, s.Name(c.Relation))
		}
	}
}

func reportAutovacuum(s lint.Stmt, table string) {
	s.Report(lint.Hazard{
		Relation: table, Object: table,
		Message: fmt.Sprintf("Nothing cleans up behind the writes of %s any more.", table),
		Why:     "autovacuum_enabled is off; dead rows and old statistics pile up until somebody remembers.",
		Instead: fmt.Sprintf("ALTER TABLE %s SET (autovacuum_vacuum_scale_factor = 0.01);", lint.Quote(table)),
	})
}

func switchesOff(options []*pg.Node) bool {
	for _, n := range options {
		if d := n.GetDefElem(); d != nil && d.Defname == "autovacuum_enabled" &&
			!lint.Option(options, "autovacuum_enabled") {
			return true
		}
	}
	return false
}

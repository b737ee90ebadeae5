package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "wraparound-autovacuum", Severity: lint.Stop, Kind: "session",
	Summary: "an anti-wraparound vacuum holds the table now",
	Run:     wraparoundAutovacuum,
	Doc: `
## Advice
Let a vacuum against wraparound end; do not run into it, and never cancel it.

## In practice
An ordinary autovacuum gives way to a lock request after deadlock_timeout. One "(to prevent wraparound)" does not, and it
may take hours on a large table. A change that needs a stronger lock than SHARE UPDATE EXCLUSIVE waits all that time, with
everybody behind it. Cancelled, it begins again at once, and the database comes nearer to refusing writes.

## Measured
Documented by PostgreSQL, chapter "Routine Vacuuming". belay knows such a worker by its query, which says "(to prevent
wraparound)", and by the age of the table, also for a role that may not see the query.

## Instead
    SELECT pid, phase, heap_blks_scanned, heap_blks_total FROM pg_stat_progress_vacuum;  -- wait until it is gone
`,
})

func wraparoundAutovacuum(p *lint.Pass) {
	if p.Moment == nil {
		return
	}
	for s := range p.Statements() {
		for _, want := range s.Effect().Locks {
			for _, l := range p.Moment.Locks {
				if !l.Wraparound || !l.Granted || l.Relation != want.Relation || !want.Mode.Conflicts(l.Mode) {
					continue
				}
				s.Report(lint.Hazard{
					Relation: l.Relation, Object: l.Relation,
					Message: fmt.Sprintf("A vacuum against wraparound holds %s and does not give way.", l.Relation),
					Why: fmt.Sprintf("pid %d: %s. This needs %s there, and everybody who comes later waits "+
						"behind it.", l.PID, l.Query, want.Mode),
					Instead: "Wait until it has ended: SELECT phase, heap_blks_scanned, heap_blks_total FROM " +
						"pg_stat_progress_vacuum;",
				})
			}
		}
	}
}

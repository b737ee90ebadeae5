package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "cic-under-timeout", Severity: lint.Notice, Kind: "fails",
	Summary: "a concurrent build under lock_timeout or statement_timeout: the timeout ends it and leaves an INVALID " +
		"index (belay runs it with 0)",
	Run: cicUnderTimeout,
	Doc: `
## Advice
No short timeout for CONCURRENTLY.

## In practice
A concurrent build waits for every older transaction of the whole database, also for one that never touched the table, and
these waits count as lock waits: a lock_timeout set "for safety" ends the build after hours of work and leaves an INVALID
index. Nobody queues behind that wait, so there is nothing to protect. belay sets both to 0 for it and keeps a deadline of
its own.

## Measured
Seen on 15: lock_timeout 2 s while an unrelated table was read in an old snapshot: cancelled, indisvalid = false.

## Instead
    SET lock_timeout = 0;
    SET statement_timeout = 0;
    CREATE INDEX CONCURRENTLY …;
`,
})

func cicUnderTimeout(p *lint.Pass) {
	for s := range p.Statements() {
		what := s.Concurrently()
		if what == "" || p.File.ByBelay {
			continue
		}
		var limits, resets []string
		for _, name := range []string{"lock_timeout", "statement_timeout"} {
			if set := s.Setting(name); set.Set {
				limits = append(limits, fmt.Sprintf("%s is %s since line %d", name, set.Duration, set.Line))
				resets = append(resets, "SET "+name+" = 0;")
			}
		}
		if len(limits) == 0 {
			continue
		}
		s.Report(lint.Hazard{
			Message: fmt.Sprintf("A timeout may end %s half-way and leave an INVALID index.", what),
			Why: strings.Join(limits, ", ") +
				"; the build waits for every older transaction of the database, and nobody queues behind it.",
			Instead: strings.Join(resets, "\n") + "  -- before this statement",
		})
	}
}

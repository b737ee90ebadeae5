package rules

import (
	"fmt"
	"time"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "lock-timeout-ineffective", Severity: lint.Warn, Kind: "blocks",
	Summary: "lock_timeout 0, longer than 10 s, or set after the statement it should bound; never for a " +
		"CONCURRENTLY statement, which wants lock_timeout 0",
	Supersedes: []string{"missing-lock-timeout"},
	Run:        lockTimeoutIneffective,
	Doc: `
## Advice
A lock_timeout of a second or two, before the statement.

## In practice
0 is no limit. A minute is no limit that helps: for that minute every query on the table waits behind the migration,
connection pools run empty, and the outage is there. A SET after the statement it was meant for does nothing. Short and
often is the way: 200 ms, a pause, another try.

## Measured
Seen on 11, 15 and 18: a SELECT behind a waiting ALTER waits for as long as the ALTER waits; with lock_timeout 100 ms on the
ALTER it passes right after.

## Instead
    SET lock_timeout = '200ms';     -- first in the file
`,
})

// longestWait is how long a migration may let everybody else wait.
const longestWait = 10 * time.Second

func lockTimeoutIneffective(p *lint.Pass) {
	for s := range p.Statements() {
		if !s.NeedsTimeout() {
			continue
		}
		set := s.Setting("lock_timeout")
		why := ""
		switch {
		case set.Set && set.Duration > longestWait:
			why = fmt.Sprintf("lock_timeout is %s since line %d: so long may every query on the table wait.",
				set.Duration, set.Line)
		case set.Line > 0 && !set.Set && !set.Local:
			why = fmt.Sprintf("lock_timeout is 0 since line %d, which is no limit.", set.Line)
		case set.Line == 0 && s.SetLater("lock_timeout") > 0:
			why = fmt.Sprintf("lock_timeout is set in line %d, after this statement.", s.SetLater("lock_timeout"))
		default:
			continue
		}
		s.Report(lint.Hazard{
			Object:  "lock_timeout",
			Message: s.Kind + " may wait for its lock so long that the queue behind it is an outage.",
			Why:     why, Instead: "SET lock_timeout = '200ms';  -- before this statement",
		})
		return
	}
}

package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "missing-lock-timeout", Severity: lint.Warn, Kind: "blocks", PerSession: true,
	Summary: "no lock_timeout in force (a notice when belay runs the file); never for a CONCURRENTLY statement, " +
		"which wants lock_timeout 0",
	Run: missingLockTimeout,
	Doc: `
## Advice
Set lock_timeout before every statement that takes a strong lock, and try again when it fails.

## In practice
The statement is instant once it has its lock. Until then it waits behind whoever reads the table, without limit, and
everybody who comes later waits behind it: an outage made of waiting. It is the most common cause of migration outages,
small tables included. A short lock_timeout lets the queue go; the migration tries again a moment later. belay sets it
for every statement, so in a run this is only a notice.

## Measured
Seen on 15, a table of 300 rows at 200 requests/s behind a reader of 4.5 s: without a limit the slowest request took
4,496 ms; with 100 ms and tries it took 152 ms, and the migration was done 0.3 s later.

## Instead
    SET lock_timeout = '200ms';
`,
})

func missingLockTimeout(p *lint.Pass) {
	reportMissing(p, "lock_timeout", "200ms",
		"waits for its lock without a limit, and every query that comes later waits behind it.")
}

// reportMissing reports the first statement of the file that takes a strong
// lock while a timeout is not in force.
func reportMissing(p *lint.Pass, setting, value, consequence string) {
	var first lint.Stmt
	n := 0
	for s := range p.Statements() {
		if !s.NeedsTimeout() || s.Setting(setting).Set {
			continue
		}
		if n++; n == 1 {
			first = s
		}
	}
	if n == 0 {
		return
	}
	severity, why := lint.Severity(0), fmt.Sprintf("No %s is in force here", setting)
	if n > 1 {
		why += fmt.Sprintf(", nor for %s after it", lint.Count(n-1, "more statement"))
	}
	if p.File.ByBelay {
		severity, why = lint.Notice, why+"; belay sets its own when it runs the file"
	}
	table := ""
	if strong := first.StrongTables(); len(strong) > 0 {
		table = strong[0]
	}
	first.Report(lint.Hazard{
		Severity: severity, Relation: table, Object: setting,
		Message: first.Kind + " " + consequence, Why: why + ".",
		Instead: fmt.Sprintf("SET %s = '%s';  -- before this statement", setting, value),
	})
}

package rules

import (
	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "missing-statement-timeout", Severity: lint.Warn, Kind: "blocks", PerSession: true,
	Summary: "no statement_timeout in force (a notice when belay runs the file); never for a CONCURRENTLY statement, " +
		"which wants lock_timeout 0",
	Run: missingStatementTimeout,
	Doc: `
## Advice
Say how long a statement may hold its lock, so that a wrong judgement ends by itself.

## In practice
lock_timeout bounds the wait, not the work. A statement that was thought instant and scans a large table holds everybody
off until it is done. statement_timeout undoes it after a bounded time, also when nobody is watching. For CREATE INDEX
CONCURRENTLY it is wrong: there it leaves an INVALID index. belay sets it from its own judgement, so in a run this is only
a notice.

## Measured
Documented for 10 to 18: statement_timeout cancels the statement with 57014 and its transaction is undone.

## Instead
    SET statement_timeout = '30s';
`,
})

func missingStatementTimeout(p *lint.Pass) {
	reportMissing(p, "statement_timeout", "30s", "holds its lock for as long as it takes, without a limit.")
}

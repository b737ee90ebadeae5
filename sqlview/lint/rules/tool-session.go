package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "tool-session", Severity: lint.Stop, Kind: "fails",
	Summary: "a file that takes the session away from under the team's tool: DISCARD ALL, DEALLOCATE ALL, a " +
		"read-only session, unlocked keys",
	Run: toolSession,
	Doc: `
## Advice
Leave the session to the tool: it writes its history row on the same connection.

## In practice
DISCARD ALL and DEALLOCATE ALL drop the prepared statements by which the tool writes its history; a session that is read-only
refuses the row; pg_advisory_unlock_all lets go of the lock that keeps a second migration out. The SQL of the file is applied
then, and the version stays dirty.

## Measured
Seen with golang-migrate v4.20.1: DISCARD ALL or DEALLOCATE ALL alone in a file end in 26000, default_transaction_read_only = on
in 25006; each time the file is applied and the version is dirty.

## Instead
    SET LOCAL default_transaction_read_only …, or nothing
`,
})

func toolSession(p *lint.Pass) {
	if p.File.Mode == lint.Psql {
		return
	}
	for s := range p.Statements() {
		what, code := lint.TakesSession(*s.Statement)
		if what == "" {
			continue
		}
		why := "The tool's lock and belay's own are of the same session"
		if code != "" {
			why = "The tool writes its history row on the same session"
		}
		if code != "" && p.File.Mode == lint.Implicit {
			why = fmt.Sprintf("The file is applied, then the tool's own history row fails (%s), and the version "+
				"stays dirty", code)
		}
		if p.File.ByBelay {
			why += "; belay does not run such a file"
		}
		s.Report(lint.Hazard{Message: "This " + what + ".", Why: why + ".", Instead: "Leave it out."})
	}
}

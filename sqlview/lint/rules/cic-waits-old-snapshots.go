package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "cic-waits-old-snapshots", Severity: lint.Notice, Kind: "session",
	Summary: "a concurrent build now would wait for named old snapshots",
	Run:     cicWaitsOldSnapshots,
	Doc: `
## Advice
Look who has an old transaction open before a concurrent build begins.

## In practice
A concurrent build waits three times: for writers of its table, and in the end for every transaction of the database that is
older than its second scan, also one that only read another table. Nobody queues behind that wait, but the build does not
end, and a lock_timeout would count it as its own wait and leave an INVALID index. A pg_dump or a forgotten psql is enough.
Transactions of under a second are not named.

## Measured
Seen on 15 and 18: CREATE INDEX CONCURRENTLY on t waited for a REPEATABLE READ session that had only read u.

## Instead
Ask the named sessions to end, or build when they are gone.
`,
})

func cicWaitsOldSnapshots(p *lint.Pass) {
	for s := range p.Statements() {
		what, older := s.Concurrently(), s.Older()
		if what == "" || len(older) == 0 {
			continue
		}
		s.Report(lint.Hazard{
			Relation: s.Effect().Strongest().Relation,
			Message:  fmt.Sprintf("%s would wait now until %s.", what, ends(len(older))),
			Why:      lint.Sessions(older) + ".",
			Instead:  "Ask them to end first, or build later.",
		})
	}
}

func ends(transactions int) string {
	if transactions == 1 {
		return "1 older transaction ends"
	}
	return lint.Count(transactions, "older transaction") + " end"
}

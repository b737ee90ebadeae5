package rules

import (
	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "backfill-header", Severity: lint.Stop, Kind: "fails",
	Summary: "-- belay: backfill above a file that is not one plain UPDATE",
	Run:     backfillHeader,
	Doc: `
## Advice
Change many rows in batches, not in one statement.

## In practice
A file whose header says ` + "`-- belay: backfill`" + ` is run by belay in batches: short transactions by key, a cursor that commits with
its rows, pause and resume, a verify at the end; the history row is written when the last row is done. That needs a file
of one UPDATE whose values come from the row itself: no FROM, no WITH, no RETURNING, no ONLY. The team's own tool sees a comment
and runs the plain UPDATE. Settings stand in the same line: ` + "`key=tenant_id,id`" + ` and ` + "`batch-time=100ms`" + `.

## Measured
Seen on 15 with 2 million rows and 400 statements/s beside it: one UPDATE held the median up for 12.7 s; in batches of about
10 ms the 99th percentile was 6 ms.

## Instead
    -- belay: backfill
    UPDATE t SET c = … WHERE c IS NULL;
`,
})

func backfillHeader(p *lint.Pass) {
	if !p.File.Backfill {
		return
	}
	_, why := p.File.Batches()
	if why == "" {
		return
	}
	for s := range p.Statements() {
		s.Report(lint.Hazard{
			Message: "The header asks for batches, and this file cannot be run in batches: " + why + ".",
			Why:     "A backfill walks one table by its key; its values come from the row itself.",
			Instead: "One UPDATE alone in its file, with the condition in WHERE; what else the file does belongs in " +
				"files before and after it.",
		})
		return
	}
}

package rules

import (
	"fmt"

	"belay/sqlview/lint"
	"belay/sqlview/measure"
)

var _ = add(lint.Rule{
	ID: "disk-headroom", Severity: lint.Stop, Kind: "session",
	Summary: "not enough free disk for the rewrite or build",
	Run:     diskHeadroom,
	Doc: `
## Advice
Have room for a second copy of the table before you rewrite it.

## In practice
A rewrite writes table and indexes anew beside the old ones, and about as much WAL; a build writes the index. The old files go
only after COMMIT. A full disk ends every write on the server, and with WAL on the same disk the server itself. A server does
not tell its free disk, so belay can judge it only where it runs on the same machine and may read the data directory;
elsewhere this rule says nothing, and the estimate of a run names what is needed. Tablespaces are not told apart.

## Measured
Seen on 15: integer to bigint on a table of 118 MB took as much again until COMMIT, and wrote 142 MB of WAL.

## Instead
More room first; or a new column and a backfill, which needs room for the column alone.
`,
})

func diskHeadroom(p *lint.Pass) {
	if p.Moment == nil || p.Moment.FreeBytes == nil {
		return
	}
	free := *p.Moment.FreeBytes
	for s := range p.Statements() {
		needs, ok := s.Written()
		if !ok || 2*needs <= free {
			continue
		}
		h := lint.Hazard{
			Relation: s.Effect().Strongest().Relation,
			Message:  "There is not enough free disk for what this writes: writes of everybody would fail.",
			Why: fmt.Sprintf("It writes about %s and as much WAL; about %s are free.", measure.Bytes(needs),
				measure.Bytes(free)),
			Instead: "Make room first; or a new column and belay backfill, which needs room for the column alone.",
		}
		if needs <= free {
			h.Severity = lint.Warn
			h.Message = "The free disk may not be enough for what this writes and its WAL."
		}
		s.Report(h)
	}
}

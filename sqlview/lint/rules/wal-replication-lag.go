package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/lint"
	"belay/sqlview/measure"
)

var _ = add(lint.Rule{
	ID: "wal-replication-lag", Severity: lint.Notice, Kind: "session",
	Summary: "WAL of the change against replicas and slots",
	Run:     walReplicationLag,
	Doc: `
## Advice
Know how much WAL a change writes, and who has to read it.

## In practice
A rewrite or an index build writes its result into the WAL as fast as the disk takes it. Replicas fall behind by that much,
readers there see old rows, and a replication slot keeps all of it on the primary's disk until its consumer has read it; one
without a consumer keeps it for good. belay names replicas and slots where the change writes 64 MB or more.

## Measured
Seen on 15: integer to bigint on a table of 118 MB wrote 142 MB of WAL; an index on 1,000,000 bigints is 21 MB and wrote 20 MB.

## Instead
Smaller steps: a new column and a backfill, which waits while a replica lags.
`,
})

// muchWAL is four segments: less is an ordinary minute of a busy server.
const muchWAL = 64 << 20

func walReplicationLag(p *lint.Pass) {
	if p.Moment == nil {
		return
	}
	readers := walReaders(p)
	if len(readers) == 0 {
		return
	}
	for s := range p.Statements() {
		bytes, _ := s.Written()
		if bytes < muchWAL {
			continue
		}
		s.Report(lint.Hazard{
			Relation: s.Effect().Strongest().Relation,
			Message: fmt.Sprintf("This writes about %s of WAL, which every replica has to replay and every slot "+
				"keeps until it is read.", measure.Bytes(bytes)),
			Why:     "Now: " + strings.Join(readers, ", ") + ".",
			Instead: "Run it when they have caught up, one at a time; watch pg_stat_replication.",
		})
	}
}

// walReaders names who reads the WAL, and how far behind each is.
func walReaders(p *lint.Pass) []string {
	var all []string
	for _, r := range p.Moment.Replicas {
		name := "replica " + r.Name
		if r.LagBytes >= 0 {
			name += ", " + measure.Bytes(r.LagBytes) + " behind"
		}
		all = append(all, name)
	}
	for _, slot := range p.Moment.Slots {
		if slot.Active {
			continue
		}
		name := "slot " + slot.Name + " without a consumer"
		if slot.RetainedBytes >= 0 {
			name += ", " + measure.Bytes(slot.RetainedBytes) + " kept"
		}
		all = append(all, name)
	}
	return all
}

package rules

import (
	"fmt"
	"strings"

	"belay/sqlview/lint"
	"belay/sqlview/lock"
	"belay/sqlview/measure"
)

var _ = add(lint.Rule{
	ID: "standby-replay", Severity: lint.Notice, Kind: "session",
	Summary: "a standby query would hold up or be cancelled by this change",
	Run:     standbyReplay,
	Doc: `
## Advice
Think of those who read on the standbys.

## In practice
ACCESS EXCLUSIVE is replayed on every hot standby. A query there that reads the table holds up replay, of everything, until
max_standby_streaming_delay; then it is cancelled (40001). Meanwhile new queries on the table wait there too. The primary
does not see the queries of a standby, so belay can only say that there is one; weaker locks are not replayed.

## Measured
Seen on 15 with max_standby_streaming_delay at 1.5 s: an ALTER on the primary during a long SELECT on the standby stopped the
replay of an unrelated INSERT, new SELECTs on the table waited, and about 1 s later the long query got 40001.

## Instead
Run it when no long report runs on the standbys: look at pg_stat_activity there.
`,
})

func standbyReplay(p *lint.Pass) {
	standbys := p.Standbys()
	if len(standbys) == 0 {
		return
	}
	var names []string
	for _, r := range standbys {
		name := r.Name
		if r.LagMS > 0 {
			name += " (" + measure.MS(r.LagMS) + " behind)"
		}
		names = append(names, name)
	}
	said := map[string]bool{}
	for s := range p.Statements() {
		for _, l := range s.Effect().Locks {
			if l.Mode != lock.AccessExclusive || said[l.Relation] || !s.Existed(l.Relation) || !s.Table(l.Relation) {
				continue
			}
			said[l.Relation] = true
			s.Report(lint.Hazard{
				Relation: l.Relation, Object: l.Relation,
				Message: fmt.Sprintf("A standby that runs a query on %s stops replaying, or cancels the query.",
					l.Relation),
				Why:     "ACCESS EXCLUSIVE is replayed there too. Standbys now: " + strings.Join(names, ", ") + ".",
				Instead: "Look for long queries in pg_stat_activity of the standbys first.",
			})
		}
	}
}

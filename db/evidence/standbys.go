package evidence

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/sqlview/measure"
)

// Standby is a server that replays what the asked one writes: who reads there is in none
// of its sources.
type Standby struct {
	// Name is what it calls itself, Address where it connects from; "" = a socket of the
	// same host.
	Name, Address string
}

// String names it: "replica_b at 10.0.0.3".
func (s Standby) String() string {
	if s.Address == "" {
		return s.Name + " at the same host"
	}
	return s.Name + " at " + s.Address
}

// standbysSQL leaves out logical subscribers, base backups and pg_receivewal, which
// replays nothing.
const standbysSQL = `SELECT coalesce(nullif(r.application_name, ''), 'pid ' || r.pid), coalesce(pg_catalog.host(r.client_addr), ''), r.state IS NULL
FROM pg_catalog.pg_stat_replication r
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
  AND coalesce(r.state, '') <> 'backup' AND NOT coalesce(r.state = 'streaming' AND r.replay_lsn IS NULL, false)
  AND coalesce(r.application_name, '') <> 'pg_receivewal'
ORDER BY 1, 2`

// Standbys are those that stream from a server now. unseen are more connections that may be
// one, of which the role may see no more than that they are there.
func Standbys(ctx context.Context, c *db.Conn) (all []Standby, unseen int, err error) {
	rows, err := c.Query(ctx, standbysSQL)
	if err != nil {
		return nil, 0, fmt.Errorf("pg_stat_replication: %w", err)
	}
	var s Standby
	var hid bool
	_, err = pgx.ForEachRow(rows, []any{&s.Name, &s.Address, &hid}, func() error {
		if hid {
			unseen++
		} else {
			all = append(all, s)
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("pg_stat_replication: %w", err)
	}
	return all, unseen, nil
}

// StandbysSource is the name of the source of [NotAsked].
const StandbysSource = "standbys"

// NotAsked is what is known of standbys of which too few were asked: nobody looked there.
// ok is false where none streams, or as many were asked as stream.
func NotAsked(all []Standby, unseen, asked int) (s Source, ok bool) {
	n := len(all) + unseen - asked
	if n <= 0 {
		return s, false
	}
	s = Source{
		Name: StandbysSource, Verdict: CouldNot, Required: true, Found: []Finding{},
		Blind: []string{"standbys that are not connected now, or get their WAL from an archive"},
	}
	for _, b := range all {
		s.add(Finding{Level: Unasked, What: b.String()})
	}
	if unseen > 0 {
		s.add(Finding{
			Level: Unasked, What: fmt.Sprintf("%d more, which this role may not see: it needs pg_monitor", unseen),
		})
	}
	s.Why = fmt.Sprintf("%s, %d asked: who reads there is in no source; give each as --standby DSN", streams(len(all)+
		unseen), asked)
	return s, true
}

func streams(n int) string {
	return measure.Plural(n, "standby") + measure.Verb(int64(n), " streams", " stream") + " from here"
}

// StandbysSaid names standbys in a sentence; "" = there are none.
func StandbysSaid(all []Standby, unseen int) string {
	var names []string
	for _, s := range all {
		names = append(names, s.String())
	}
	if unseen > 0 {
		names = append(names, fmt.Sprintf("%d that this role may not see", unseen))
	}
	return strings.Join(names, ", ")
}

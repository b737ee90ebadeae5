package watch

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
)

// Found is how a session was recognised as one of a command that belay started.
type Found string

// The ways, the surest first. One that is only perhaps a command's is never ended.
const (
	ByName  Found = "its application_name"
	ByPort  Found = "its client's port"
	Perhaps Found = "perhaps: it began after the command, as the same role"
)

// Marks are what sessions of a command are known by.
type Marks struct {
	// Application is the application_name that the command was given.
	Application string
	// Ends are the near ends of the connections that its processes have open.
	Ends []netip.AddrPort
	// Since is the server's clock when it was started.
	Since time.Time
}

// CommandSession is a session of a command at a moment. Ages are in ms, -1 = none, or
// not to be seen.
type CommandSession struct {
	PID           int
	BackendStart  time.Time
	Application   string
	User          string
	State         string
	Waits         string // wait_event_type
	QueryStart    time.Time
	QueryMS       int64
	TransactionMS int64
	Query         string
	How           Found
}

// Works reports whether it runs a statement, or keeps a transaction open.
func (s CommandSession) Works() bool { return s.State != "idle" }

// Same reports whether two moments are of one backend.
func (s CommandSession) Same(o CommandSession) bool {
	return s.PID == o.PID && s.BackendStart.Equal(o.BackendStart)
}

// Command lists the sessions of a command in this database, oldest first. Those that
// are only perhaps its stand there where none is for certain.
func Command(ctx context.Context, c *db.Conn, m Marks) ([]CommandSession, error) {
	ports := []int32{}
	for _, e := range m.Ends {
		ports = append(ports, int32(e.Port()))
	}
	since := m.Since.UnixMicro()
	if m.Since.IsZero() {
		since = 1 << 62
	}
	rows, err := c.Query(ctx, sql("command", c.ServerMajor()), m.Application, ports, since)
	if err != nil {
		return nil, fmt.Errorf("sessions of the command: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (s CommandSession, err error) {
		var start, query int64
		var address string
		var port int
		err = r.Scan(&s.PID, &start, &s.Application, &s.User, &address, &port, &s.State, &s.Waits, &query, &s.QueryMS,
			&s.TransactionMS, &s.Query)
		s.BackendStart, s.QueryStart = time.UnixMicro(start).UTC(), time.UnixMicro(query).UTC()
		s.Query = db.ShownQuery(s.Query)
		s.How = m.how(s.Application, address, port)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("sessions of the command: %w", err)
	}
	sure := slices.DeleteFunc(slices.Clone(all), func(s CommandSession) bool { return s.How == Perhaps })
	if len(sure) > 0 {
		return sure, nil
	}
	return all, nil
}

func (m Marks) how(application, address string, port int) Found {
	if application == m.Application {
		return ByName
	}
	a, err := netip.ParseAddr(address)
	if err == nil && slices.Contains(m.Ends, netip.AddrPortFrom(a.Unmap(), uint16(port))) {
		return ByPort
	}
	return Perhaps
}

// InTheWay is a session that one of a command's waits for.
type InTheWay struct {
	PID         int
	Application string
	User        string
	State       string
	AgeMS       int64 // of its transaction
	Query       string
}

// CommandBlockers lists whom the sessions wait for, and counts the sessions that wait
// for them.
func CommandBlockers(ctx context.Context, c *db.Conn, pids []int) (all []InTheWay, waiting int, err error) {
	var batch pgx.Batch
	batch.Queue(`SELECT DISTINCT b.pid, coalesce(a.application_name, ''), coalesce(a.usename::text, ''), coalesce(a.state, ''),
		coalesce((extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start) * 1000)::bigint, -1),
		coalesce(pg_catalog.left(a.query, 1000), '')
		FROM pg_catalog.unnest($1::int[]) AS w(pid), LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) AS b(pid)
		LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = b.pid WHERE NOT b.pid = ANY ($1::int[])
		AND `+db.OthersSQL+` ORDER BY b.pid`, pids)
	batch.Queue(`SELECT pg_catalog.count(DISTINCT l.pid) FROM pg_catalog.pg_locks AS l
		WHERE NOT l.granted AND NOT l.pid = ANY ($1::int[]) AND pg_catalog.pg_blocking_pids(l.pid) && $1::int[]`, pids)
	results := c.SendBatch(ctx, &batch)
	rows, err := results.Query()
	if err == nil {
		all, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (b InTheWay, err error) {
			err = r.Scan(&b.PID, &b.Application, &b.User, &b.State, &b.AgeMS, &b.Query)
			b.Query = db.ShownQuery(b.Query)
			return b, err
		})
	}
	if err == nil {
		err = results.QueryRow().Scan(&waiting)
	}
	if err = closed(results, err); err != nil {
		err = fmt.Errorf("who is in the command's way: %w", err)
	}
	return all, waiting, err
}

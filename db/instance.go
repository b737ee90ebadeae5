package db

import (
	"time"

	"github.com/jackc/pgx/v5"
)

// Instance is a server process as it was met at a moment. A copy of a database, such as a
// restored base backup, has the same identifiers: what tells it apart is that it was up
// while the other one answered. The zero value is one that nobody has met.
type Instance struct {
	Start time.Time // of the server, by its own clock
	Seen  time.Time // by its own clock
	// Timeline is that of the WAL written then; 0 = unknown, as on a standby.
	Timeline int64
	// HostClock is Seen by this host's clock, whose steps it does not follow; zero = not known.
	HostClock time.Time
}

// Instance is the server as Identify met it.
func (i Identity) Instance() Instance {
	return Instance{Start: i.ServerStart, Seen: i.At, Timeline: i.Timeline, HostClock: i.hostClock}
}

// Other reports whether what answers now is surely neither this server, nor the same one
// restarted, nor a standby of it that was promoted. What is not known is not held against
// it.
func (i Instance) Other(now Instance) bool {
	switch {
	case i.Start.IsZero() || now.Start.IsZero() || i.Start.Equal(now.Start), i.Timeline == 0 || now.Timeline == 0:
		return false
	case now.Timeline != i.Timeline:
		return now.Timeline < i.Timeline
	}
	return !now.Start.Add(i.setBack(now)).After(i.Seen)
}

// setBack is how far the server's clock was set back since, by what passed here: a server
// that starts anew with an earlier clock began after it was seen all the same.
func (i Instance) setBack(now Instance) time.Duration {
	if i.HostClock.IsZero() || now.HostClock.IsZero() {
		return 0
	}
	return max(0, now.HostClock.Sub(i.HostClock)-now.Seen.Sub(i.Seen))
}

// then is what is known after the server was met again. A standby does not tell its
// timeline: the one that is known stays.
func (i Instance) then(now Instance) Instance {
	if now.Timeline == 0 {
		return i
	}
	return now
}

// OnServer refuses a connection to a server that is another than the one that was met.
func (c *Conn) OnServer(met Instance) error {
	if met.Other(c.Server) {
		return &OtherError{Was: c.Whose(), Is: c.Whose(), Before: met, Now: c.Server}
	}
	return nil
}

// timeline takes the answer of timelineSQL.
func (c *Conn) timeline(r pgx.Row) error { return r.Scan(&c.Server.Timeline) }

// ErrPooler says that the session is a pooler's. Another client may have it after each
// transaction, with what was set in it: nothing is set there.
var ErrPooler error = poolerError{}

type poolerError struct{}

func (poolerError) Error() string { return "a pooler stands between belay and the server" }

// Hint says what to do now.
func (poolerError) Hint() string {
	return "give the server's own address: behind a pooler settings and locks reach other clients"
}

// ownSQL fails, and undoes what is sent in the same message, where the backend is
// another than the protocol told. It runs before the session has its pins.
const ownSQL = `SELECT 1 OPERATOR(pg_catalog./)
	CASE WHEN pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) $1::pg_catalog.int4 THEN 1 ELSE 0 END`

// notOwn is the SQLSTATE with which ownSQL fails, division_by_zero: nothing else of the
// message divides.
const notOwn = "22012"

package db

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// Identity is which database this is, by facts of the server, and under which
// conditions belay is connected to it.
type Identity struct {
	// SystemIdentifier is pg_control_system()'s, as decimal digits; "" = unknown.
	// A physical copy has the same one.
	SystemIdentifier string `json:"system_identifier"`
	DatabaseOID      uint32 `json:"database_oid"`
	Database         string `json:"database"`
	// Version is as the server prints it, such as "15.18 (Debian …)"; Major and
	// Minor are its numbers.
	Version string `json:"version"`
	Major   int    `json:"major"`
	Minor   int    `json:"minor"`
	// InRecovery is true on a standby.
	InRecovery bool `json:"in_recovery"`
	// Timeline is that of the WAL written now; 0 = unknown, as on a standby.
	Timeline int64 `json:"timeline"`
	// ServerAddress and ServerPort are the server's own end of the connection; ""
	// and 0 = a Unix socket.
	ServerAddress string `json:"server_address"`
	ServerPort    int    `json:"server_port"`
	SessionUser   string `json:"session_user"`
	// CurrentUser is whom a session begins as: the login, or a role that a setting
	// makes it take. Superuser and MemberOf are that one's.
	CurrentUser string   `json:"current_user"`
	Superuser   bool     `json:"superuser"`
	MemberOf    []string `json:"member_of"` // direct and indirect, by name
	// Pooler is true where something between us and the server gave out another
	// pid than the backend has.
	Pooler bool `json:"pooler"`
	// PID and BackendStart name our own backend.
	PID          int       `json:"pid"`
	BackendStart time.Time `json:"backend_start"`
	// ServerStart changes with every restart.
	ServerStart    time.Time `json:"server_start"`
	MaxConnections int       `json:"max_connections"`
	TimeZone       string    `json:"time_zone"`
	// Loopback is true where host or server address is this machine's own. A
	// tunnel looks the same.
	Loopback bool `json:"loopback"`
	// At is the server's clock.
	At time.Time `json:"at"`
	// Unread names what the role may not read.
	Unread []Unread `json:"unread,omitempty"`

	hostClock time.Time // At by this host's clock
}

// Unread is a fact that could not be had, and why.
type Unread struct {
	What     string `json:"what"`
	SQLState string `json:"sqlstate"`
}

// Same reports whether both are the same database: system identifier and
// database oid. False where one of the identifiers is unknown.
func (i Identity) Same(o Identity) bool {
	return i.SystemIdentifier != "" && i.SystemIdentifier == o.SystemIdentifier && i.DatabaseOID == o.DatabaseOID
}

// Key is "SYSTEM/DATABASEOID", as the ledger's rows carry it; "" = unknown.
func (i Identity) Key() string {
	if i.SystemIdentifier == "" {
		return ""
	}
	return i.SystemIdentifier + "/" + strconv.FormatUint(uint64(i.DatabaseOID), 10)
}

const identitySQL = `
SELECT d.oid::bigint, d.datname::text, pg_catalog.current_setting('server_version'),
       pg_catalog.current_setting('server_version_num')::int, pg_catalog.pg_is_in_recovery(),
       coalesce(pg_catalog.host(pg_catalog.inet_server_addr()), ''), coalesce(pg_catalog.inet_server_port(), 0),
       session_user::text, r.rolname::text, r.rolsuper, pg_catalog.pg_backend_pid(),
       coalesce((SELECT (extract(epoch FROM a.backend_start) * 1000000)::bigint
          FROM pg_catalog.pg_stat_activity a WHERE a.pid = pg_catalog.pg_backend_pid()), 0),
       (extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000)::bigint,
       pg_catalog.current_setting('max_connections')::int, pg_catalog.current_setting('TimeZone'),
       (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint,
       ARRAY(WITH RECURSIVE m(oid) AS (
               SELECT x.roleid FROM pg_catalog.pg_auth_members x WHERE x.member = r.oid
               UNION SELECT x.roleid FROM pg_catalog.pg_auth_members x JOIN m ON m.oid = x.member)
             SELECT g.rolname::text FROM m JOIN pg_catalog.pg_roles g USING (oid) ORDER BY 1)
FROM pg_catalog.pg_database d, pg_catalog.pg_roles r
WHERE d.datname = pg_catalog.current_database() AND r.rolname = CASE WHEN $1 = '' THEN current_user ELSE $1::name END`

// timelineSQL is its own statement: a function that the role may not call ends the
// statement it stands in. A standby writes no WAL.
const timelineSQL = `SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN 0 ELSE
	('x' || pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8))::bit(32)::bigint END`

// Identify asks the server which database this is. A plain role can; what it
// may not read is named in Unread.
func Identify(ctx context.Context, c *Conn) (Identity, error) {
	var i Identity
	var oid, backend, server, at int64
	var version int
	var b pgx.Batch
	b.Queue(identitySQL, c.Role)
	b.Queue(timelineSQL)
	results := c.SendBatch(ctx, &b)
	err := results.QueryRow().Scan(&oid, &i.Database, &i.Version, &version, &i.InRecovery,
		&i.ServerAddress, &i.ServerPort, &i.SessionUser, &i.CurrentUser, &i.Superuser, &i.PID,
		&backend, &server, &i.MaxConnections, &i.TimeZone, &at, &i.MemberOf)
	unread := error(nil)
	if err == nil {
		unread = results.QueryRow().Scan(&i.Timeline)
	}
	_ = results.Close() // its error is that of the answer that was not read
	if err != nil {
		return Identity{}, fmt.Errorf("identity of %s: %w", c.Target, err)
	}
	i.DatabaseOID, i.Major, i.Minor = uint32(oid), version/10000, version%10000
	i.BackendStart, i.ServerStart, i.At, i.hostClock = micros(backend), micros(server), micros(at), time.Now()
	i.Pooler = int(c.PgConn().PID()) != i.PID
	i.Loopback = isSocket(c.Endpoint.Host) || isLoopback(c.Endpoint.Host) || isLoopback(i.ServerAddress)
	if i.SystemIdentifier = c.systemID; c.unnamed != "" {
		i.Unread = append(i.Unread, Unread{What: "system identifier", SQLState: c.unnamed})
	}
	return i, i.unread("timeline", unread)
}

func (i *Identity) unread(what string, err error) error {
	if err == nil {
		return nil
	}
	if !Decided(err) {
		return fmt.Errorf("identity: %s: %w", what, err)
	}
	i.Unread = append(i.Unread, Unread{What: what, SQLState: SQLState(err)})
	return nil
}

func micros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

package db

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
)

// cancelGrace is how long a canceled statement may take to answer before its
// connection is given up.
const cancelGrace = 10 * time.Second

// Conn is one named connection with its settings as the server confirmed them.
// Like a pgx.Conn it is used by one goroutine at a time.
type Conn struct {
	*pgx.Conn
	Session  Session
	Settings Settings
	// Target is the Config's Description.
	Target string
}

// Connect opens one connection, names it, sets its safety parameters and reads
// them back. An error is a *ConnectError and means that nothing was run.
//
// A context that ends during a statement of an executor sends a cancel request
// and keeps the connection; on the other kinds it closes the connection.
func Connect(ctx context.Context, cfg Config, s Session) (*Conn, error) {
	fail := func(err error) error {
		return &ConnectError{Target: cfg.Description(), User: cfg.User(), Err: err}
	}
	if cfg.pgx == nil {
		return nil, fail(fmt.Errorf("no DSN given"))
	}
	c := cfg.pgx.Copy()
	c.RuntimeParams["application_name"] = s.ApplicationName()
	c.DialFunc = (&net.Dialer{Timeout: c.ConnectTimeout, KeepAliveConfig: keepalive}).DialContext
	if s.Kind == Executor {
		c.BuildContextWatcherHandler = cancelByRequest
	}
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return nil, fail(err)
	}
	out := &Conn{Conn: conn, Session: s, Target: cfg.Description()}
	out.Settings, err = Set(ctx, conn, ForSession, override(defaults(s.Kind, out.ServerMajor(), isSocket(conn.Config().Host)), s.Settings))
	if err != nil {
		_ = out.Close()
		return nil, fail(err)
	}
	return out, nil
}

func cancelByRequest(pc *pgconn.PgConn) ctxwatch.Handler {
	return &pgconn.CancelRequestContextWatcherHandler{Conn: pc, DeadlineDelay: cancelGrace}
}

// keepalive lets us learn that the server's host is gone while an answer is waited
// for, as the server learns it of ours.
var keepalive = net.KeepAliveConfig{
	Enable: true, Idle: keepalivesIdle * time.Second, Interval: keepalivesInterval * time.Second, Count: keepalivesCount,
}

// closeTimeout bounds saying goodbye to a server that may be gone.
const closeTimeout = time.Second

// Close says goodbye within a second; the server undoes an open transaction.
func (c *Conn) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	return c.Conn.Close(ctx)
}

// ServerMajor is the server's major version as it said when connecting, such as
// 15; 0 = not understood.
func (c *Conn) ServerMajor() int { return major(c.PgConn().ParameterStatus("server_version")) }

func major(version string) int {
	n := 0
	for _, r := range version {
		if r < '0' || r > '9' {
			break
		}
		n = n*10 + int(r-'0')
	}
	return n
}

// SetStep renames an executor's session to the step it is going to do. Call it
// outside a transaction: a rollback takes the name back.
func (c *Conn) SetStep(ctx context.Context, step string) error {
	s := c.Session
	s.Step = step
	if _, err := c.Exec(ctx, "SELECT pg_catalog.set_config('application_name', $1, false)", s.ApplicationName()); err != nil {
		return fmt.Errorf("application_name of step %s: %w", step, err)
	}
	c.Session = s
	return nil
}

// The default safety settings, in milliseconds and seconds. reliability.md R4
// measured why each covers a hole that the others leave.
const (
	defaultLockTimeout     = 200
	defaultIdleInTx        = 30_000
	monitorStatement       = 500
	escapeStatement        = 2_000
	connectionCheck        = 1_000
	keepalivesIdle         = 5
	keepalivesInterval     = 2
	keepalivesCount        = 3
	userTimeout            = (keepalivesIdle + keepalivesInterval*keepalivesCount) * 1000
	helperIdleInTx         = 5_000
	executorStatement      = 60_000
	userTimeoutVersion     = 12
	connectionCheckVersion = 14 // idle_session_timeout came with it
)

func override(defaults, by []Setting) []Setting {
	for _, o := range by {
		at := slices.IndexFunc(defaults, func(s Setting) bool { return s.Name == o.Name })
		if at < 0 {
			defaults = append(defaults, o)
		} else {
			defaults[at] = o
		}
	}
	return defaults
}

func defaults(k Kind, version int, socket bool) []Setting {
	out := []Setting{MilliSeconds("lock_timeout", defaultLockTimeout)}
	switch k {
	case Executor:
		out = append(out, MilliSeconds("statement_timeout", executorStatement),
			MilliSeconds("idle_in_transaction_session_timeout", defaultIdleInTx))
	case Monitor:
		out = append(out, MilliSeconds("statement_timeout", monitorStatement),
			MilliSeconds("idle_in_transaction_session_timeout", helperIdleInTx),
			Setting{Name: "default_transaction_read_only", Want: "on"})
	default:
		out = append(out, MilliSeconds("statement_timeout", escapeStatement),
			MilliSeconds("idle_in_transaction_session_timeout", helperIdleInTx))
	}
	if version >= connectionCheckVersion {
		out = append(out, MilliSeconds("client_connection_check_interval", connectionCheck),
			MilliSeconds("idle_session_timeout", 0)) // a helper may be idle for long
	}
	if !socket { // a socket has no keepalives, and no half-open state either
		out = append(out, Setting{Name: "tcp_keepalives_idle", Want: strconv.Itoa(keepalivesIdle)},
			Setting{Name: "tcp_keepalives_interval", Want: strconv.Itoa(keepalivesInterval)},
			Setting{Name: "tcp_keepalives_count", Want: strconv.Itoa(keepalivesCount)})
		if version >= userTimeoutVersion {
			// Nothing is probed while an answer is not acknowledged: this ends that wait.
			out = append(out, MilliSeconds("tcp_user_timeout", userTimeout))
		}
	}
	return out
}

package db

import (
	"context"
	"fmt"
	"maps"
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
	// Team is what the session would have without belay: of the role, the database
	// and the DSN. It holds the parameters that belay has set to values of its own.
	Team []Setting

	tool []Setting // those of Team that the tool itself sets
	// Target is the database and the place that answered, as [Config.Description] says it.
	Target string
	// Endpoint is the one of the Config's that answered.
	Endpoint Endpoint
	// Role is what the session began as, where a setting of the login, the database
	// or the DSN made it take a role; "" = the login. See [Conn.As].
	Role string
	// Backend is the pid of the session's backend, Started its start by the server's
	// clock.
	Backend int
	Started time.Time
	// Away is how long the first answer took to come that needs next to no work; 0 = it was
	// not measured.
	Away time.Duration

	began  string   // the role that the session has by itself, as the server spells it
	acting string   // the role that it has now; "" = the login's own rights
	own    patience // by its own settings

	// Server is what is behind the connection, as it was when it was opened.
	Server Instance

	systemID, databaseOID string
	unnamed               string // the SQLSTATE why there is no systemID; "" = there is
}

// Connect opens one connection, names it, sets its safety parameters and reads
// them back. An error is a *ConnectError and means that nothing was run.
//
// A context that ends during a statement of an executor sends a cancel request
// and keeps the connection; on the other kinds it closes the connection.
func Connect(ctx context.Context, cfg Config, s Session) (*Conn, error) {
	fail := func(err error) error {
		return &ConnectError{
			Target: cfg.Description(), User: cfg.User(), Database: cfg.Database(), AsRole: cfg.asksForRole(), Err: err,
			Attrs: cfg.read.Params["target_session_attrs"], Direct: cfg.read.Params["sslnegotiation"] == "direct",
		}
	}
	if cfg.pgx == nil {
		return nil, fail(fmt.Errorf("no DSN given"))
	}
	out, err := open(ctx, cfg, s, nil)
	if out != nil && hurried[SQLState(err)] {
		out, err = open(ctx, cfg, s, timeless(out.ServerMajor()))
	}
	if err != nil {
		return nil, fail(err)
	}
	return out, nil
}

// hurried are the ends of a session that somebody gave so little time that it could
// not set its own limits: query_canceled, and those of idle and long transactions and
// sessions.
var hurried = map[string]bool{"57014": true, "25P02": true, "25P03": true, "25P04": true, "57P05": true}

// timeless are the limits of a session before it has its own, for one that begins
// with others. They are not asked for by habit: not every pooler lets them through.
func timeless(version int) map[string]string {
	out := map[string]string{"statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0"}
	if version >= connectionCheckVersion {
		out["idle_session_timeout"] = "0"
	}
	if version >= transactionTimeoutVersion {
		out["transaction_timeout"] = "0"
	}
	return out
}

// open opens a connection that begins with more parameters. Where it fails after the
// server was met, the connection is closed and tells the server's version.
func open(ctx context.Context, cfg Config, s Session, begins map[string]string) (*Conn, error) {
	c := cfg.pgx.Copy()
	maps.Copy(c.RuntimeParams, begins)
	c.RuntimeParams["application_name"] = s.ApplicationName()
	var names lookups
	c.DialFunc, c.LookupFunc = dialer(c.ConnectTimeout), names.keep(within(c.ConnectTimeout, c.LookupFunc))
	// Nobody listens for notifications: the driver would keep what a server sends.
	c.OnNotification = func(*pgconn.PgConn, *pgconn.Notification) {}
	c.OnNotice = hearMet
	c.MaxProtocolMessageBodyLen = answerBytes
	if s.Kind == Executor {
		c.BuildContextWatcherHandler, c.MaxProtocolMessageBodyLen = cancelByRequest, maxMessage
	}
	l := &line{cfg: cfg}
	c.AfterNetConnect = l.guard
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return nil, l.why(err)
	}
	at := names.of(cfg, conn.PgConn().Conn())
	out := &Conn{Conn: conn, Session: s, Target: cfg.At(at).Description(), Endpoint: at}
	want := Override(defaults(s.Kind, out.ServerMajor(), isSocket(at.Host)), s.Settings)
	out.wire().allow(out.patience(0))
	err = out.settle(ctx, want)
	out.Team, out.tool = Override(out.Team, cfg.team), cfg.team
	if err == nil {
		err = out.meet(ctx)
	}
	if err != nil {
		_ = out.Close()
		return out, err
	}
	out.own = out.patience(statementTimeout(want))
	out.wire().allow(out.own)
	return out, nil
}

// dialer opens connections that end where the server falls silent.
func dialer(limit time.Duration) pgconn.DialFunc {
	d := &net.Dialer{Timeout: limit, KeepAliveConfig: keepalive}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return newWire(c), nil
	}
}

// within gives up looking a host's addresses up after limit.
func within(limit time.Duration, look pgconn.LookupFunc) pgconn.LookupFunc {
	return func(ctx context.Context, host string) ([]string, error) {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		return look(ctx, host)
	}
}

// statementTimeout is what the server allows a statement by these settings; -1 =
// as long as it takes.
func statementTimeout(all []Setting) time.Duration {
	for _, s := range all {
		if ms, err := strconv.ParseInt(s.Want, 10, 64); s.Name == "statement_timeout" && err == nil && ms > 0 {
			return time.Duration(ms) * time.Millisecond
		}
	}
	return -1
}

// patience is how long an answer is waited for that the server itself ends in
// limit; below 0 = it does not end it.
func (c *Conn) patience(limit time.Duration) patience {
	if limit < 0 {
		return patience{}
	}
	return patience{silence: limit + Slack, whole: 2 * (limit + Slack), bytes: answerBytes}
}

// longAnswer is what a large answer may take that comes all the while, and
// largeAnswer how large it may be.
const (
	longAnswer  = 2 * time.Minute
	largeAnswer = 1 << 30
)

// Patient allows what is asked until restore is called as long as the server
// itself allows it: limit is its statement_timeout, below 0 = none. Large answers
// are let through, those to an executor's without end. An answer that comes later
// ends the connection with a *SilentError.
func (c *Conn) Patient(limit time.Duration) (restore func()) {
	p := c.patience(limit)
	if limit >= 0 {
		p.whole, p.bytes = max(p.whole, longAnswer), largeAnswer
	}
	if c.Session.Kind == Executor {
		p.bytes = 0
	}
	c.wire().allow(p)
	return func() { c.wire().allow(c.own) }
}

func (c *Conn) wire() *wire { return wireOf(c.PgConn()) }

// maxMessage is above what PostgreSQL itself sends in one message.
const maxMessage = 1 << 30

func cancelByRequest(pc *pgconn.PgConn) ctxwatch.Handler {
	return &pgconn.CancelRequestContextWatcherHandler{Conn: pc, DeadlineDelay: cancelGrace}
}

// keepalive lets us learn that the server's host is gone while an answer is waited
// for, as the server learns it of ours.
var keepalive = net.KeepAliveConfig{
	Enable: true, Idle: keepalivesIdle * time.Second, Interval: keepalivesInterval * time.Second,
	Count: keepalivesCount,
}

// closeTimeout bounds saying goodbye to a server that may be gone.
const closeTimeout = time.Second

// GiveUp ends the connection at once, also under whoever asks on it: that fails
// with why. Any goroutine may call it.
func (c *Conn) GiveUp(why error) { c.wire().giveUp(why) }

// Gone reports whether the connection is known to be lost, without asking.
func (c *Conn) Gone() bool { return c.IsClosed() || c.wire().ended() }

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
	if _, err := c.Exec(ctx, "SELECT pg_catalog.set_config('application_name', $1, false)",
		s.ApplicationName()); err != nil {
		return fmt.Errorf("application_name of step %s: %w", step, err)
	}
	c.Session = s
	return nil
}

// MonitorLimit is the server's limit of what a monitor asks. Only tests change it, on a
// machine that is too busy for a question of milliseconds.
var MonitorLimit = 500 * time.Millisecond

// The default safety settings, in milliseconds and seconds. reliability.md R4
// measured why each covers a hole that the others leave.
const (
	defaultLockTimeout     = 200
	defaultIdleInTx        = 30_000
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

	transactionTimeoutVersion = 17
)

// Override is the settings of defaults with those of by in their place, by name.
func Override(defaults, by []Setting) []Setting {
	defaults = slices.Clone(defaults)
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
		out = append(out, MilliSeconds("statement_timeout", MonitorLimit.Milliseconds()),
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

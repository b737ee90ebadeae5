package apply

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"belay/db"
)

// session is the run connection and what was learned of it once.
type session struct {
	conn *pgx.Conn
	// team is what the team's tool would have on the connection.
	team    []db.Setting
	pid     uint32
	version int // server_version_num
	started time.Time
	// timeline is "" where the role may not read the WAL position.
	timeline string
	// grace bounds a question of ours.
	grace time.Duration
}

// errNotSent marks an error that came before any byte was handed over.
var errNotSent = errors.New("not sent")

// exec sends one command. It speaks the extended protocol: the server then
// refuses a text that holds a second command, and the error of a lost
// connection is the first one (the simple protocol of pgx 5.9 to 5.12 hides it).
func exec(ctx context.Context, c *pgx.Conn, sql string, args ...string) (pgconn.CommandTag, [][]string, error) {
	if c.IsClosed() {
		return pgconn.CommandTag{}, nil, fmt.Errorf("%w: the connection is closed", errNotSent)
	}
	res := c.PgConn().ExecParams(ctx, sql, values(args...), nil, nil, nil)
	var rows [][]string
	for res.NextRow() {
		rows = append(rows, texts(res.Values()))
		if len(rows) > maxRows {
			rows = rows[:maxRows]
		}
	}
	tag, err := res.Close()
	return tag, rows, err
}

// maxRows bounds what is kept of an answer; a SELECT in a migration may be long.
const maxRows = 10000

func texts(values [][]byte) []string {
	row := make([]string, len(values))
	for i, v := range values {
		row[i] = string(v)
	}
	return row
}

func ask(ctx context.Context, c *pgx.Conn, sql string, args ...string) ([][]string, error) {
	_, rows, err := exec(ctx, c, sql, args...)
	return rows, err
}

// meet learns what must be known of the run session before anything is sent.
func meet(ctx context.Context, c *db.Conn, grace time.Duration) (session, error) {
	s := session{conn: c.Conn, team: c.Team, pid: c.PgConn().PID(), started: c.Started, grace: grace}
	rows, err := ask(ctx, s.conn,
		`select pg_catalog.current_setting('server_version_num'), pg_catalog.pg_is_in_recovery()`)
	if err != nil {
		return s, err
	}
	s.version, _ = strconv.Atoi(rows[0][0])
	if rows[0][1] == "t" {
		return s, errors.New("the server is a standby: connect to the primary")
	}
	s.timeline = timeline(ctx, s.conn)
	return s, nil
}

// timeline is the WAL timeline; "" where it cannot be read, which is no reason
// not to run.
func timeline(ctx context.Context, c *pgx.Conn) string {
	rows, err := ask(ctx, c,
		`select pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8)`)
	if err != nil || len(rows) == 0 {
		return ""
	}
	return rows[0][0]
}

// begin opens a transaction as the team's tool would: what it has by default is
// read by BEGIN, when the session still has belay's.
func (s session) begin() string {
	sql := "BEGIN"
	for _, x := range s.team {
		switch {
		case x.Name == "default_transaction_isolation" && x.Want != "read committed":
			sql += " ISOLATION LEVEL " + strings.ToUpper(x.Want)
		case x.Name == "default_transaction_deferrable" && x.Want == "on":
			sql += " DEFERRABLE"
		}
	}
	return sql
}

// status is the transaction status after the last answer: 'I' idle, 'T' in a
// transaction, 'E' in an aborted one, 0 where the connection is gone.
func (s session) status() byte {
	if s.conn.IsClosed() {
		return 0
	}
	return s.conn.PgConn().TxStatus()
}

// limited is the context of our own questions and settings: a stop does not cut them
// short, for that would cost the connection.
func (s session) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), s.grace)
}

// ask asks one question of ours.
func (s session) ask(ctx context.Context, sql string, args ...string) ([][]string, error) {
	limited, cancel := s.limited(ctx)
	defer cancel()
	return ask(limited, s.conn, sql, args...)
}

// rollback takes back whatever is open. A cancel that came late may hit the
// ROLLBACK itself, so it is sent until the session is idle.
func (s session) rollback() {
	for range 3 {
		if st := s.status(); st == 'I' || st == 0 {
			return
		}
		_, _ = s.ask(context.Background(), "ROLLBACK")
	}
}

// scope is where names are looked for that are written without their schema.
type scope struct {
	path string // search_path
	role string // whom "$user" means; "" = the session's own
}

// scopeOf is where the statements of a unit look.
func scopeOf(u Unit, team []db.Setting) scope {
	s := scope{role: u.Role}
	for _, x := range team {
		if x.Name == "search_path" {
			s.path = x.Want
		}
	}
	return s
}

// ask asks about such names, in a transaction that ends with the answer. sql
// names the schema of each of its own types, functions and operators.
func (s scope) ask(ctx context.Context, c *pgx.Conn, sql string, args ...string) ([][]string, error) {
	set := [][]string{{"search_path", s.path}}
	if s.role != "" {
		set = append(set, []string{"role", s.role})
	}
	return askWith(ctx, c, set, sql, args...)
}

// asLogin is who sees the login's own sessions, whatever role a session took.
const asLogin = "none"

// askAs asks with the rights of a role, in a transaction that ends with the answer;
// "" = those that the session has.
func askAs(ctx context.Context, c *pgx.Conn, role, sql string, args ...string) ([][]string, error) {
	if role == "" {
		return ask(ctx, c, sql, args...)
	}
	return askWith(ctx, c, [][]string{{"role", role}}, sql, args...)
}

// askWith asks with settings, each a name and a value, that end with the answer.
func askWith(ctx context.Context, c *pgx.Conn, set [][]string, sql string, args ...string) ([][]string, error) {
	var b pgconn.Batch
	for _, s := range set {
		b.ExecParams("select pg_catalog.set_config($1, $2, true)", values(s...), nil, nil, nil)
	}
	b.ExecParams(sql, values(args...), nil, nil, nil)
	results := c.PgConn().ExecBatch(ctx, &b)
	var rows [][]string
	for results.NextResult() {
		rows = nil
		for r := results.ResultReader(); r.NextRow(); {
			rows = append(rows, texts(r.Values()))
		}
	}
	return rows, results.Close()
}

func values(args ...string) [][]byte {
	out := make([][]byte, len(args))
	for i, a := range args {
		out[i] = []byte(a)
	}
	return out
}

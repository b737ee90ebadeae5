package apply

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// session is the run connection and what was learned of it once.
type session struct {
	conn    *pgx.Conn
	pid     uint32
	version int // server_version_num
	started time.Time
	// timeline is "" where the role may not read the WAL position.
	timeline string
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
	params := make([][]byte, len(args))
	for i, a := range args {
		params[i] = []byte(a)
	}
	res := c.PgConn().ExecParams(ctx, sql, params, nil, nil, nil)
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
func meet(ctx context.Context, c *pgx.Conn) (session, error) {
	s := session{conn: c, pid: c.PgConn().PID()}
	rows, err := ask(ctx, c, `select pg_catalog.current_setting('server_version_num'),
		coalesce((select (extract(epoch from backend_start) * 1000000)::bigint from pg_catalog.pg_stat_activity
			where pid = pg_catalog.pg_backend_pid()), 0), pg_catalog.pg_is_in_recovery()`)
	if err != nil {
		return s, err
	}
	s.version, _ = strconv.Atoi(rows[0][0])
	micros, _ := strconv.ParseInt(rows[0][1], 10, 64)
	s.started = time.UnixMicro(micros).UTC()
	if rows[0][2] == "t" {
		return s, errors.New("the server is a standby: connect to the primary")
	}
	s.timeline = timeline(ctx, c)
	return s, nil
}

// timeline is the WAL timeline; "" where it cannot be read, which is no reason
// not to run.
func timeline(ctx context.Context, c *pgx.Conn) string {
	rows, err := ask(ctx, c, `select pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8)`)
	if err != nil || len(rows) == 0 {
		return ""
	}
	return rows[0][0]
}

// status is the transaction status after the last answer: 'I' idle, 'T' in a
// transaction, 'E' in an aborted one, 0 where the connection is gone.
func (s session) status() byte {
	if s.conn.IsClosed() {
		return 0
	}
	return s.conn.PgConn().TxStatus()
}

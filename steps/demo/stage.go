package demo

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// What stands in the way is the same in every lane.
const (
	// reportHolds is how long the forgotten report holds the table orders, from
	// the lane's start.
	reportHolds = 6 * time.Second
	// exportMore is how long the export goes on once somebody waits for its
	// snapshot. It is counted from there, so that a slow machine that builds the
	// index for longer meets the same wait.
	exportMore = 4 * time.Second
)

// stage is what stands in the way of a lane: a report that was left inside its
// transaction after reading orders, and an export that reads customers alone,
// in one snapshot.
type stage struct {
	report, export *session
	stop           context.CancelFunc
	work           sync.WaitGroup
}

// session is one of the shop's other sessions.
type session struct {
	conn *pgx.Conn
	name string
	once sync.Once
	// notice is the server's last NOTICE.
	notice string
}

func (s *session) pid() uint32 { return s.conn.PgConn().PID() }

// open connects as a role under an application's name.
func (d *Demo) open(ctx context.Context, role, application string) (*session, error) {
	cfg, err := pgx.ParseConfig(d.dsn(role))
	if err != nil {
		return nil, err
	}
	cfg.RuntimeParams["application_name"] = application
	cfg.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	s := &session{name: application}
	cfg.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { s.notice = n.Message }
	s.conn, err = pgx.ConnectConfig(ctx, cfg)
	return s, err
}

// close ends the session, and with it whatever it holds.
func (s *session) close() {
	s.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = s.conn.Close(ctx)
	})
}

// set puts the stage up. clear is to be called, whatever happens.
func (d *Demo) set(ctx context.Context) (*stage, error) {
	s := &stage{}
	var err error
	if s.report, err = d.hold(ctx, "monthly report", "BEGIN",
		"SELECT count(*) FROM orders WHERE id <= 1000"); err != nil {
		return nil, err
	}
	s.export, err = d.hold(ctx, "nightly export", "BEGIN ISOLATION LEVEL REPEATABLE READ",
		"SELECT count(*) FROM customers")
	if err != nil {
		s.report.close()
		return nil, err
	}
	d.tell(false, "%s (PID %d) has read orders, its transaction is open", s.report.name, s.report.pid())
	ctx, s.stop = context.WithCancel(ctx)
	s.work.Go(func() { d.endReport(ctx, s.report) })
	s.work.Go(func() { d.endExport(ctx, s.export) })
	return s, nil
}

// clear takes the stage down.
func (s *stage) clear() {
	s.stop()
	s.work.Wait()
	s.report.close()
	s.export.close()
}

// hold opens a session and leaves it in a transaction.
func (d *Demo) hold(ctx context.Context, application string, statements ...string) (*session, error) {
	s, err := d.open(ctx, reports, application)
	if err != nil {
		return nil, err
	}
	for _, sql := range statements {
		if _, err := s.conn.Exec(ctx, sql); err != nil {
			s.close()
			return nil, fmt.Errorf("%s: %w", application, err)
		}
	}
	return s, nil
}

func (d *Demo) endReport(ctx context.Context, report *session) {
	if pause(ctx, reportHolds) == nil {
		report.close()
		d.tell(false, "%s has ended", report.name)
	}
}

// waitedFor asks whether anybody waits for a backend's snapshot.
const waitedFor = `SELECT EXISTS (SELECT FROM pg_catalog.pg_locks w
	JOIN pg_catalog.pg_locks h ON h.locktype = 'virtualxid' AND h.virtualxid = w.virtualxid AND h.granted
	WHERE w.locktype = 'virtualxid' AND NOT w.granted AND h.pid = $1)`

func (d *Demo) endExport(ctx context.Context, export *session) {
	look, err := d.open(ctx, migrator, "demo")
	if err != nil {
		return
	}
	defer look.close()
	for waited := false; !waited; {
		if look.conn.QueryRow(ctx, waitedFor, export.pid()).Scan(&waited) != nil ||
			pause(ctx, 50*time.Millisecond) != nil {
			return
		}
	}
	if pause(ctx, exportMore) == nil {
		export.close()
		d.tell(false, "%s has ended", export.name)
	}
}

// pause waits, or says why not.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

package backfill_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"belay/db"
	"belay/db/backfill"
	"belay/db/dbtest"
	"belay/db/ledger"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// patience bounds a test's calls; nothing waits for it to pass. A measurement on
// many rows takes as long as it takes.
var patience = map[bool]time.Duration{false: 2 * time.Minute, true: time.Hour}[os.Getenv("BELAY_BENCH") != ""]

func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(context.Background(), patience,
		fmt.Errorf("the test took over %s", patience))
	t.Cleanup(cancel)
	return ctx
}

// stand is a database with a ledger and a monitor's connection.
type stand struct {
	*dbtest.DB
	dsn  string
	conn *db.Conn
}

func newStand(t testing.TB, sql string) *stand {
	t.Helper()
	d := withUUID(t)
	d.Exec(t, sql)
	createLedger(t, d)
	return &stand{DB: d, dsn: d.DSN, conn: connect(t, d.DSN)}
}

// withUUID is a database that has gen_random_uuid, which the server itself has from 13 on.
func withUUID(t testing.TB) *dbtest.DB {
	t.Helper()
	d := dbtest.New(t)
	if serverVersion(t, d) < 130000 {
		d.Exec(t,
			`CREATE FUNCTION gen_random_uuid() RETURNS uuid LANGUAGE sql AS 'SELECT md5(random()::text || clock_timestamp())::uuid'`)
	}
	return d
}

func serverVersion(t testing.TB, d *dbtest.DB) int {
	t.Helper()
	return dbtest.QueryVal[int](t, d, `SELECT current_setting('server_version_num')::int`)
}

// byPlace skips a test that walks by ctid where the server cannot scan a range
// of it. That a backfill is refused there is TestNoTIDRange.
func byPlace(t testing.TB, s *stand) {
	t.Helper()
	if serverVersion(t, s.DB) < 140000 {
		t.Skip("a range of ctid is scanned from 14 on")
	}
}

func createLedger(t testing.TB, d *dbtest.DB) {
	t.Helper()
	if _, err := ledger.Create(bounded(t), d.Conn(t)); err != nil {
		t.Fatal(err)
	}
}

func config(t testing.TB, dsn string) db.Config {
	t.Helper()
	c, err := db.ParseConfig(dsn, "$DATABASE_URL")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func connect(t testing.TB, dsn string) *db.Conn {
	t.Helper()
	c, err := db.Connect(bounded(t), config(t, dsn), db.Session{Kind: db.Monitor})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func (s *stand) plan(t testing.TB, spec backfill.Spec) *backfill.Plan {
	t.Helper()
	p, err := backfill.Prepare(bounded(t), s.conn, spec)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// options are those of a run that ends where it pauses.
func (s *stand) options(t testing.TB, p *backfill.Plan) backfill.Options {
	t.Helper()
	return backfill.Options{Config: config(t, s.dsn), Plan: p, StopOnPause: true, Control: &backfill.Control{},
		Run: ledger.Run{ID: backfill.NewID(), Database: s.Name, Owner: "op1@bastion-1", State: "running"}}
}

func (s *stand) fill(t testing.TB, spec backfill.Spec) backfill.Result {
	t.Helper()
	return run(t, s.options(t, s.plan(t, spec)))
}

func run(t testing.TB, o backfill.Options) backfill.Result {
	t.Helper()
	res, err := backfill.Run(bounded(t), o)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

package db_test

import (
	"context"
	"testing"
	"time"

	"belay/db"
	"belay/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// patience bounds a test's calls; nothing waits for it to pass.
const patience = time.Minute

func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func config(t testing.TB, dsn string) db.Config {
	t.Helper()
	c, err := db.ParseConfig(dsn, "$DATABASE_URL")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func connect(t testing.TB, dsn string, s db.Session) *db.Conn {
	t.Helper()
	c, err := db.Connect(bounded(t), config(t, dsn), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// patient is a monitor for a busy machine: for tests of what is read, not of how soon.
var patient = db.Session{Kind: db.Monitor, Settings: []db.Setting{db.MilliSeconds("statement_timeout", 30_000)}}

func trio(t testing.TB, dsn string) *db.Trio {
	t.Helper()
	tr, err := db.OpenTrio(bounded(t), config(t, dsn), "7f3c9a21", "run")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tr.Close() })
	return tr
}

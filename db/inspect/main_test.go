package inspect_test

import (
	"context"
	"testing"
	"time"

	"belay/db"
	"belay/db/dbtest"
	"belay/sqlview/catalog"

	"belay/db/inspect"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const patience = time.Minute

func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func monitor(t testing.TB, dsn string) *db.Conn {
	t.Helper()
	cfg, err := db.ParseConfig(dsn, "$DATABASE_URL")
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Connect(bounded(t), cfg, db.Session{Kind: db.Monitor})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func read(t testing.TB, c *db.Conn) *catalog.Snapshot {
	t.Helper()
	s, err := inspect.Catalog(bounded(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

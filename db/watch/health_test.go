package watch_test

import (
	"context"
	"testing"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/watch"
)

func TestHealth(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, "CREATE TABLE a (n int); INSERT INTO a VALUES (1), (1)")
	cfg, err := db.ParseConfig(d.DSN, "test")
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Connect(context.Background(), cfg, db.Session{Kind: db.Monitor})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	h, err := watch.Health(context.Background(), c, []string{"public.a", "public.none"})
	if err != nil || h.At.IsZero() || h.Max == 0 || h.Sessions == 0 || h.Waiting != 0 || len(h.Tables) != 1 ||
		len(h.Invalid) != 0 {
		t.Fatalf("%+v, %v", h, err)
	}
	// A unique build that fails leaves an INVALID index.
	if _, err := d.Conn(t).Exec(context.Background(), "CREATE UNIQUE INDEX CONCURRENTLY a_n ON a (n)"); err == nil {
		t.Fatal("the build did not fail")
	}
	_, release := d.Blocker(t, "LOCK TABLE a IN ACCESS EXCLUSIVE MODE")
	waiter, done := d.Conn(t), make(chan struct{})
	go func() {
		defer close(done)
		_, _ = waiter.Exec(context.Background(), "SELECT * FROM a")
	}()
	dbtest.WaitFor(t, "a session that waits", func() bool {
		h, err = watch.Health(context.Background(), c, []string{"public.a"})
		return err == nil && h.Waiting == 1
	})
	if len(h.Tables) != 1 {
		t.Errorf("the table is not read while it is locked: %+v", h)
	}
	release()
	<-done
	dbtest.WaitFor(t, "the INVALID index", func() bool {
		h, err = watch.Health(context.Background(), c, []string{"public.a"})
		return err == nil && len(h.Invalid) == 1 && h.Invalid[0] == "public.a_n"
	})
}

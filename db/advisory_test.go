package db_test

import (
	"strings"
	"testing"

	"belay/db"
	"belay/db/dbtest"
)

func TestTryLockNamesTheHolder(t *testing.T) {
	d := dbtest.New(t)
	role, dsn := d.Role(t, "deploy", "")
	for _, key := range []int64{db.LockKey, 42, -1, -7241865325823964, 77433833903597} {
		holder := connect(t, dsn, db.Session{Kind: db.Executor, Run: "11112222", Step: "run"})
		other := connect(t, dsn, db.Session{Kind: db.Executor, Run: "33334444", Step: "run"})
		if ok, h, err := db.TryLock(bounded(t), holder, key); !ok || h != nil || err != nil {
			t.Fatal(ok, h, err)
		}
		ok, h, err := db.TryLock(bounded(t), other, key)
		if err != nil || ok || h == nil {
			t.Fatalf("key %d: got %v, %v, %v", key, ok, h, err)
		}
		if h.PID != int(holder.PgConn().PID()) || h.Application != "belay/11112222/run" || h.User != role ||
			h.Address != "127.0.0.1" || h.Since.IsZero() || !strings.Contains(h.String(), "belay/11112222/run") {
			t.Errorf("key %d: got %+v", key, *h)
		}
		if held, err := db.Unlock(bounded(t), holder, key); !held || err != nil {
			t.Error(held, err)
		}
		if ok, _, err := db.TryLock(bounded(t), other, key); !ok || err != nil {
			t.Errorf("key %d is free: got %v, %v", key, ok, err)
		}
		if held, err := db.Unlock(bounded(t), holder, key); held || err != nil {
			t.Errorf("not ours any more: got %v, %v", held, err)
		}
	}
}

func TestLockIsPerDatabase(t *testing.T) {
	here := connect(t, dbtest.New(t).DSN, db.Session{Kind: db.Executor, Run: "11112222", Step: "run"})
	there := connect(t, dbtest.New(t).DSN, db.Session{Kind: db.Executor, Run: "33334444", Step: "run"})
	for _, c := range []*db.Conn{here, there} {
		if ok, h, err := db.TryLock(bounded(t), c, db.LockKey); !ok || err != nil {
			t.Error(ok, h, err)
		}
	}
}

func TestLockWaiters(t *testing.T) {
	d := dbtest.New(t)
	c := connect(t, d.DSN, db.Session{Kind: db.Executor, Run: "11112222", Step: "run"})
	if ok, _, err := db.TryLock(bounded(t), c, 7); !ok || err != nil {
		t.Fatal(ok, err)
	}
	tool := d.Conn(t)
	done := make(chan error, 1)
	go func() { _, err := tool.Exec(bounded(t), "SELECT pg_advisory_lock(7)"); done <- err }()
	dbtest.WaitFor(t, "the tool to wait", func() bool {
		w, err := db.LockWaiters(bounded(t), c, 7)
		return err == nil && len(w) == 1 && w[0].PID == int(tool.PgConn().PID())
	})
	if _, err := db.Unlock(bounded(t), c, 7); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

package db_test

import (
	"errors"
	"testing"
	"time"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/scratch"
)

// TestInstances: a restart and a promotion are the same server later; what was up while the
// other one answered is a copy.
func TestInstances(t *testing.T) {
	nine := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	at := func(start, seen time.Duration, timeline int64) db.Instance {
		return db.Instance{Start: nine.Add(start), Seen: nine.Add(seen), Timeline: timeline}
	}
	was := at(0, time.Hour, 2)
	for _, c := range []struct {
		name  string
		now   db.Instance
		other bool
	}{
		{"itself", at(0, 2*time.Hour, 2), false},
		{"restarted", at(61*time.Minute, 62*time.Minute, 2), false},
		{"a copy that was up before", at(-time.Hour, 2*time.Hour, 2), true},
		{"a copy that began while it answered", at(59*time.Minute, 2*time.Hour, 2), true},
		{"a standby, promoted", at(-time.Hour, 2*time.Hour, 3), false},
		{"the primary of before", at(-time.Hour, 2*time.Hour, 1), true},
		{"the primary of before, restarted", at(2*time.Hour, 3*time.Hour, 1), true},
		{"a standby", at(-time.Hour, 2*time.Hour, 0), false},
		{"not known", db.Instance{}, false},
	} {
		if got := was.Other(c.now); got != c.other {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	// The clock of the server was set back by two hours when it started anew, or ours on.
	met := time.Now()
	was.HostClock = met
	for _, c := range []struct {
		name        string
		start, seen time.Duration
		passed      time.Duration
		other       bool
	}{
		{"restarted", 61 * time.Minute, 62 * time.Minute, 2 * time.Minute, false},
		{"restarted, its clock set back", -59 * time.Minute, -58 * time.Minute, 2 * time.Minute, false},
		{"restarted, its clock set on", 3 * time.Hour, 4 * time.Hour, 2 * time.Minute, false},
		{"a copy of an earlier clock that was up before", -3 * time.Hour, -58 * time.Minute, 2 * time.Minute, true},
		{"a copy that was up before", -time.Hour, 2 * time.Hour, time.Hour, true},
		{"not restarted, its clock set back", 0, -58 * time.Minute, 2 * time.Minute, false},
	} {
		now := at(c.start, c.seen, 2)
		now.HostClock = met.Add(c.passed)
		if got := was.Other(now); got != c.other {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if (db.Instance{}).Other(was) {
		t.Error("nobody was met, and it was another")
	}
}

// TestNoWayBackToTheOldPrimary: once a promoted standby has answered, the primary of before
// is another server, although all its identifiers are the same.
func TestNoWayBackToTheOldPrimary(t *testing.T) {
	old := dbtest.NewCluster(t, scratch.Options{})
	d := dbtest.In(t, old, "shop")
	standby, err := old.Standby(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	before, after := config(t, d.DSN), config(t, standby.SocketDSN("shop"))
	l := db.NewShared(before, db.Session{Kind: db.Monitor})
	t.Cleanup(func() { _ = l.Close() })
	next := func(cfg db.Config) error {
		if err := l.Lend(bounded(t), 0, func(c *db.Conn) error { return c.Close() }); err != nil {
			t.Logf("closing: %v", err)
		}
		l.Use(cfg)
		return l.Open(bounded(t))
	}
	if err := next(before); err != nil {
		t.Fatal(err)
	}
	if _, err := dbtest.Connect(t, standby.SocketDSN("shop")).Exec(bounded(t), "SELECT pg_promote()"); err != nil {
		t.Fatal(err)
	}
	dbtest.WaitFor(t, "the new timeline", func() bool { return next(after) == nil && l.Server().Timeline == 2 })
	var other *db.OtherError
	if err := next(before); !errors.As(err, &other) || db.Classify(err) != db.Other || other.Now.Timeline != 1 {
		t.Errorf("the old primary: %v", err)
	}
	if err := next(after); err != nil {
		t.Errorf("the new one again: %v", err)
	}
}

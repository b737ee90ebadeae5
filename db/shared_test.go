package db_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/dbtest"
)

// briefly shortens how long an answer is waited for.
func briefly(t *testing.T, d time.Duration) {
	t.Helper()
	was := db.Slack
	db.Slack = d
	t.Cleanup(func() { db.Slack = was })
}

type outage struct {
	name       string
	begin, end func(p *dbtest.Proxy, d *dbtest.DB, t *testing.T)
	said       string // of the error while it lasts; "" = the next question is answered
}

// outages are ways in which a server is away, and how each ends.
var outages = []outage{
	{"cut once", func(p *dbtest.Proxy, _ *dbtest.DB, _ *testing.T) { p.CutAll() }, nil, ""},
	{"reset once", func(p *dbtest.Proxy, _ *dbtest.DB, _ *testing.T) { p.ResetAll() }, nil, ""},
	{"terminated", func(_ *dbtest.Proxy, d *dbtest.DB, t *testing.T) {
		terminate(t, d, "belay/look/+monitor")
	}, nil, ""},
	{"away for long", func(p *dbtest.Proxy, _ *dbtest.DB, _ *testing.T) { p.Refuse(true); p.CutAll() },
		func(p *dbtest.Proxy, _ *dbtest.DB, _ *testing.T) { p.Refuse(false) }, "cannot reach the server"},
	{"blackhole", func(p *dbtest.Proxy, _ *dbtest.DB, _ *testing.T) { p.Blackhole() },
		func(p *dbtest.Proxy, _ *dbtest.DB, _ *testing.T) { p.Resume() }, "says nothing"},
	{"stranded", func(p *dbtest.Proxy, _ *dbtest.DB, _ *testing.T) { p.Strand() }, nil, "says nothing"},
	{"mute", func(p *dbtest.Proxy, _ *dbtest.DB, _ *testing.T) { p.Mute() },
		func(p *dbtest.Proxy, _ *dbtest.DB, _ *testing.T) { p.Heal() }, "says nothing"},
	{"flood", func(p *dbtest.Proxy, _ *dbtest.DB, _ *testing.T) { p.Flood() },
		func(p *dbtest.Proxy, _ *dbtest.DB, _ *testing.T) { p.Heal() }, "has no end"},
	{"700 ms a reply", func(p *dbtest.Proxy, _ *dbtest.DB, _ *testing.T) { p.Delay(700 * time.Millisecond) },
		func(p *dbtest.Proxy, _ *dbtest.DB, _ *testing.T) { p.Delay(0) }, ""},
}

// TestSharedComesBack: whatever happens to the connection, a question ends within
// our own patience with the reason, and once the server is there again the connection is.
func TestSharedComesBack(t *testing.T) {
	briefly(t, time.Second)
	for _, o := range outages {
		sharedComesBack(t, o.name, o, func(c *db.Conn) error { return c.Ping(bounded(t)) })
		sharedComesBack(t, o.name+"/several questions", o, func(c *db.Conn) error {
			var b pgx.Batch
			b.Queue("SELECT 1")
			b.Queue("SELECT 2")
			var one int
			results := c.SendBatch(bounded(t), &b)
			err := results.QueryRow().Scan(&one)
			return cmp.Or(err, results.Close())
		})
	}
}

func sharedComesBack(t *testing.T, name string, o outage, question func(*db.Conn) error) {
	t.Run(name, func(t *testing.T) {
		t.Parallel() // with the others of this test, for which it is brief
		d := dbtest.New(t)
		p := dbtest.NewProxy(t, d.DSN)
		l := db.NewShared(config(t, p.DSN+"&connect_timeout=3"), db.Session{Kind: db.Monitor})
		t.Cleanup(func() { _ = l.Close() })
		ask := func() error { return l.Lend(bounded(t), 0, question) }
		if err := ask(); err != nil {
			t.Fatal(err)
		}
		o.begin(p, d, t)
		began := time.Now()
		err := ask()
		if took := time.Since(began); took > dbtest.Timeout/2 {
			t.Errorf("asking took %s", took)
		}
		switch message, hint := db.Explain(err); {
		case o.said == "" && err != nil:
			t.Errorf("it did not come back at once: %v", err)
		case o.said != "" && err == nil:
			t.Error("the outage was not one")
		case o.said != "" && (!strings.Contains(message, o.said) || hint == ""):
			t.Errorf("message %q, hint %q", message, hint)
		}
		if s := l.Standing(); s.Connected != (err == nil) || (err != nil && (s.Err == nil || s.Since.IsZero())) {
			t.Errorf("after %v it stands %+v", err, s)
		}
		if o.end != nil {
			o.end(p, d, t)
		}
		dbtest.WaitFor(t, "the connection to come back", func() bool { return ask() == nil })
	})
}

// TestSharedIsAwayAtOnce: between two tries nobody waits.
func TestSharedIsAwayAtOnce(t *testing.T) {
	p := dbtest.NewProxy(t, dbtest.New(t).DSN)
	l := db.NewShared(config(t, p.DSN), db.Session{Kind: db.Monitor})
	p.Refuse(true)
	var away *db.AwayError
	for range 100 {
		if err := l.Lend(bounded(t), 0, func(*db.Conn) error { return nil }); !errors.As(err, &away) {
			t.Fatal(err)
		}
	}
	if n := p.Refused(); n > 3 {
		t.Errorf("100 questions made %d tries", n)
	}
	if away.Since.IsZero() || time.Now().After(away.Since.Add(time.Minute)) {
		t.Errorf("away since %s", away.Since)
	}
	p.Refuse(false)
	tries := 0
	if err := l.Await(bounded(t), func(error) { tries++ }); err != nil || tries == 0 {
		t.Errorf("after %d tries: %v", tries, err)
	}
	_ = l.Close()
	if err := l.Await(bounded(t), func(error) {}); !errors.Is(err, db.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// TestSharedStandsWithoutWaiting: how it stands is read, and it is closed, while
// somebody has it and gets no answer.
func TestSharedStandsWithoutWaiting(t *testing.T) {
	p := dbtest.NewProxy(t, dbtest.New(t).DSN)
	l := db.NewShared(config(t, p.DSN), db.Session{Kind: db.Monitor})
	if err := l.Open(bounded(t)); err != nil {
		t.Fatal(err)
	}
	p.Mute()
	asked, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- l.Lend(context.Background(), 0, func(c *db.Conn) error {
			close(asked)
			return c.Ping(context.Background())
		})
	}()
	<-asked
	began := time.Now()
	if s := l.Standing(); !s.Connected {
		t.Errorf("it stands %+v", s)
	}
	limited, cancel := context.WithTimeoutCause(bounded(t), 50*time.Millisecond, errors.New("my own"))
	defer cancel()
	if err := l.Lend(limited, 0, func(*db.Conn) error { return nil }); err == nil || err.Error() != "my own" {
		t.Errorf("a second borrower: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, db.ErrClosed) {
		t.Errorf("the first borrower: %v", err)
	}
	if took := time.Since(began); took > db.Slack { // it did not wait for the answer
		t.Errorf("it took %s", took)
	}
}

// TestSharedAcceptsNoOtherDatabase: coming back it is the same database or none.
func TestSharedAcceptsNoOtherDatabase(t *testing.T) {
	d := dbtest.New(t)
	l := db.NewShared(config(t, d.DSN), db.Session{Kind: db.Monitor})
	t.Cleanup(func() { _ = l.Close() })
	if err := l.Open(bounded(t)); err != nil {
		t.Fatal(err)
	}
	admin := dbtest.Connect(t, d.Cluster().SocketDSN("postgres"))
	for _, sql := range []string{ // WITH (FORCE) is there from 13 on
		"ALTER DATABASE %[1]s ALLOW_CONNECTIONS false",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%[1]s'",
		"DROP DATABASE %[1]s", "CREATE DATABASE %[1]s",
	} {
		if _, err := admin.Exec(bounded(t), fmt.Sprintf(sql, d.Name)); err != nil {
			t.Fatal(err)
		}
	}
	var other *db.OtherError
	if err := l.Lend(bounded(t), 0, func(*db.Conn) error { return nil }); !errors.As(err, &other) ||
		other.Was == other.Is {
		t.Fatalf("got %v", err)
	}
	l.Belongs("")
	if err := l.Open(bounded(t)); err != nil {
		t.Errorf("bound to nothing it belongs to what is there: %v", err)
	}
}

// TestSharedIsLentToOneAtATime with many borrowers, some of whom give up, while it
// is cut again and again.
func TestSharedIsLentToOneAtATime(t *testing.T) {
	p := dbtest.NewProxy(t, dbtest.New(t).DSN)
	l := db.NewShared(config(t, p.DSN), db.Session{Kind: db.Monitor})
	t.Cleanup(func() { _ = l.Close() })
	var has sync.Mutex
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 20 {
				ctx, cancel := context.WithTimeout(bounded(t), time.Duration(10+n)*time.Millisecond*time.Duration(1+i))
				_ = l.Lend(ctx, 0, func(c *db.Conn) error {
					if !has.TryLock() {
						t.Error("lent to two")
						return nil
					}
					defer has.Unlock()
					return c.Ping(ctx)
				})
				cancel()
				if i == 0 {
					p.CutAll()
				}
			}
		})
	}
	all.Wait()
	if err := l.Await(bounded(t), func(error) {}); err != nil {
		t.Error(err)
	}
}

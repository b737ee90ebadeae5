package dbtest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"belay/db/dbtest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// throughProxy gives a database with a table, a proxy and a session through it.
func throughProxy(t *testing.T) (*dbtest.DB, *dbtest.Proxy, *pgx.Conn) {
	t.Helper()
	db := dbtest.New(t)
	db.Exec(t, `CREATE TABLE orders (id bigint PRIMARY KEY)`)
	p := dbtest.NewProxy(t, db.DSN)
	return db, p, dbtest.Connect(t, p.DSN)
}

// commit inserts a row in a transaction and returns the error of COMMIT.
func commit(t *testing.T, conn *pgx.Conn) error {
	t.Helper()
	for _, sql := range [...]string{`BEGIN`, `INSERT INTO orders VALUES (1)`} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	_, err := conn.Exec(t.Context(), `COMMIT`)
	return err
}

// wantLost checks that an error tells nothing about what the server did.
func wantLost(t *testing.T, err error) {
	t.Helper()
	var said *pgconn.PgError
	if err == nil || errors.As(err, &said) {
		t.Errorf("error = %v, want one that is not the server's", err)
	}
}

func TestProxyPasses(t *testing.T) {
	db, p, conn := throughProxy(t)
	if err := commit(t, conn); err != nil {
		t.Fatal(err)
	}
	if n := db.Count(t, `orders`); n != 1 {
		t.Errorf("rows = %d, want 1", n)
	}
	if _, err := conn.CopyFrom(t.Context(), pgx.Identifier{"orders"}, []string{"id"},
		pgx.CopyFromSlice(1000, func(i int) ([]any, error) { return []any{i + 2}, nil })); err != nil {
		t.Error(err)
	}
	if p.Open() != 1 || p.Accepted() != 1 {
		t.Errorf("open %d, accepted %d, want 1 and 1", p.Open(), p.Accepted())
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
	dbtest.WaitFor(t, "the proxy to let go", func() bool { return p.Open() == 0 })
}

func TestProxyCutsAtCommit(t *testing.T) {
	for _, c := range []struct {
		name   string
		action dbtest.Action
		rows   int64
	}{
		{"before", dbtest.CutBefore, 0},
		{"after", dbtest.CutAfter, 1},
		{"reply", dbtest.CutReply, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, p, conn := throughProxy(t)
			pid := conn.PgConn().PID()
			arrived := p.On(dbtest.Runs("COMMIT"), c.action)
			wantLost(t, commit(t, conn))
			<-arrived
			if c.action != dbtest.CutReply {
				db.WaitForGone(t, pid)
			}
			if n := db.Count(t, `orders`); n != c.rows {
				t.Errorf("rows = %d, want %d", n, c.rows)
			}
		})
	}
}

func TestProxyCutsExtendedProtocol(t *testing.T) {
	for _, c := range []struct {
		name   string
		action dbtest.Action
		rows   int64
	}{
		{"before", dbtest.CutBefore, 0},
		{"after", dbtest.CutAfter, 2},
		{"reply", dbtest.CutReply, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, p, conn := throughProxy(t)
			pid := conn.PgConn().PID()
			const insert = `INSERT INTO orders VALUES ($1), ($1 + 1)`
			if _, err := conn.Prepare(t.Context(), "named", insert); err != nil {
				t.Fatal(err)
			}
			p.On(dbtest.Runs("INSERT"), c.action)
			_, err := conn.Exec(t.Context(), "named", 1)
			wantLost(t, err)
			if c.action != dbtest.CutReply {
				db.WaitForGone(t, pid)
			}
			if n := db.Count(t, `orders`); n != c.rows {
				t.Errorf("rows = %d, want %d", n, c.rows)
			}
		})
	}
}

// A client that is cut off while its statement runs leaves a backend that
// finishes: the case a probe has to find.
func TestProxyCutAfterLeavesStatementRunning(t *testing.T) {
	db, p, conn := throughProxy(t)
	pid := conn.PgConn().PID()
	_, release := db.Blocker(t, `LOCK TABLE orders`)
	p.On(dbtest.Runs("INSERT"), dbtest.CutAfter)
	_, err := conn.Exec(t.Context(), `INSERT INTO orders VALUES (7)`)
	wantLost(t, err)
	db.WaitForLockWait(t, pid)
	release()
	db.WaitForGone(t, pid)
	if n := db.Count(t, `orders WHERE id = 7`); n != 1 {
		t.Errorf("rows = %d, want 1", n)
	}
}

func TestProxyBlackholeAndResume(t *testing.T) {
	db, p, conn := throughProxy(t)
	arrived := p.On(dbtest.Runs("COMMIT"), dbtest.BlackholeAfter)
	result := make(chan error, 1)
	go func() { result <- commit(t, conn) }()
	<-arrived
	dbtest.WaitFor(t, "the commit behind the blackhole", func() bool { return db.Count(t, `orders`) == 1 })
	select {
	case err := <-result:
		t.Fatalf("the client heard of it: %v", err)
	default:
	}
	if p.Open() != 1 {
		t.Errorf("open = %d, want 1: a blackhole keeps the sockets", p.Open())
	}
	p.Resume()
	if err := <-result; err != nil {
		t.Errorf("after Resume: %v", err)
	}
}

func TestProxyBlackholeBefore(t *testing.T) {
	db, p, conn := throughProxy(t)
	p.On(dbtest.Runs("COMMIT"), dbtest.BlackholeBefore)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	for _, sql := range [...]string{`BEGIN`, `INSERT INTO orders VALUES (1)`} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	_, err := conn.Exec(ctx, `COMMIT`)
	wantLost(t, err)
	if n := db.Count(t, `orders`); n != 0 {
		t.Errorf("rows = %d, want 0", n)
	}
	for _, s := range db.Statements(t) {
		if s == `COMMIT` {
			t.Error("the server saw a message that was to be held")
		}
	}
}

func TestProxyPassesCancelRequests(t *testing.T) {
	db, p, conn := throughProxy(t)
	_, release := db.Blocker(t, `LOCK TABLE orders`)
	defer release()
	result := make(chan error, 1)
	go func() {
		_, err := conn.Exec(context.Background(), `INSERT INTO orders VALUES (1)`)
		result <- err
	}()
	db.WaitForLockWait(t, conn.PgConn().PID())
	cancelled := p.On(func(m dbtest.Message) bool { return m.Type == dbtest.Cancel }, dbtest.Pass)
	if err := conn.PgConn().CancelRequest(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-cancelled
	var said *pgconn.PgError
	if err := <-result; !errors.As(err, &said) || said.Code != "57014" {
		t.Errorf("error = %v, want 57014", err)
	}
	if p.Accepted() != 2 {
		t.Errorf("accepted = %d, want 2", p.Accepted())
	}
}

func TestProxyRefusesAndCutsAll(t *testing.T) {
	db, p, conn := throughProxy(t)
	p.Refuse(true)
	if _, err := pgx.Connect(t.Context(), p.DSN); err == nil {
		t.Error("a refused connection was opened")
	}
	if err := conn.Ping(t.Context()); err != nil {
		t.Errorf("an open connection did not stay: %v", err)
	}
	pid := conn.PgConn().PID()
	p.CutAll()
	wantLost(t, conn.Ping(t.Context()))
	db.WaitForGone(t, pid)
	p.Refuse(false)
	dbtest.Connect(t, p.DSN)
}

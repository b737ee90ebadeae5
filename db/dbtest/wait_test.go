package dbtest_test

import (
	"slices"
	"testing"

	"belay/db/dbtest"
	"belay/db/scratch"
)

func TestBlockerHoldsUntilReleased(t *testing.T) {
	db := dbtest.New(t)
	db.Exec(t, `CREATE TABLE orders (id bigint PRIMARY KEY)`)
	blocker, release := db.Blocker(t, `LOCK TABLE orders IN ACCESS EXCLUSIVE MODE`)
	conn := db.Conn(t)
	if _, err := conn.Exec(t.Context(), `SET application_name = 'belay/1234/run'`); err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() {
		_, err := conn.Exec(t.Context(), `ALTER TABLE orders ADD COLUMN note text`)
		result <- err
	}()
	if pid := db.WaitForLockWaitBy(t, "belay/%"); pid != conn.PgConn().PID() {
		t.Errorf("waiting pid = %d, want %d", pid, conn.PgConn().PID())
	}
	by := dbtest.QueryVal[[]int32](t, db, `SELECT pg_catalog.pg_blocking_pids($1)`, int32(conn.PgConn().PID()))
	if !slices.Equal(by, []int32{int32(blocker)}) {
		t.Errorf("blocked by %v, want %d", by, blocker)
	}
	release()
	if err := <-result; err != nil {
		t.Error(err)
	}
	release() // a second release does nothing
}

func TestServerLog(t *testing.T) {
	other, db := dbtest.New(t), dbtest.New(t)
	other.Exec(t, `SELECT 'elsewhere'`)
	conn := db.Conn(t)
	for _, sql := range [...]string{`SET application_name = 'belay/1/x :: y'`, "SELECT 'a'\n, 'b'"} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	db.Exec(t, `SELECT $1::text`, "bound")
	_, _ = conn.Exec(t.Context(), `SELECT nothing`)

	said := db.Statements(t)
	for _, want := range []string{"SELECT 'a'\n, 'b'", `SELECT $1::text`} {
		if !slices.Contains(said, want) {
			t.Errorf("the log lacks %q: %q", want, said)
		}
	}
	if slices.Contains(said, `SELECT 'elsewhere'`) {
		t.Error("the log holds a statement of another database")
	}
	i := slices.IndexFunc(db.ServerLog(t), func(e dbtest.LogEntry) bool { return e.Level == "ERROR" })
	if i < 0 {
		t.Fatal("the log lacks the error")
	}
	e := db.ServerLog(t)[i]
	if e.PID != int(conn.PgConn().PID()) || e.Application != "belay/1/x" && e.Application != "belay/1/x :: y" {
		t.Errorf("entry = %+v", e)
	}
}

func TestNewClusterIsApart(t *testing.T) {
	db := dbtest.New(t)
	c := dbtest.NewCluster(t, scratch.Options{Settings: map[string]string{"log_statement": "all"}})
	own := dbtest.In(t, c, "shop_prod")
	if err := c.Crash(); err != nil {
		t.Fatal(err)
	}
	db.Exec(t, `SELECT 1`)
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	own.Exec(t, `SELECT 1`)
	if len(own.Statements(t)) == 0 {
		t.Error("the log of an own cluster is empty")
	}
}

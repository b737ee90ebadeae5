package throttle

import (
	"strings"
	"testing"

	"belay/db/dbtest"
)

func TestWaiters(t *testing.T) {
	db := dbtest.New(t)
	db.Exec(t, `CREATE TABLE t (id int)`)
	pid, release := db.Blocker(t, `LOCK TABLE t IN ACCESS EXCLUSIVE MODE`)
	read := sampler(t, Waiters, "0", Input{DB: db.Conn(t), PID: int(pid)})
	wantOver(t, read(), "")
	waiter := db.Conn(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = waiter.Exec(bounded(t), `SET application_name = 'shop'; SELECT * FROM t`)
	}()
	db.WaitForLockWait(t, waiter.PgConn().PID())
	v := read()
	wantOver(t, v, Halve)
	if v.Reason() != "waiting for us 1 > 0" || !strings.Contains(v.Note, "shop") {
		t.Errorf("%q, %q", v.Reason(), v.Note)
	}
	release()
	<-done
	dbtest.WaitFor(t, "nobody waits", func() bool { return read().Action == "" })
}

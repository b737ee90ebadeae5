package throttle

import (
	"testing"

	"belay/db/dbtest"
	"belay/db/scratch"
)

func TestActiveSessions(t *testing.T) {
	t.Parallel()
	db := dbtest.In(t, dbtest.NewCluster(t, scratch.Options{}), "busy")
	db.Exec(t, `CREATE TABLE t (id int)`)
	read := sampler(t, ActiveSessions, "1", Input{DB: db.Conn(t)})
	wantOver(t, read(), "")
	_, release := db.Blocker(t, `LOCK TABLE t`)
	done := make(chan struct{})
	for range 2 {
		c := db.Conn(t)
		go func() { _, _ = c.Exec(bounded(t), `SELECT FROM t`); done <- struct{}{} }()
		db.WaitForLockWait(t, c.PgConn().PID())
	}
	v := read()
	wantOver(t, v, Wait)
	if v.Reason() != "active sessions 2 > 1" {
		t.Errorf("reason %q", v.Reason())
	}
	_, dsn := db.Role(t, "plain", "")
	readsOnceGranted(t, db, sampler(t, ActiveSessions, "100", Input{DB: dbtest.Connect(t, dsn)}))
	release()
	<-done
	<-done
}

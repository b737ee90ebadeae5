package throttle

import (
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/scratch"
)

func TestReplicaLag(t *testing.T) {
	t.Parallel()
	// A standby that was behind says within its interval that it is not, else in 10 s.
	primary := dbtest.NewCluster(t, scratch.Options{Settings: map[string]string{"wal_receiver_status_interval": "1s"}})
	db := dbtest.In(t, primary, "lag")
	db.Exec(t, `CREATE TABLE t (id int)`)
	read := sampler(t, ReplicaLag, "300ms", Input{DB: db.Conn(t)})
	if v := read(); v.Value != "no replica" || v.Action != "" {
		t.Errorf("without a replica: %+v", v)
	}
	standby, err := primary.Standby(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	dbtest.WaitFor(t, "the standby", func() bool { return read().Value != "no replica" })
	dbtest.WaitFor(t, "the standby to catch up", func() bool { return read().Action == "" })
	there := dbtest.Connect(t, standby.SocketDSN("lag"))
	if _, err := there.Exec(bounded(t), `SELECT pg_catalog.pg_wal_replay_pause()`); err != nil {
		t.Fatal(err)
	}
	// replay_lag grows only with WAL that is sent and not replayed.
	db.Exec(t, `INSERT INTO t SELECT generate_series(1, 1000)`)
	dbtest.WaitFor(t, "the lag to show", func() bool { return read().Action == Wait })
	if v := read(); !strings.Contains(v.Reason(), "lag") || !strings.Contains(v.Reason(), "> 300 ms") {
		t.Errorf("reason %q", v.Reason())
	}
	if _, err := there.Exec(bounded(t), `SELECT pg_catalog.pg_wal_replay_resume()`); err != nil {
		t.Fatal(err)
	}
	dbtest.WaitFor(t, "the standby to catch up again", func() bool { return read().Action == "" })
	_, dsn := db.Role(t, "plain", "")
	readsOnceGranted(t, db, sampler(t, ReplicaLag, "10s", Input{DB: dbtest.Connect(t, dsn)}))
}

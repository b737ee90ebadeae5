package throttle

import (
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/scratch"
)

func TestWALRetained(t *testing.T) {
	t.Parallel()
	db := dbtest.In(t,
		dbtest.NewCluster(t, scratch.Options{Settings: map[string]string{"max_slot_wal_keep_size": "64MB"}}), "slots")
	read := sampler(t, WALRetained, "12MB", Input{DB: db.Conn(t)})
	wantOver(t, read(), "")
	db.Exec(t, `SELECT pg_catalog.pg_create_physical_replication_slot('forgotten', true)`)
	wantOver(t, read(), "")
	db.Exec(t, `CREATE TABLE t AS SELECT repeat('x', 100) FROM generate_series(1, 200000)`)
	v := read()
	wantOver(t, v, Wait)
	if !strings.Contains(v.Reason(), "slot forgotten") || !strings.Contains(v.Reason(), "> 12.0 MB") {
		t.Errorf("reason %q", v.Reason())
	}
	// Beyond max_slot_wal_keep_size the next checkpoint gives the slot up.
	for i := 0; i < 8 && read().Action != Pause; i++ {
		db.Exec(t, `INSERT INTO t SELECT repeat('x', 100) FROM generate_series(1, 90000)`)
		db.Exec(t, `SELECT pg_catalog.pg_switch_wal()`)
	}
	wantOver(t, read(), Pause)
}

package throttle

import (
	"strings"
	"testing"
	"time"

	"belay/db/dbtest"
)

func TestDeadTuples(t *testing.T) {
	db := dbtest.New(t)
	db.Exec(t, `CREATE TABLE t (id int) WITH (autovacuum_enabled = off); INSERT INTO t SELECT generate_series(1, 1000)`)
	conn := db.Conn(t)
	in := Input{
		DB: conn, Table: uint32(dbtest.QueryVal[int64](t, db, `SELECT 't'::regclass::oid::bigint`)), Limit: "40",
	}
	pid, release := db.Blocker(t, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1`)
	db.Exec(t, `UPDATE t SET id = id + 1`)
	read := func(minutes float64) Reading {
		r, err := deadTuples(bounded(t), in, minutes)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	dbtest.WaitFor(t, "the statistics", func() bool { return strings.HasPrefix(read(0).Value, "50") })
	if r := read(0); !r.Over || !strings.Contains(r.Note, "blocker") {
		t.Errorf("held back by %d: %+v", pid, r)
	}
	if r := read(60); r.Over {
		t.Errorf("a young snapshot counts: %+v", r)
	}
	release()
	dbtest.WaitFor(t, "the snapshot to end", func() bool { return !read(0).Over })
	wantOver(t, sampler(t, DeadTuples, "40%", Input{DB: conn, Table: in.Table, Now: time.Now()})(), "")
}

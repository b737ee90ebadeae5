package throttle

import (
	"context"
	"errors"
	"testing"
	"time"

	"belay/db/dbtest"
)

func TestSignalsAreWhole(t *testing.T) {
	if len(Signals()) < 10 {
		t.Errorf("only %d signals", len(Signals()))
	}
	for _, s := range Signals() {
		if s.Name == "" || len(s.Doc) < 40 || s.Over == "" || s.Check == nil || s.Sample == nil {
			t.Errorf("%q lacks something", s.Name)
		}
		if s.Default != "" && s.Check(s.Default) != nil {
			t.Errorf("%s: its own default %q is not valid", s.Name, s.Default)
		}
	}
}

func TestUnknownSignalAndBadLimits(t *testing.T) {
	for _, s := range []Settings{{"replicalag": "1s"}, {"replica_lag": "soon"}, {"active_sessions": "0"},
		{"probe": "DELETE FROM t"},
		{"windows": "25:00-26:00"}, {"wal_retained": "much"}, {"dead_tuples": "x"}, {"waiters": "-1"}, {"archiver": ""},
		{"sql": "TRUNCATE t"}} {
		if _, err := NewSet(s); err == nil && s["archiver"] != "" {
			t.Errorf("%v is taken", s)
		}
	}
}

// The strictest counts, of two alike the older, and since is kept while it lasts.
func TestWorst(t *testing.T) {
	at := time.Unix(1000, 0)
	v, ok := Worst([]Verdict{{Signal: "a", Action: Halve, Since: at}, {Signal: "b", Action: Wait, Since: at.Add(2)},
		{Signal: "c", Action: Wait, Since: at.Add(1)}, {Signal: "d"}})
	if !ok || v.Signal != "c" {
		t.Errorf("worst = %+v", v)
	}
	if _, ok := Worst([]Verdict{{Signal: "d"}}); ok {
		t.Error("nothing is over, and something is worst")
	}
}

func TestUnreadIsAWait(t *testing.T) {
	lost := Signal{Name: "x", Over: Halve, Sample: func(context.Context, Input) (Reading, error) {
		return Reading{}, errors.New("no answer")
	}}
	a := active{Signal: lost}
	first := a.sample(bounded(t), Input{Now: time.Unix(100, 0)})
	second := a.sample(bounded(t), Input{Now: time.Unix(107, 0)})
	if first.Action != Wait || first.Reason() != "cannot read x: no answer" || !second.Since.Equal(time.Unix(100, 0)) {
		t.Errorf("first %+v second %+v", first, second)
	}
}

// All signals that are on by default can be read by a plain role and say that
// an idle server is fine.
func TestDefaultsOnAnIdleServer(t *testing.T) {
	db := dbtest.New(t)
	db.Exec(t, `CREATE TABLE t (id int)`)
	_, dsn := db.Role(t, "plain", "")
	set, err := NewSet(nil)
	if err != nil {
		t.Fatal(err)
	}
	oid := dbtest.QueryVal[int64](t, db, `SELECT 't'::regclass::oid::bigint`)
	conn := dbtest.Connect(t, dsn)
	for _, v := range set.Sample(bounded(t), Input{
		DB: conn, PID: int(conn.PgConn().PID()), Table: uint32(oid), Now: time.Now(),
	}) {
		if v.Action != "" {
			t.Errorf("%s: %s", v.Signal, v.Reason())
		}
	}
}

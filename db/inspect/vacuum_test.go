package inspect_test

import (
	"context"
	"testing"

	"belay/db/dbtest"
	"belay/db/inspect"
	"belay/db/scratch"
)

func TestPreflightSeesAVacuum(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	conn := d.Conn(t)
	ctx, cancel := context.WithCancel(bounded(t))
	for _, sql := range []string{"SET vacuum_cost_delay = 100", "SET vacuum_cost_limit = 1"} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	go func() { defer close(done); _, _ = conn.Exec(ctx, "VACUUM (FREEZE) users") }()
	c := monitor(t, d.DSN)
	var f inspect.Facts
	dbtest.WaitFor(t, "the vacuum to show", func() bool {
		f = facts(t, c, users)
		return len(f.Vacuums) == 1
	})
	v := f.Vacuums[0]
	if v.PID != int(conn.PgConn().PID()) || v.Relation != "public.users" || v.Command != "VACUUM" || v.Auto ||
		v.Wraparound || !v.Touched || v.AgeMS < 0 || v.Phase == "" {
		t.Errorf("got %+v", v)
	}
	cancel()
	<-done
}

// TestPreflightSeesAVacuumAgainstWraparound makes a table old by using up
// transaction ids, and lets autovacuum find it: that one kind runs where it is
// switched off, too.
func TestPreflightSeesAVacuumAgainstWraparound(t *testing.T) {
	cluster := dbtest.NewCluster(t, scratch.Options{
		Settings: map[string]string{"autovacuum": "on", "autovacuum_naptime": "1s"},
	})
	d := dbtest.In(t, cluster, "shop")
	d.Exec(t, `CREATE TABLE users (id int);
		INSERT INTO users SELECT g FROM generate_series(1, 20000) g;
		ALTER TABLE users SET (autovacuum_enabled = off, autovacuum_freeze_max_age = 100000, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
		CREATE TABLE sink (x int)`)
	d.Exec(t,
		`DO $$ BEGIN FOR i IN 1..100100 LOOP BEGIN INSERT INTO sink VALUES (i); EXCEPTION WHEN others THEN NULL; END; END LOOP; END $$`)
	c := monitor(t, d.DSN)
	var f inspect.Facts
	dbtest.WaitFor(t, "autovacuum to find the old table", func() bool {
		f = facts(t, c, users)
		return len(f.Vacuums) == 1 && f.Vacuums[0].Touched
	})
	if v := f.Vacuums[0]; !v.Auto || !v.Wraparound || v.Relation != "public.users" {
		t.Errorf("got %+v", v)
	}
	if f.Relations[0].FrozenAge < 100_000 {
		t.Errorf("got %+v", f.Relations[0])
	}
}

package watch_test

import (
	"testing"

	"belay/db/dbtest"
	"belay/db/scratch"
	"belay/sqlview/activity"
)

// TestSlots: a slot that nobody reads is there with what it keeps, so is the one of a
// reader, and one that keeps nothing yet.
func TestSlots(t *testing.T) {
	c := dbtest.NewCluster(t, scratch.Options{Settings: map[string]string{"wal_level": "logical"}})
	d := dbtest.In(t, c, "shop")
	d.Exec(t, orders)
	d.Exec(t, `SELECT pg_create_physical_replication_slot('fresh'), pg_create_physical_replication_slot('forgotten', true),
		pg_create_logical_replication_slot('cdc', 'test_decoding')`)
	d.Exec(t, "UPDATE orders SET note = repeat('x', 1000)")
	all := map[string]activity.ReplicationSlot{}
	for _, s := range sample(t, watcher(t, d.DSN)).Slots {
		all[s.Name] = s
	}
	if s := all["fresh"]; len(all) != 3 || s.KeptBytes != -1 || s.Active || s.Logical {
		t.Errorf("fresh: %+v of %d", s, len(all))
	}
	if s := all["forgotten"]; s.KeptBytes < 1000 || s.Active || s.Lost || s.Rows {
		t.Errorf("forgotten: %+v", s)
	}
	if s := all["cdc"]; s.KeptBytes < 1000 || !s.Logical || !s.Rows {
		t.Errorf("cdc: %+v", s)
	}
}

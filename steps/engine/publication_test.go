package engine

import (
	"testing"

	"belay/db/dbtest"
	"belay/db/scratch"
	"belay/steps"
)

// TestPublicationKeepsFlowing runs under a publication FOR ALL TABLES with a
// subscriber: a routine run, and one whose ledger is withheld, leave it flowing.
func TestPublicationKeepsFlowing(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	cluster := dbtest.NewCluster(t, scratch.Options{
		Settings: map[string]string{"wal_level": "logical", "max_replication_slots": "4", "max_wal_senders": "4"},
	})
	d := dbtest.In(t, cluster, "published")
	sub := dbtest.New(t)
	for _, x := range []*dbtest.DB{d, sub} {
		x.Exec(t, `CREATE TABLE effects (n int); CREATE TABLE orders (id bigint PRIMARY KEY);
			CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)`)
	}
	d.Exec(t, "CREATE PUBLICATION everything FOR ALL TABLES")
	sub.Exec(t, "CREATE SUBSCRIPTION s CONNECTION '"+d.DSN+"' PUBLICATION everything")
	t.Cleanup(func() {
		sub.Exec(t, "ALTER SUBSCRIPTION s DISABLE")
		sub.Exec(t, "ALTER SUBSCRIPTION s SET (slot_name = NONE)")
		sub.Exec(t, "DROP SUBSCRIPTION s")
	})
	b := hosted(t, d, "bastion-1", map[string]string{"000001_one.up.sql": "INSERT INTO effects VALUES (1);"})
	flows := func(version string) {
		t.Helper()
		dbtest.WaitFor(t, "the subscriber to have version "+version, func() bool {
			return sub.Count(t, "schema_migrations WHERE NOT dirty AND version = "+version) == 1
		})
	}
	wantEnd(t, b.engine(), steps.ExitDone)
	flows("1")
	b.toml("ledger = \"target\"\n")
	b.order.Answers["ledger.create"] = "yes" // withheld all the same
	b.edit("000002_two.up.sql", "INSERT INTO effects VALUES (2);")
	wantEnd(t, b.engine(), steps.ExitDone)
	flows("2")
	if hasLedger(t, d) {
		t.Error("the ledger was made under a publication for all tables")
	}
	wantEffects(t, sub, "1,2")
}

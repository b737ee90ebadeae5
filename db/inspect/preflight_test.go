package inspect_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/inspect"
	"belay/db/scratch"
	"belay/sqlview/activity"

	"github.com/jackc/pgx/v5"
)

func facts(t testing.TB, c *db.Conn, scope inspect.Scope) inspect.Facts {
	t.Helper()
	f, err := inspect.Preflight(bounded(t), c, scope)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var users = inspect.Scope{Relations: []string{"public.users"}}

func TestPreflightOfAQuietServer(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	c := monitor(t, d.DSN)
	f := facts(t, c, users)
	if f.InRecovery || f.ReadOnly {
		t.Errorf("our own monitor is read-only, a new session is not: %+v", f)
	}
	if len(f.Transactions)+len(f.Prepared)+len(f.Dumps)+len(f.InvalidIndexes)+len(f.EventTriggers)+len(f.PublishAll)+
		len(f.Missing()) != 0 {
		t.Errorf("got %+v, missing %v", f, f.Missing())
	}
	equal(t, "not valid", []inspect.NotValid{{Relation: "app.Order Items", Constraint: "small"}}, f.NotValid)
	if f.Connections.Max != 200 || f.Connections.Reserved < 3 || f.Connections.Used < 1 || f.Connections.Free() < 100 ||
		f.Connections.RoleLimit != -1 {
		t.Errorf("connections %+v", f.Connections)
	}
	if r := f.Relations; len(r) != 1 || !r[0].Exists || !r[0].Owned || r[0].FreezeMaxAge < 1000 {
		t.Errorf("relations %+v", r)
	}
	if time.Since(f.At).Abs() > time.Hour || c.PgConn().TxStatus() != 'I' {
		t.Errorf("at %s, status %c", f.At, c.PgConn().TxStatus())
	}
	var timeout string
	if err := c.QueryRow(bounded(t), "SHOW statement_timeout").Scan(&timeout); err != nil || timeout != "500ms" {
		t.Errorf("the monitor's own timeout must be back: %s, %v", timeout, err)
	}
}

func TestPreflightSeesWhoIsThere(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	pid, _ := d.Blocker(t, "SELECT count(*) FROM users")
	other, _ := d.Blocker(t, "CREATE TEMP TABLE mine (x int)")
	f := facts(t, monitor(t, d.DSN), users)
	if len(f.Transactions) != 2 || f.Transactions[0].PID != int(pid) || f.Transactions[1].PID != int(other) {
		t.Fatalf("oldest first: %+v", f.Transactions)
	}
	x := f.Transactions[0]
	if !x.IdleInTransaction() || x.AgeMS < 0 || x.StateMS < 0 || x.Application != "blocker" || x.Query == "" ||
		!slices.Equal(x.Touches, []string{"public.users"}) {
		t.Errorf("got %+v", x)
	}
	if len(f.Transactions[1].Touches) != 0 {
		t.Errorf("got %+v", f.Transactions[1])
	}
}

func TestPreflightNamesDumps(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	cfg := d.Conn(t).Config()
	cfg.RuntimeParams["application_name"] = "pg_dump"
	dump, err := pgx.ConnectConfig(bounded(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dump.Close(context.Background()) })
	if _, err := dump.Exec(bounded(t), "BEGIN; LOCK TABLE users IN ACCESS SHARE MODE"); err != nil {
		t.Fatal(err)
	}
	f := facts(t, monitor(t, d.DSN), users)
	if len(f.Dumps) != 1 || f.Dumps[0].PID != int(dump.PgConn().PID()) || f.Dumps[0].BaseBackup ||
		f.Dumps[0].AgeMS < 0 {
		t.Errorf("got %+v", f.Dumps)
	}
}

func TestPreflightFindsLeftovers(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	d.Exec(t, "CREATE TABLE t (x int); INSERT INTO t VALUES (1), (1)")
	d.Exec(t, `ALTER TABLE users ADD CONSTRAINT late CHECK (id > 0) NOT VALID`)
	invalidIndex(t, d, "CREATE UNIQUE INDEX CONCURRENTLY t_x ON t (x)")
	leftover(t, d)
	f := facts(t, monitor(t, d.DSN), users)
	equal(t, "invalid", []inspect.InvalidIndex{
		{Name: "public.users_name", Table: "public.users", Unique: true, Ready: true, Touched: true},
		{Name: "public.t_x", Table: "public.t", Unique: true},
	}, f.InvalidIndexes)
	if !f.InvalidIndexes[0].RejectsWrites() || f.InvalidIndexes[1].RejectsWrites() {
		t.Errorf("got %+v", f.InvalidIndexes)
	}
	equal(t, "not valid", []inspect.NotValid{
		{Relation: "public.users", Constraint: "late", Touched: true},
		{Relation: "app.Order Items", Constraint: "small"},
	}, f.NotValid)
}

// leftover cancels a unique build in its last wait, for old snapshots: ready,
// so it rejects writes, and invalid.
func leftover(t *testing.T, d *dbtest.DB) {
	t.Helper()
	d.Exec(t, "UPDATE users SET name = 'n' || id")
	old := d.Conn(t)
	for _, sql := range []string{"BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM scratchpad"} {
		if _, err := old.Exec(bounded(t), sql); err != nil {
			t.Fatal(err)
		}
	}
	build, done := d.Conn(t), make(chan error, 1)
	ctx := bounded(t)
	go func() {
		_, err := build.Exec(ctx, "CREATE UNIQUE INDEX CONCURRENTLY users_name ON users (name)")
		done <- err
	}()
	dbtest.WaitFor(t, "the build to wait for the old snapshot", func() bool {
		return d.Count(t,
			"pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = 'users_name' AND i.indisready") == 1
	})
	f := facts(t, monitor(t, d.DSN), users)
	if n := len(f.InvalidIndexes); n == 0 || !f.InvalidIndexes[0].Building || f.InvalidIndexes[0].RejectsWrites() {
		t.Errorf("an index being built is no leftover: %+v", f.InvalidIndexes)
	}
	d.Exec(t, "SELECT pg_cancel_backend($1::int)", int32(build.PgConn().PID()))
	if err := <-done; err == nil {
		t.Fatal("the build must be canceled")
	}
	if _, err := old.Exec(bounded(t), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
}

func TestPreflightOfRights(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	owner, _ := d.Role(t, "shop_owner", "")
	login, dsn := d.Role(t, "deploy", "NOINHERIT")
	stranger, _ := d.Role(t, "stranger", "")
	d.Exec(t, "ALTER TABLE users OWNER TO "+owner)
	d.Exec(t, "ALTER SCHEMA app OWNER TO "+owner)
	d.Exec(t, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
	d.Exec(t, "GRANT "+owner+" TO "+login)
	c := monitor(t, dsn)

	f := facts(t, c, inspect.Scope{Relations: []string{"public.users", "public.new"}, Role: owner})
	equal(t, "as the owner",
		[]inspect.Missing{
			{
				Who: owner, Object: "schema public", Need: "CREATE",
				Help: `GRANT CREATE ON SCHEMA "public" TO "` + owner + `"`,
			},
		}, f.Missing())
	if f.Role.Name != owner || !f.Role.CanSet || f.Relations[0].Exists || f.Relations[1].Owner != owner {
		t.Errorf("got %+v, %+v", f.Role, f.Relations)
	}

	f = facts(t, c, inspect.Scope{Relations: []string{"public.users", "app.x"}})
	var lacks []string
	for _, m := range f.Missing() {
		lacks = append(lacks, m.Object+" "+m.Need)
	}
	equal(t, "as the login role",
		[]string{"public.users ownership", "schema app USAGE", "schema app CREATE", "schema public CREATE"}, lacks)
	if f.StrangeOwner("app") == "" || f.StrangeOwner("nowhere") != "" {
		t.Errorf("owners %+v", f.Schemas)
	}

	if f = facts(t, c, inspect.Scope{Role: stranger}); len(f.Missing()) == 0 || f.Missing()[0].Need != "SET ROLE" {
		t.Errorf("got %+v", f.Missing())
	}
	if f = facts(t, c, inspect.Scope{Role: "nobody"}); f.Role.Exists || len(f.Missing()) != 1 ||
		f.Missing()[0].Need != "existence" {
		t.Errorf("got %+v", f.Missing())
	}
}

func TestPreflightAsARoleThatSeesLittle(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	role, dsn := d.Role(t, "plain", "CONNECTION LIMIT 5")
	d.Exec(t, "ALTER ROLE "+role+" SET default_transaction_read_only = on")
	d.Blocker(t, "SELECT count(*) FROM users")
	f := facts(t, monitor(t, dsn), users)
	if f.HiddenSessions != 1 || len(f.Transactions) != 0 || !f.ReadOnly {
		t.Errorf("hidden %d, transactions %+v, read only %v", f.HiddenSessions, f.Transactions, f.ReadOnly)
	}
	if f.Connections.RoleLimit != 5 || f.Connections.RoleUsed != 1 || f.Connections.Free() != 4 {
		t.Errorf("connections %+v", f.Connections)
	}
}

func TestPreflightOfDDLListeners(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	d.Exec(t, `CREATE FUNCTION app.audit() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
		CREATE EVENT TRIGGER audit ON ddl_command_end EXECUTE PROCEDURE app.audit();
		CREATE EVENT TRIGGER off ON sql_drop EXECUTE PROCEDURE app.audit();
		ALTER EVENT TRIGGER off DISABLE;
		CREATE PUBLICATION everything FOR ALL TABLES`)
	f := facts(t, monitor(t, d.DSN), users)
	if len(f.EventTriggers) != 1 || f.EventTriggers[0].Name != "audit" || f.EventTriggers[0].Function != "app.audit" ||
		f.EventTriggers[0].Event != "ddl_command_end" {
		t.Errorf("got %+v", f.EventTriggers)
	}
	equal(t, "publications", []string{"everything"}, f.PublishAll)
}

func TestPreflightOfAClusterWithAStandby(t *testing.T) {
	cluster := dbtest.NewCluster(t, scratch.Options{Settings: map[string]string{"max_prepared_transactions": "5"}})
	d := dbtest.In(t, cluster, "shop")
	d.Exec(t, "CREATE TABLE users (id int)")
	if cluster.Major() < 12 {
		t.Skip("standbys are made from 12 on")
	}
	standby, err := cluster.Standby(bounded(t))
	if err != nil {
		t.Fatal(err)
	}
	d.Exec(t, "SELECT pg_create_physical_replication_slot('spare', true)")
	conn := d.Conn(t)
	for _, sql := range []string{"BEGIN", "INSERT INTO users VALUES (1)", "PREPARE TRANSACTION 'forgotten'"} {
		if _, err := conn.Exec(bounded(t), sql); err != nil {
			t.Fatal(err)
		}
	}
	c := monitor(t, d.DSN)
	var f inspect.Facts
	dbtest.WaitFor(t, "the standby to stream", func() bool {
		f = facts(t, c, users)
		return len(f.Replicas) == 1 && f.Replicas[0].State == "streaming"
	})
	if len(f.Prepared) != 1 || f.Prepared[0].GID != "forgotten" || f.Prepared[0].AgeMS < 0 {
		t.Errorf("got %+v", f.Prepared)
	}
	if i := slices.IndexFunc(f.Slots, func(s activity.Slot) bool { return s.Name == "spare" }); i < 0 ||
		f.Slots[i].Active || f.Slots[i].RetainedBytes < 0 || f.Slots[i].Type != "physical" {
		t.Errorf("got %+v", f.Slots)
	}
	if f := facts(t, monitor(t, standby.DSN("shop")), users); !f.InRecovery {
		t.Errorf("on the standby: %+v", f)
	}
	if s := read(t, monitor(t, standby.DSN("shop"))); s.Relations.Get("public.users") == nil {
		t.Error("the catalog of a standby can be read")
	}
	if _, err := conn.Exec(bounded(t), "ROLLBACK PREPARED 'forgotten'"); err != nil {
		t.Error(err)
	}
}

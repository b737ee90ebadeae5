package engine

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/grant"
	"belay/db/inspect"
	"belay/steps"
)

// shop is what the least rights are tried on: tables of an owner, one of them
// with row security.
const shop = `CREATE TABLE orders (id bigint PRIMARY KEY, total int); CREATE TABLE effects (n int);
	INSERT INTO orders SELECT g, g FROM generate_series(1, 100) g;
	ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
	CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)`

// granted makes the roles by the printed script, gives them passwords, and drops
// them with the test.
func granted(t *testing.T, d *dbtest.DB, owner string) {
	t.Helper()
	for _, table := range []string{"orders", "effects", "schema_migrations"} {
		d.Exec(t, "ALTER TABLE "+table+" OWNER TO "+owner)
	}
	d.Exec(t, "GRANT CREATE ON SCHEMA public TO "+owner)
	f, err := grant.Read(t.Context(), d.Conn(t), `"public"."schema_migrations"`)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{grant.Run, grant.Become, grant.View, grant.Dump, grant.Smoke}
	t.Cleanup(func() {
		for _, r := range all {
			d.Exec(t, "DROP OWNED BY "+r+"; DROP ROLE "+r)
		}
	})
	for range 2 { // it may be run again
		d.Exec(t, f.Script())
	}
	for _, r := range all {
		d.Exec(t, "ALTER ROLE "+r+" PASSWORD 'secret'")
	}
}

// as is the database's DSN for a role.
func as(t *testing.T, d *dbtest.DB, role string) string {
	t.Helper()
	u, err := url.Parse(d.DSN)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(role, "secret")
	return u.String()
}

// TestLeastRights takes every step of the checklist under the roles of the
// printed script, made on a real server.
func TestLeastRights(t *testing.T) {
	d := target(t, true)
	d.Exec(t, "DROP TABLE orders, effects")
	d.Exec(t, shop)
	owner, _ := d.Role(t, "shop_owner", "")
	granted(t, d, owner)

	t.Run("view looks", func(t *testing.T) { views(t, d) })
	b := hosted(t, d, "bastion-1", map[string]string{
		"000001_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;\nCREATE TABLE parts (id bigint PRIMARY KEY);",
	})
	conf := "ledger = \"target\"\n[target.shop]\nrole = \"" + owner +
		"\"\n[smoke]\nsql = [\"SELECT count(*) >= 0 FROM effects\"]\n"
	b.toml(conf)
	b.order.Answers["trust.commands"] = fmt.Sprintf("%x", sha256.Sum256([]byte(conf)))
	b.order.DSN, b.order.Answers["backup.choice"] = "", "dump"
	b.order.Environ = map[string]string{"DATABASE_URL": as(t, d, grant.Run)}
	// The history is read as whom the tool would be: the login needs no right on it.
	d.Exec(t, "REVOKE SELECT ON schema_migrations FROM "+grant.Run+"; REVOKE UPDATE ON belay.run FROM "+grant.Run)
	wantEnd(t, b.engine(), steps.ExitPerson, "belay_run lacks UPDATE on TABLE belay.run")
	d.Exec(t, "GRANT UPDATE ON belay.run TO "+grant.Run)

	r := b.engine()
	wantEnd(t, r, steps.ExitDone)
	for _, id := range []string{"target", "preflight", "backup", "review", "estimate", "run", "verify", "smoke"} {
		if s := r.Step(id); s == nil || (s.Status != "done" && s.Status != "to look at") {
			t.Errorf("step %s: %+v", id, s)
		}
	}
	if got := dbtest.QueryVal[string](t, d,
		"SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE relname = 'parts'"); got != owner {
		t.Errorf("the new table belongs to %s, not to %s", got, owner)
	}
	if d.Count(t, "belay.unit WHERE state = 'applied'") == 0 || d.Count(t, "belay.applied_file") != 1 {
		t.Error("nothing of the run is in the ledger")
	}
	// A backfill is the owner's too, its cursor the login's.
	b.edit("000002_fill.up.sql", "-- belay: backfill\nUPDATE orders SET note = current_user WHERE note IS NULL;")
	wantEnd(t, b.engine(), steps.ExitDone)
	if n := d.Count(t, "orders WHERE note = '"+owner+"'"); n != 100 {
		t.Errorf("%d of 100 rows are filled by the owner", n)
	}
	// What the login may do by itself is little: it inherits nothing of the owner's.
	for _, sql := range []string{"SELECT * FROM orders", "DROP TABLE effects", "DELETE FROM schema_migrations"} {
		if _, err := dbtest.Connect(t, as(t, d, grant.Run)).Exec(t.Context(), sql); db.Classify(err) != db.Privilege {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// views looks as the viewing role: preflight, catalog, samples and health; it
// reads no rows.
func views(t *testing.T, d *dbtest.DB) {
	cfg, err := db.ParseConfig(as(t, d, grant.View), "test")
	if err != nil {
		t.Fatal(err)
	}
	s := steps.NewSessions()
	defer func() { _ = s.Close() }()
	if err := s.Look(t.Context(), cfg, ""); err != nil {
		t.Fatal(err)
	}
	pid, release := d.Blocker(t, "LOCK TABLE orders IN ACCESS SHARE MODE")
	defer release()
	sample, _, err := s.Sample(t.Context(), []string{"public.orders"})
	if err != nil {
		t.Fatal(err)
	}
	seen := false
	for _, l := range sample.Locks {
		seen = seen || (l.PID == int(pid) && strings.Contains(l.Query, "LOCK TABLE orders"))
	}
	if !seen {
		t.Errorf("it does not see what others run: %+v", sample.Locks)
	}
	if _, err := s.Health(t.Context(), []string{"public.orders"}); err != nil {
		t.Error(err)
	}
	err = s.Monitor(t.Context(), func(c *db.Conn) error {
		if _, err := inspect.Catalog(t.Context(), c); err != nil {
			return err
		}
		f, err := inspect.Preflight(t.Context(), c, inspect.Scope{Relations: []string{"public.orders"}})
		if err == nil && f.HiddenSessions > 0 {
			t.Errorf("%d sessions are hidden from it", f.HiddenSessions)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := dbtest.Connect(t, as(t, d, grant.View)).Exec(context.Background(),
		"SELECT * FROM orders"); db.Classify(err) != db.Privilege {
		t.Errorf("it reads rows: %v", err)
	}
}

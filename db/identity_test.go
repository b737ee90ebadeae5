package db_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/scratch"
)

func identify(t *testing.T, c *db.Conn) db.Identity {
	t.Helper()
	i, err := db.Identify(bounded(t), c)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestIdentity(t *testing.T) {
	d := dbtest.New(t)
	c := connect(t, d.DSN, patient)
	i := identify(t, c)
	if want := dbtest.QueryVal[string](t, d,
		"SELECT system_identifier::text FROM pg_control_system()"); i.SystemIdentifier != want {
		t.Errorf("system identifier %q, want %q", i.SystemIdentifier, want)
	}
	if i.Database != d.Name || i.DatabaseOID == 0 || i.Major != d.Cluster().Major() || i.Version == "" {
		t.Errorf("got %+v", i)
	}
	if i.InRecovery || i.Timeline != 1 || i.ServerAddress != "127.0.0.1" || i.ServerPort != d.Cluster().Port() ||
		!i.Loopback {
		t.Errorf("got %+v", i)
	}
	if !i.Superuser || i.Pooler || i.PID != int(c.PgConn().PID()) || i.MaxConnections != 200 || i.TimeZone == "" {
		t.Errorf("got %+v", i)
	}
	if i.BackendStart.Before(i.ServerStart) || i.At.Before(i.BackendStart) || time.Since(i.At).Abs() > time.Hour ||
		len(i.Unread) > 0 {
		t.Errorf("got %+v", i)
	}
	other := identify(t, connect(t, dbtest.New(t).SocketDSN, patient))
	if i.Same(other) || i.Key() == other.Key() || !i.Same(i) || other.ServerAddress != "" || !other.Loopback {
		t.Errorf("another database of the same server: %+v", other)
	}
	if (db.Identity{}).Same(db.Identity{}) {
		t.Error("two unknown databases are not the same")
	}
}

func TestIdentityOfAPlainRole(t *testing.T) {
	d := dbtest.New(t)
	group, _ := d.Role(t, "team", "")
	owner, _ := d.Role(t, "owner", "")
	role, dsn := d.Role(t, "plain", "NOINHERIT")
	d.Exec(t, "GRANT "+owner+" TO "+group)
	d.Exec(t, "GRANT "+group+" TO "+role)
	d.Exec(t, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
	i := identify(t, connect(t, dsn, patient))
	if i.Superuser || i.SessionUser != role || !slices.Equal(i.MemberOf, sorted(owner, group)) {
		t.Errorf("got %+v", i)
	}
	if i.SystemIdentifier != "" || i.Timeline != 1 || len(i.Unread) != 1 ||
		i.Unread[0] != (db.Unread{What: "system identifier", SQLState: "42501"}) {
		t.Errorf("what may not be read must be said: %+v", i)
	}
	if i.Key() != "" {
		t.Errorf("got %q", i.Key())
	}
}

func sorted(s ...string) []string { slices.Sort(s); return s }

func TestIdentityOfAStandbyAndItsPromotion(t *testing.T) {
	primary := dbtest.NewCluster(t, scratch.Options{})
	if primary.Major() < 12 {
		t.Skip("standbys are made from 12 on")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	standby, err := primary.Standby(ctx)
	if err != nil {
		t.Fatal(err)
	}
	a := identify(t, connect(t, primary.DSN(""), patient))
	b := identify(t, connect(t, standby.DSN(""), patient))
	if !b.InRecovery || b.Timeline != 0 || !a.Same(b) || len(b.Unread) > 0 {
		t.Errorf("standby: %+v", b)
	}
	if err := standby.Promote(ctx); err != nil {
		t.Fatal(err)
	}
	after := identify(t, connect(t, standby.DSN(""), patient))
	if after.InRecovery || after.Timeline != 2 || !after.Same(a) {
		t.Errorf("promoted: %+v", after)
	}
}

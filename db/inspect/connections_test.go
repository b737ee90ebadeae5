package inspect_test

import (
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/inspect"
)

// A server without room advises a query; it finds a session that does nothing.
func TestIdleSessionsAreFound(t *testing.T) {
	short := inspect.Connections{Max: 10, Reserved: 3, Used: 7, DatabaseLimit: -1, RoleLimit: -1}.Short(3)
	if short == nil {
		t.Fatal("there is room")
	}
	d := dbtest.New(t)
	pid := dbtest.QueryVal[int](t, d, "SELECT pg_backend_pid()")
	if err := d.Conn(t).Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, query, _ := strings.Cut(short.Advice, ": ")
	found := dbtest.QueryCol[int](t, d, "SELECT q.pid FROM ("+query+") q")
	if len(found) == 0 {
		t.Errorf("%s finds nobody idle, beside pid %d", query, pid)
	}
}

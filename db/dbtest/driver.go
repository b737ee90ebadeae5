package dbtest

import (
	"net/url"
	"testing"
)

// ForDrivers is a connection URL for every driver: the test cluster's own passwords
// are hashed in one round, and lib/pq takes no such server for honest.
func (db *DB) ForDrivers(t testing.TB) string {
	t.Helper()
	db.Exec(t, `CREATE ROLE tool_of_`+db.Name+` LOGIN SUPERUSER PASSWORD 'tool'`)
	u, err := url.Parse(db.DSN)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("tool_of_"+db.Name, "tool")
	return u.String()
}

package dbtest

import (
	"fmt"
	"net/url"
	"testing"

	"belay/db/scratch"

	"github.com/jackc/pgx/v5"
)

// Role creates a role that can log in, with options such as "NOSUPERUSER
// CREATEDB", and returns its name and a DSN of the database for it. Roles
// belong to the cluster, so the name gets a number. It is dropped with what it
// owns when the test ends.
func (db *DB) Role(t testing.TB, prefix, options string) (name, dsn string) {
	t.Helper()
	name = fmt.Sprintf("%s_%d", prefix, serial.Add(1))
	quoted := pgx.Identifier{name}.Sanitize()
	const password = "secret"
	stored, err := scratch.QuickSecret(password)
	if err != nil {
		t.Fatal(err)
	}
	admin(t, db.cluster, `CREATE ROLE `+quoted+` LOGIN PASSWORD '`+stored+`' `+options)
	t.Cleanup(func() {
		if db.cluster.PID() == 0 {
			return
		}
		db.Exec(t, `REASSIGN OWNED BY `+quoted+` TO CURRENT_USER; DROP OWNED BY `+quoted)
		admin(t, db.cluster, `DROP ROLE `+quoted)
	})
	u, err := url.Parse(db.DSN)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(name, password)
	return name, u.String()
}

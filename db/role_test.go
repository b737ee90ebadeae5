package db_test

import (
	"errors"
	"testing"

	"belay/db"
	"belay/db/dbtest"

	"github.com/jackc/pgx/v5"
)

// taken makes a role with tables, and a login that begins as it by one of the ways
// that there are; gives the owner, the login, and a DSN for it.
func taken(t *testing.T, d *dbtest.DB, way string) (owner, login, dsn string) {
	t.Helper()
	owner, _ = d.Role(t, "owner", "")
	login, dsn = d.Role(t, "login", "NOINHERIT")
	d.Exec(t, "GRANT "+owner+" TO "+login)
	switch way {
	case "login":
		d.Exec(t, "ALTER ROLE "+login+" SET role = '"+owner+"'")
	case "database":
		d.Exec(t, "ALTER ROLE "+login+" IN DATABASE "+pgx.Identifier{d.Name}.Sanitize()+" SET role = '"+owner+"'")
	case "options":
		dsn += "&options=-c%20role%3D" + owner
	case "parameter":
		dsn += "&role=" + owner
	}
	return owner, login, dsn
}

var ways = []string{"login", "database", "options", "parameter"}

// An executor is what the team's tool would be; the helpers keep the login's own
// rights, see what it does, and can cancel it.
func TestSessionThatBeginsAsARole(t *testing.T) {
	for _, way := range ways {
		t.Run(way, func(t *testing.T) {
			d := dbtest.New(t)
			owner, login, dsn := taken(t, d, way)
			p := dbtest.NewProxy(t, dsn)
			tr := trio(t, p.DSN)
			if got := currentUser(t, tr.Executor); got != owner || tr.Executor.Role != owner {
				t.Errorf("the executor is %s, began as %q", got, tr.Executor.Role)
			}
			if pid, start := tr.Backend(); pid == 0 || start == 0 {
				t.Errorf("backend %d, %d", pid, start)
			}
			err := tr.Monitor.Lend(t.Context(), 0, func(c *db.Conn) error {
				if got := currentUser(t, c); got != login || c.Role != owner {
					t.Errorf("the monitor is %s, began as %q", got, c.Role)
				}
				return c.As(t.Context(), owner, func() error {
					if got := currentUser(t, c); got != owner {
						t.Errorf("as the owner it is %s", got)
					}
					return nil
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			ok, _, err := db.TryLock(bounded(t), tr.Executor, 7)
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			other, err := db.Connect(bounded(t), config(t, dsn), db.Session{
				Kind: db.Executor, Run: "other", Step: "run",
			})
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			if _, who, err := db.TryLock(bounded(t), other, 7); err != nil || who == nil ||
				who.Application != "belay/7f3c9a21/run" || who.Since.IsZero() {
				t.Errorf("holder %+v, %v", who, err)
			}
			if got := currentUser(t, other); got != owner {
				t.Errorf("after looking for a holder it is %s", got)
			}
			// Where a cancel request gets lost, the login may cancel its own backend.
			done := sleep(t, d, tr)
			p.On(isCancel, dbtest.CutBefore)
			if how, err := tr.Cancel(bounded(t)); err != nil || how != db.CanceledByEscape {
				t.Errorf("cancelled by %q, %v", how, err)
			}
			if err := <-done; db.Classify(err) != db.StatementCanceled {
				t.Error(err)
			}
		})
	}
}

func currentUser(t *testing.T, c *db.Conn) (user string) {
	t.Helper()
	if err := c.QueryRow(bounded(t), "SELECT current_user::text").Scan(&user); err != nil {
		t.Fatal(err)
	}
	return user
}

// A role that the login may not take is said with what gives it, and the session
// stays what it was.
func TestRoleThatMayNotBeTaken(t *testing.T) {
	d := dbtest.New(t)
	owner, _ := d.Role(t, "owner", "")
	login, dsn := d.Role(t, "login", "")
	c, err := db.Connect(bounded(t), config(t, dsn), db.Session{Kind: db.Monitor})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, role := range []string{owner, "nobody at all"} {
		err := c.As(bounded(t), role, func() error { t.Error("it ran"); return nil })
		var refused *db.RoleError
		if !errors.As(err, &refused) || refused.Hint() != db.RoleHint {
			t.Errorf("%s: %v", role, err)
		}
		if got := currentUser(t, c); got != login {
			t.Errorf("it is %s now", got)
		}
	}
	for _, want := range []struct{ grant, may, inherits bool }{{}, {true, true, true}} {
		if want.grant {
			d.Exec(t, "GRANT "+owner+" TO "+login)
		}
		may, inherits, err := c.MayTake(bounded(t), owner)
		if err != nil || may != want.may || inherits != want.inherits {
			t.Errorf("granted %v: %v, %v, %v", want.grant, may, inherits, err)
		}
	}
}

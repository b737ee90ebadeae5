package apply_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db/apply"
	"belay/db/dbtest"
)

// several are units over more than one table, in one statement or in many.
var several = []struct{ name, setup, sql string }{
	{"one statement", ``, `DROP TABLE a, b, c`},
	{"truncate", ``, `TRUNCATE a, b, c`},
	{
		"many statements", ``,
		`ALTER TABLE a ADD COLUMN x int; ALTER TABLE b ADD COLUMN x int; ALTER TABLE c ADD COLUMN x int`,
	},
	{"foreign key with its parent", `ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES b (id)`,
		`ALTER TABLE a DROP CONSTRAINT f; ALTER TABLE c ADD COLUMN x int`},
	{"partitions", `CREATE TABLE whole (id int, n int) PARTITION BY LIST (n); CREATE TABLE c2 (id int, n int)`, `` +
		`ALTER TABLE a ADD COLUMN y int; ALTER TABLE b ADD COLUMN y int; ALTER TABLE whole ADD COLUMN y int; ALTER TABLE c ADD COLUMN y int`},
}

func threeTables(t testing.TB) *dbtest.DB {
	d := shop(t)
	d.Exec(t,
		`CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY, n int); CREATE TABLE c (id int PRIMARY KEY, n int);
		INSERT INTO b VALUES (1, 0); INSERT INTO a VALUES (1, 0); INSERT INTO c VALUES (1, 0)`)
	return d
}

// Each table alone is free within the rung, all of them together are not: the
// first must not stay closed meanwhile.
func TestSeveralTablesWaitOnceTogether(t *testing.T) {
	t.Parallel()
	for _, s := range dbtest.OneIn(3, several) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			d := threeTables(t)
			if s.setup != "" {
				d.Exec(t, s.setup)
			}
			x, rec := executor(t, d.DSN)
			u := transactional(t, x, s.sql)
			var blockers sync.WaitGroup
			for _, table := range []string{"b", "c"} {
				_, release := d.Blocker(t, `LOCK TABLE `+table+` IN ACCESS SHARE MODE`)
				blockers.Go(func() {
					waitsOn(t, d, table)
					time.Sleep(200 * time.Millisecond) // it works a while
					release()
				})
			}
			got := x.Run(t.Context(), u)
			blockers.Wait()
			want(t, got, apply.Applied, apply.Done)
			ended := rec.of(apply.AttemptEnded)
			if len(ended) < 2 || ended[0].Code != "55P03" {
				t.Errorf("it waited for both in one attempt: %+v", ended)
			}
		})
	}
}

// transactional is a unit of SQL in one transaction, judged by the live catalog.
func transactional(t testing.TB, x *apply.Executor, sql string) apply.Unit {
	u := judged(t, x, sql)
	u.Wrap = apply.Transaction
	return u
}

func waitsOn(t testing.TB, d *dbtest.DB, table string) {
	// In one session: a try waits for a fifth of a second, and must be met.
	d.WaitUntil(t,
		fmt.Sprintf(`EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = to_regclass('%s'))`, table))
}

// The application takes the tables in the other order and in ours, and waits for
// one of them behind us: it is never the victim, and the unit gets through.
func TestTheApplicationIsNeverTheVictim(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{
		`ALTER TABLE a ADD COLUMN x int; ALTER TABLE b ADD COLUMN x int`,
		`ALTER TABLE b ADD COLUMN x int; ALTER TABLE a ADD COLUMN x int`,
		`ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (n) REFERENCES b (id) NOT VALID`,
		`DROP TABLE a, b, c`,
	} {
		for _, order := range dbtest.OneIn(2, []string{"a b", "b a"}) {
			t.Run(sql+"/"+order, func(t *testing.T) {
				t.Parallel()
				d := threeTables(t)
				x, rec := executor(t, d.DSN)
				u := transactional(t, x, sql)
				app := d.Conn(t)
				first, second, _ := strings.Cut(order, " ")
				begin(t, app, first)
				served := make(chan error, 1)
				asked := false
				rec.hook = func(e apply.Event) error {
					if e.Kind != apply.AttemptStarted || asked {
						return nil
					}
					asked = true
					go func() {
						d.WaitForLockWaitBy(t, "belay/7f3a0001/run")
						served <- finish(app, second)
					}()
					return nil
				}
				want(t, x.Run(t.Context(), u), apply.Applied, apply.Done)
				if err := <-served; err != nil {
					t.Errorf("the application: %v", err)
				}
			})
		}
	}
}

func begin(t testing.TB, app *pgx.Conn, table string) {
	t.Helper()
	for _, sql := range []string{"BEGIN", "UPDATE " + table + " SET n = n + 1"} {
		if _, err := app.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

func finish(app *pgx.Conn, table string) error {
	if _, err := app.Exec(context.Background(), "UPDATE "+table+" SET n = n + 1"); err != nil {
		return err
	}
	_, err := app.Exec(context.Background(), "COMMIT")
	return err
}

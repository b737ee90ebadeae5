package shapes

import (
	"fmt"
	"slices"
	"testing"

	"belay/db"
	"belay/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestTry finds the planted breaks among 200 statements, and nothing else.
func TestTry(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, `CREATE TABLE users (id bigint PRIMARY KEY, email text, name text, age int);
		CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, email text, total numeric)`)
	cfg, err := db.ParseConfig(d.DSN, "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Connect(t.Context(), cfg, db.Session{Kind: db.Executor, Step: "try"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := c.Exec(t.Context(), `SET search_path = public`); err != nil {
		t.Fatal(err)
	}
	breaks := []string{
		`SELECT email FROM users WHERE id = $1 AND %d = $2`, `UPDATE users SET email = $1 WHERE id = %d`,
		`INSERT INTO users (id, email) VALUES (%d, $1)`, `SELECT u.*, %d AS n FROM users u`,
		`SELECT o.id + %d FROM orders o JOIN users u ON u.email = o.email`,
	}
	lives := []string{
		`SELECT name FROM users WHERE id = $1 AND %d = $2`, `UPDATE users SET name = $1 WHERE id = %d`,
		`SELECT email, %d AS n FROM orders`, `INSERT INTO users (id, name) VALUES (%d, $1)`, `DELETE FROM users WHERE age > %d`,
		`SELECT count(*) + %d FROM users`,
	}
	var all []Shape
	var planted []string
	for i := range 200 {
		form := lives[i%len(lives)]
		if i%10 == 0 {
			form = breaks[i/10%len(breaks)]
		}
		sql := fmt.Sprintf(form, i)
		if i%10 == 0 {
			planted = append(planted, sql)
		}
		all = append(all, Shape{SQL: sql, Calls: int64(i), Who: "shop"})
	}
	all = append(all, Shape{SQL: `SELECT nothing FROM nowhere`}, Shape{SQL: `DROP TABLE users`})
	if all, err = Of(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	r, err := Try(t.Context(), c, all, []string{`ALTER TABLE users DROP COLUMN email`})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	columns := 0
	for _, b := range r.Broken {
		found = append(found, b.SQL)
		if !b.Fails {
			columns++
		}
		if b.Why == "" || b.Who != "shop" {
			t.Errorf("%+v", b)
		}
	}
	if !slices.Equal(found, planted) || r.Tried != 200 || r.Untried != 1 || columns != 4 {
		t.Errorf("found %d of %d, tried %d, untried %d, other columns %d: %q", len(found), len(planted), r.Tried,
			r.Untried, columns,
			found)
	}
}

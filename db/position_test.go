package db_test

import (
	"testing"

	"belay/db"
	"belay/db/dbtest"
)

func TestErrorPlace(t *testing.T) {
	c := connect(t, dbtest.New(t).DSN, db.Session{Kind: db.Executor, Run: "7f3c9a21", Step: "run"})
	for _, x := range []struct {
		sql   string
		start db.Place
		want  db.Place
	}{
		{"SELECT nope", db.Place{Line: 1, Column: 1}, db.Place{Line: 1, Column: 8}},
		{"SELECT nope", db.Place{Line: 7, Column: 5}, db.Place{Line: 7, Column: 12}},
		{"SELECT 'äöü€😀',\n  nope", db.Place{Line: 7, Column: 5}, db.Place{Line: 8, Column: 3}},
		{"SELECT 'äöü€😀', nope", db.Place{Line: 3, Column: 1}, db.Place{Line: 3, Column: 17}},
		{"SELECT 1 +", db.Place{Line: 3, Column: 1}, db.Place{Line: 3, Column: 11}},
	} {
		_, err := c.Exec(bounded(t), x.sql)
		got, ok := db.ErrorPlace(err, x.sql, x.start)
		if !ok || got != x.want {
			t.Errorf("%q: got %v, %v, want %v (%v)", x.sql, got, ok, x.want, err)
		}
	}
	_, err := c.Exec(bounded(t), "SELECT 1/0")
	if _, ok := db.ErrorPlace(err, "SELECT 1/0", db.Place{Line: 1, Column: 1}); ok || err == nil {
		t.Errorf("a division has no position: %v", err)
	}
}

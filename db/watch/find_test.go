package watch_test

import (
	"errors"
	"slices"
	"testing"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/watch"
)

// TestNames: a name is found, is one of several, or is nobody's: then those that are
// written almost so are named.
func TestNames(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, `CREATE SCHEMA old; CREATE TABLE orders (id int); CREATE TABLE old.items (id int);
		CREATE TABLE items (id int); CREATE TABLE "Users" (id int)`)
	c := session(t, d.DSN, db.Session{Kind: db.Monitor})
	for name, want := range map[string]struct {
		found, hint string
	}{
		"orders":       {found: "public.orders"},
		"old.items":    {found: "old.items"},
		"items":        {hint: "name one of old.items, public.items"},
		"ordesr":       {hint: "did you mean public.orders?"},
		"old.order":    {hint: "did you mean public.orders?"},
		"users":        {hint: "did you mean public.Users?"},
		"itens":        {hint: "did you mean old.items or public.items?"},
		"no":           {hint: "give it as schema.name, spelled as in pg_class"},
		"nowhere":      {hint: "give it as schema.name, spelled as in pg_class"},
		"x.y'; --\x01": {hint: "give it as schema.name, spelled as in pg_class"},
	} {
		found, err := watch.Find(bounded(t), c, []string{name})
		unknown, _ := errors.AsType[*watch.NameError](err)
		if want.found != "" && (err != nil || !slices.Equal(found, []string{want.found})) {
			t.Errorf("%s: %q, %v", name, found, err)
		}
		if want.hint != "" && (unknown == nil || unknown.Hint() != want.hint) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestParts: a partitioned table and all that it is made of, whatever their names.
func TestParts(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, `CREATE SCHEMA "a.b"; CREATE TABLE events (at date) PARTITION BY RANGE (at);
		CREATE TABLE "a.b"."e 1" PARTITION OF events
			FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY RANGE (at);
		CREATE TABLE leaf PARTITION OF "a.b"."e 1"
			FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')`)
	c := session(t, d.DSN, db.Session{Kind: db.Monitor})
	for name, want := range map[string][]string{
		"public.events": {"a.b.e 1", "public.events", "public.leaf"}, "public.leaf": {"public.leaf"},
		"public.none": nil,
	} {
		if got, err := watch.Parts(bounded(t), c, name); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

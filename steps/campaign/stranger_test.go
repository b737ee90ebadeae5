package campaign

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"belay/db/backfill"
	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/project"
)

// TestRefusals are said before the first phase, with what would lift them.
func TestRefusals(t *testing.T) {
	p := newPlace(t, dbtest.New(t))
	p.db.Exec(t, `CREATE PUBLICATION feed FOR TABLE orders;
		CREATE TABLE kids (own text) INHERITS (teams)`)
	for _, c := range []struct {
		kind, args, want string
	}{
		{"rename", "orders.total sum", "publication feed sends every column of the table"},
		{"rename", "parts.note words", "the table is partitioned: it takes one file for each partition"},
		{"type", "parts.note varchar(9)", "the table is partitioned: it takes one file for each partition"},
		{"drop", "parts.note", "the table is partitioned: it takes one file for each partition"},
		{"rename", "mails.mail address", "public.mails is a view"},
		{"rename", "users.email age", "column age of public.users exists already"},
		{"rename", "users.email a.b", "a.b is no new name"},
		{"type", "users bigint", "users names no column"},
		{"type", "users.email", "type takes TABLE.COLUMN TYPE"},
		{"drop", "users.id", "the foreign key orders_user_id_fkey of public.orders depends on it"},
		{"drop", "users", "the foreign key orders_user_id_fkey of public.orders depends on it"},
		{"foreign-key", "users.team_id teams", "teams names no column"},
		{"replace-index", "users CREATE", "public.users is a table"},
		{"rename", "users_email_idx other", "public.users_email_idx is an index"},
	} {
		args := strings.SplitN(c.args, " ", 2)
		_, err := p.desk().Propose(t.Context(), Wanted{Kind: c.kind, Args: args, Soak: time.Hour,
			ID: backfill.NewID()})
		if err == nil || !strings.Contains(err.Error(), c.want) || steps.HintOf(err) == "" {
			t.Errorf("%s %s: %v; want %s", c.kind, c.args, err, c.want)
		}
	}
}

// TestMeanwhile: what becomes of a campaign whose table others drop or rename, and of one
// that a restored dump brought along.
func TestMeanwhile(t *testing.T) {
	p := newPlace(t, dbtest.New(t))
	c := p.begin(Wanted{Kind: "not-null", Args: []string{"users.note"}})
	board := func() Board {
		t.Helper()
		d := p.desk()
		found, err := d.Find(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		b, err := d.Board(t.Context(), found, true)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if b := board(); b.Trouble != "" || b.Do == "" {
		t.Fatalf("%+v", b)
	}
	p.db.Exec(t, `ALTER TABLE users RENAME TO customers`)
	if b := board(); !strings.Contains(b.Trouble, "is called public.customers now") ||
		!strings.Contains(b.Rows[0].Safe, "no: ") {
		t.Errorf("%+v", b)
	}
	p.db.Exec(t, `DROP TABLE customers CASCADE`)
	if b := board(); !strings.Contains(b.Trouble, "somebody has dropped it") || !strings.Contains(b.Do, "abandon") {
		t.Errorf("%+v", b)
	}
	p.db.Exec(t, `UPDATE belay.campaign SET identity = '1/2'`)
	all, others, err := p.desk().All(t.Context())
	if err != nil || len(all) != 0 || others != 1 {
		t.Errorf("%d campaigns and %d of others: %v", len(all), others, err)
	}
}

// TestReader may look, and is told which right is missing for more.
func TestReader(t *testing.T) {
	p := newPlace(t, dbtest.New(t))
	c := p.begin(Wanted{Kind: "rename", Args: []string{"users.email", "email_address"}})
	name, dsn := p.db.Role(t, "reader", "")
	desk := func() *Desk {
		t.Helper()
		loaded, err := project.Load(project.Flags{DSN: dsn}, p.dir)
		if err != nil {
			t.Fatal(err)
		}
		d, err := Open(t.Context(), loaded, "op2@test")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Close)
		return d
	}
	p.db.Exec(t, `GRANT SELECT ON schema_migrations TO `+name)
	if _, _, err := desk().All(t.Context()); err == nil || !strings.HasPrefix(steps.HintOf(err),
		"GRANT USAGE ON SCHEMA belay") {
		t.Errorf("without a right: %v, %s", err, steps.HintOf(err))
	}
	p.db.Exec(t, `GRANT USAGE ON SCHEMA belay TO `+name+`; GRANT SELECT ON ALL TABLES IN SCHEMA belay TO `+name)
	d := desk()
	found, err := d.Find(t.Context(), c.Short())
	if err != nil {
		t.Fatal(err)
	}
	if b, err := d.Board(t.Context(), found, true); err != nil || b.Do == "" {
		t.Errorf("%+v, %v", b, err)
	}
	if err := d.Ledger(t.Context(), true); err == nil || !strings.HasPrefix(steps.HintOf(err), "GRANT ") {
		t.Errorf("may write: %v", err)
	}
}

// TestTwoHands: who comes second is told so, and nothing of the first is lost.
func TestTwoHands(t *testing.T) {
	p := newPlace(t, dbtest.New(t))
	c := p.begin(Wanted{Kind: "not-null", Args: []string{"users.note"}})
	one, two := p.desk(), p.desk()
	first, err := one.Find(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	second, err := two.Find(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := one.Confirm(t.Context(), first, "v1"); err != nil {
		t.Fatal(err)
	}
	var refused *steps.Refused
	if err := two.Confirm(t.Context(), second, "v2"); !errors.As(err, &refused) || !strings.Contains(err.Error(),
		"somebody else") {
		t.Errorf("the second: %v", err)
	}
	again, err := p.desk().Find(t.Context(), c.ID)
	if err != nil || again.Phases[0].Confirmed.Version != "v1" {
		t.Errorf("%+v, %v", again.Phases[0].Confirmed, err)
	}
}

// TestPatience: a count that was not whole opens nothing, and says how far it came.
func TestPatience(t *testing.T) {
	p := newPlace(t, dbtest.New(t))
	c := p.begin(Wanted{Kind: "not-null", Args: []string{"users.age"}})
	p.step(c.ID)
	d := p.desk()
	found, err := d.Find(t.Context(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := d.Check(t.Context(), found, 0, backfill.NewID); err != nil {
			t.Fatal(err)
		}
	}
	b, err := d.Board(context.Background(), found, true)
	if err != nil {
		t.Fatal(err)
	}
	g := b.Rows[1].Gates[0]
	if g.Open || !strings.Contains(g.Says, "in 0 of ") || !strings.Contains(g.Says, "--patience") {
		t.Errorf("%+v", g)
	}
}

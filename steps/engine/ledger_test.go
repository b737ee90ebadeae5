package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/ledger"
	"belay/steps"
	"belay/steps/state"
)

// noted are two migrations; the second waits for whoever uses orders.
var noted = map[string]string{
	"000001_one.up.sql": "INSERT INTO effects VALUES (1);",
	"000002_two.up.sql": "ALTER TABLE orders ADD COLUMN note text;\nINSERT INTO effects (n) VALUES (2);",
}

// hosted is a bench that believes to be on a host of its own. The answers accept
// nothing that is not asked of everybody.
func hosted(t *testing.T, d *dbtest.DB, host string, files map[string]string) *bench {
	t.Helper()
	b := benchOn(t, d, files)
	b.environ = append(b.environ, hostVariable+"="+host)
	b.order.By = "op-" + host
	return b
}

// target is a database for noted, with a ledger where one is wanted.
func target(t *testing.T, withLedger bool) *dbtest.DB {
	t.Helper()
	d := dbtest.New(t)
	d.Exec(t, "CREATE TABLE effects (n int); CREATE TABLE orders (id bigint PRIMARY KEY)")
	if withLedger {
		if _, err := ledger.Create(t.Context(), d.Conn(t)); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func name(t *testing.T, d *dbtest.DB) string {
	t.Helper()
	return dbtest.QueryVal[string](t, d, "SELECT current_database()::text")
}

// toml writes a belay.toml.
func (b *bench) toml(text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.order.Dir, "belay.toml"), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// wantEnd checks how an engine ended, and says everything where it did not.
func wantEnd(t *testing.T, r *state.Run, exit int, words ...string) {
	t.Helper()
	if r.Finished == nil || r.Finished.Exit != exit {
		t.Fatalf("finished %+v, want exit %d\n%v", r.Finished, exit, r.Log)
	}
	for _, w := range words {
		if !strings.Contains(r.Finished.Summary+" "+r.Finished.Hint, w) {
			t.Errorf("it does not say %q: %+v", w, r.Finished)
		}
	}
}

func wantEffects(t *testing.T, d *dbtest.DB, want string) {
	t.Helper()
	if got := dbtest.QueryVal[string](t, d,
		"SELECT coalesce(string_agg(n::text, ',' ORDER BY n), '') FROM effects"); got != want {
		t.Errorf("effects %q, want %q", got, want)
	}
}

func hasLedger(t *testing.T, d *dbtest.DB) bool {
	t.Helper()
	return d.Count(t, "pg_namespace WHERE nspname = 'belay'") == 1
}

func TestRunIsKeptInTheLedger(t *testing.T) {
	t.Parallel()
	d := target(t, true)
	b := hosted(t, d, "bastion-1", noted)
	r := b.engine()
	wantEnd(t, r, steps.ExitDone)
	row := dbtest.QueryVal[string](t, d,
		`SELECT left(id::text, 8) || ' ' || state || ' ' || epoch || ' ' || split_part(owner, ' ', 1) || ' ' || array_to_string(migrations, ',') FROM belay.run`)
	if want := r.ID + " finished 1 op-bastion-1@bastion-1 1,2"; row != want {
		t.Errorf("run %q, want %q", row, want)
	}
	if sql := dbtest.QueryVal[string](t, d, "SELECT sql FROM belay.plan"); sql != noted["000001_one.up.sql"]+
		noted["000002_two.up.sql"] {
		t.Errorf("plan %q", sql)
	}
	if yes := dbtest.QueryVal[string](t, d,
		"SELECT approvals->'run.confirm'->>'plan_sha256' FROM belay.plan"); yes != r.Opened.PlanSHA256 {
		t.Errorf("the approval is bound to %q", yes)
	}
	if n := d.Count(t, "belay.unit WHERE state = 'applied' AND epoch = 1 AND sha256 <> ''"); n < 2 {
		t.Errorf("%d marks", n)
	}
	if n := d.Count(t, "belay.applied_file WHERE sha256 <> normalised_sha256 OR environment = 'local'"); n != 2 {
		t.Errorf("%d files", n)
	}
	// The plan is there before the first effect; the story follows, to its end.
	first := dbtest.QueryVal[bool](t, d,
		`SELECT coalesce((SELECT min(seq) FROM belay.event WHERE kind = 'ledger.opened') <
		(SELECT min(seq) FROM belay.event WHERE kind = 'unit.applied'), false)`)
	if last := dbtest.QueryVal[string](t, d,
		"SELECT kind FROM belay.event ORDER BY seq DESC LIMIT 1"); last != "run.finished" || !first {
		t.Errorf("the copy ends with %s; opened first: %v", last, first)
	}
	if n := d.Count(t, "belay.event WHERE kind IN ('sample', 'fact')"); n != 0 {
		t.Errorf("%d events that only the moment needed", n)
	}
	// What ran here is remembered: an edited file stops the next run, a new comment does not.
	b.edit("000001_one.up.sql", "-- one\nINSERT INTO effects VALUES (1);")
	b.edit("000003_three.up.sql", "INSERT INTO effects VALUES (3);")
	wantEnd(t, b.engine(), steps.ExitDone)
	b.edit("000002_two.up.sql", "INSERT INTO effects VALUES (2);")
	b.edit("000004_four.up.sql", "INSERT INTO effects VALUES (4);")
	wantEnd(t, b.engine(), steps.ExitFailed, "000002_two.up.sql is not what ran here", "op-bastion-1@bastion-1")
	wantEffects(t, d, "1,2,3")
}

// edit writes a file of the folder.
func (b *bench) edit(file, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.order.Dir, "migrations", file), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// A routine run needs no ledger and is never asked for one.
func TestRoutineRunMakesNoLedger(t *testing.T) {
	t.Parallel()
	d := target(t, false)
	b := hosted(t, d, "bastion-1", noted)
	r := b.engine()
	wantEnd(t, r, steps.ExitDone)
	if _, asked := r.Answers["ledger.create"]; asked || hasLedger(t, d) {
		t.Errorf("asked %v, there %v", asked, hasLedger(t, d))
	}
}

func TestLedgerByItsYes(t *testing.T) {
	type answered struct {
		name, before, answer string
		exit                 int
		kept                 bool
	}
	for _, c := range dbtest.OneIn(3, []answered{
		{"yes", "", "yes", steps.ExitDone, true},
		{"no", "", "no", steps.ExitDone, false},
		{"unanswered", "", "", steps.ExitPerson, false},
		{"withheld", "CREATE PUBLICATION everything FOR ALL TABLES", "", steps.ExitDone, false},
		{"stopped before", "", "yes", steps.ExitPerson, false},
	}) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := target(t, false)
			if c.before != "" {
				d.Exec(t, c.before)
			}
			b := hosted(t, d, "bastion-1", noted)
			b.toml("ledger = \"target\"\n")
			if c.answer != "" {
				b.order.Answers["ledger.create"] = c.answer
			}
			if c.name == "stopped before" {
				_, release := d.Blocker(t, "SELECT pg_advisory_lock(7090192354262384641)")
				defer release()
			}
			r := b.engine()
			wantEnd(t, r, c.exit)
			if hasLedger(t, d) != c.kept {
				t.Errorf("schema belay is there: %v\n%v", !c.kept, r.Log)
			}
			if c.kept && d.Count(t, "belay.run WHERE state = 'finished'") != 1 {
				t.Error("the run is not kept")
			}
		})
	}
}

func TestNewerLedgerIsRefusedByName(t *testing.T) {
	t.Parallel()
	d := target(t, true)
	d.Exec(t, "UPDATE belay.meta SET version = 7")
	wantEnd(t, hosted(t, d, "bastion-1", noted).engine(), steps.ExitFailed, "version 7", "nothing was changed")
	wantEffects(t, d, "")
}

// Rows of another identity are history: a restored dump carries them. A physical
// copy has the same identity, so a run that was opened elsewhere makes belay ask.
func TestRowsOfAnotherDatabaseAreHistory(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	d := target(t, true)
	d.Exec(t,
		`INSERT INTO belay.run (id, identity, timeline, database, tool, migrations, plan_sha256, settings, epoch, owner, state, belay_version)
		VALUES ('11111111-0000-4000-8000-000000000001', '1/2', 1, 'shop', 'golang-migrate', '{000009}', 'x', '{"address": "10.0.0.7:5432"}', 1, 'op@far', 'running', 'dev')`)
	b := hosted(t, d, "bastion-1", noted)
	wantEnd(t, b.engine(), steps.ExitDone)
	d.Exec(t,
		`UPDATE belay.run SET identity = (SELECT identity FROM belay.run WHERE owner <> 'op@far') WHERE owner = 'op@far'`)
	b.edit("000003_three.up.sql", "INSERT INTO effects VALUES (3);")
	wantEnd(t, b.engine(), steps.ExitPerson, "target.address", "10.0.0.7:5432")
	b.order.Answers["target.address"] = "yes"
	wantEnd(t, b.engine(), steps.ExitPerson, "11111111", "op@far", "since 20")
	b.order.Answers["target.address"] = "no"
	wantEnd(t, b.engine(), steps.ExitDone)
	wantEffects(t, d, "1,2,3")
	if n := d.Count(t, "belay.run"); n != 2 {
		t.Errorf("%d runs in the ledger of a copy", n)
	}
}

package campaign

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"belay/db/backfill"
	"belay/db/dbtest"
	"belay/db/ledger"
	"belay/db/scratch"
)

// writers are sessions of an application that write all the time.
type writers struct {
	t     *testing.T
	stop  context.CancelFunc
	group sync.WaitGroup
	mu    sync.Mutex
	sent  int
	fails []error
}

// start begins so many writers, each with rows of its own from an id on; code are the
// statements that it sends for one id.
func start(p *place, from, n int, code func(id int) []string) *writers {
	p.t.Helper()
	ctx, stop := context.WithCancel(p.t.Context())
	w := &writers{t: p.t, stop: stop}
	for i := range n {
		conn := p.db.Conn(p.t)
		w.group.Go(func() { w.write(ctx, conn, from+i*1_000_000, code) })
	}
	return w
}

func (w *writers) write(ctx context.Context, conn *pgx.Conn, id int, code func(id int) []string) {
	for ; ctx.Err() == nil; id++ {
		for _, sql := range code(id) {
			_, err := conn.Exec(ctx, sql)
			if ctx.Err() != nil {
				return
			}
			w.mu.Lock()
			w.sent++
			if err != nil {
				w.fails = append(w.fails, fmt.Errorf("%s: %w", sql, err))
			}
			w.mu.Unlock()
			if !dbtest.Long() {
				time.Sleep(breath)
			}
		}
	}
}

// breath is what a writer leaves between two statements in the short form, where the
// whole of it is played beside the tests of other packages.
const breath = 5 * time.Millisecond

// more waits until so many more statements were answered.
func (w *writers) more(n int) {
	w.t.Helper()
	count := func() int {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.sent
	}
	for until := count() + n; count() < until; time.Sleep(time.Millisecond) {
		if w.t.Context().Err() != nil {
			w.t.Fatal("the writers have stopped")
		}
	}
}

// mails is code that knows the address under one name.
func mails(column string) func(id int) []string {
	return func(id int) []string {
		return []string{
			fmt.Sprintf(`INSERT INTO users (id, %s) VALUES (%d, 'a%d')`, column, id, id),
			fmt.Sprintf(`UPDATE users SET %s = %s || '+' WHERE id = %d`, column, column, id%500+1),
			fmt.Sprintf(`INSERT INTO users (id, %s) VALUES (%d, 'b%d') ON CONFLICT (id) DO UPDATE SET %s = excluded.%s`,
				column, id, id, column, column),
			`SELECT mail FROM mails WHERE id = 1`,
		}
	}
}

// end stops them; none of their statements may have failed.
func (w *writers) end() {
	w.t.Helper()
	w.stop()
	w.group.Wait()
	if len(w.fails) > 0 || w.sent == 0 {
		w.t.Errorf("%d of %d statements failed, the first: %v", len(w.fails), w.sent, w.fails[:min(1, len(w.fails))])
	}
}

// TestRename is the lesson's rename over its phases, on a table with all that may hang on
// it, under old and new writers.
func TestRename(t *testing.T) {
	cluster := dbtest.NewCluster(t, scratch.Options{
		Settings: map[string]string{"shared_preload_libraries": "pg_stat_statements"},
	})
	p := newPlace(t, dbtest.In(t, cluster, "shop"))
	if cluster.Major() >= 15 { // a publication with a list of columns is of 15 and later
		p.db.Exec(t, `CREATE PUBLICATION feed FOR TABLE users (id, email)`)
	}
	p.db.Exec(t, `CREATE EXTENSION pg_stat_statements; CREATE POLICY own ON users USING (email <> current_user); CREATE SCHEMA cron;
		CREATE TABLE cron.job (jobid bigint PRIMARY KEY, schedule text, command text);
		INSERT INTO cron.job VALUES (1, '0 3 * * *', 'UPDATE users SET email = lower(email)')`)
	old := start(p, 1000, 2, mails("email"))
	c := p.begin(Wanted{Kind: "rename", Args: []string{"users.email", "email_address"}})
	p.step(c.ID) // add, keep in step, fill
	p.step(c.ID) // the names
	fresh := start(p, 5_000_000, 2, mails("email_address"))
	p.step(c.ID) // deploy
	if n := p.db.Count(t, `users WHERE email IS DISTINCT FROM email_address`); n != 0 {
		t.Errorf("%d rows differ under old and new writers", n)
	}
	old.end()
	stopped := p.step(c.ID)
	if stopped.Stage != Stop {
		t.Fatalf("phase %s", stopped.Title)
	}
	defer fresh.end()
	p.noDrop(c.ID, "time", "until")
	p.later()
	// What is planted is red: the function and the job name the old column.
	p.noDrop(c.ID, "uses", "texts red: function public.invoice")
	p.db.Exec(t, `CREATE OR REPLACE FUNCTION invoice(bigint) RETURNS text LANGUAGE plpgsql AS
		'BEGIN RETURN (SELECT email_address FROM users WHERE id = $1); END'`)
	p.noDrop(c.ID, "uses", "cron job 1")
	p.db.Exec(t, `UPDATE cron.job SET command = 'UPDATE users SET email_address = lower(email_address)'`)
	p.gates(c.ID, "uses", true, "")
	p.db.Exec(t, `SELECT email FROM users WHERE id = 7`)
	p.noDrop(c.ID, "uses", "statements red: SELECT email FROM users")
	// A reset forgets the statement, and the clock starts again.
	p.db.Exec(t, `SELECT pg_stat_statements_reset()`)
	p.noDrop(c.ID, "time", "statements were reset")
	p.waits(c.ID)
	if s := p.db.Count(t, `belay.evidence WHERE source = 'texts' AND verdict = 'red'`); s == 0 {
		t.Error("what was seen is not kept")
	}
}

// later moves the clock past every time that is waited for.
func (p *place) later() {
	p.db.Exec(p.t, `UPDATE belay.phase SET not_before = now() - interval '1 h' WHERE not_before > now()`)
}

// gates looks at one gate of the campaign's next phase.
func (p *place) gates(id, name string, open bool, says string) {
	p.t.Helper()
	d := p.desk()
	c, err := d.Find(p.t.Context(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	for range enough {
		if _, err := d.Check(p.t.Context(), c, time.Minute, backfill.NewID); err != nil {
			p.t.Fatal(err)
		}
	}
	b, err := d.Board(p.t.Context(), c, true)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, r := range b.Rows {
		for _, g := range r.Gates {
			if g.Name != name {
				continue
			}
			if g.Open != open || !strings.Contains(g.Says, says) {
				p.t.Errorf("gate %s is open: %v, %s; want %v, %q", name, g.Open, g.Says, open, says)
			}
			return
		}
	}
	p.t.Errorf("there is no gate %s: %+v", name, b.Rows)
}

// noDrop holds that the gate is closed, so that there is nothing to write.
func (p *place) noDrop(id, gate, says string) {
	p.t.Helper()
	p.gates(id, gate, false, says)
}

// waits holds that the campaign waits for time alone.
func (p *place) waits(id string) {
	p.t.Helper()
	d := p.desk()
	c, err := d.Find(p.t.Context(), id)
	if err != nil {
		p.t.Fatal(err)
	}
	b, err := d.Board(p.t.Context(), c, true)
	if err != nil || !b.Waits() || c.State != ledger.CampaignOpen {
		p.t.Errorf("next is %s (%s), %v", b.Next, b.Do, err)
	}
}

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"

	"belay/db/dbtest"
)

// The words of the table for what is true of the unit in hand once the fault is
// over, while whoever stood in its way still does.
const (
	applied    = "applied"
	notApplied = "not applied"
	running    = "running" // a backend works on it, its client is gone or not
)

// moments are where a unit may be when something breaks. Each has the truth that
// a fault leaves which ends the unit's session.
var moments = []moment{
	{name: "before send", files: quick, truth: notApplied, reach: heldAt("VALUES (2)", "BEGIN")},
	{
		name: "waiting for a lock", files: quick, truth: notApplied,
		reach: blockedBy(`LOCK TABLE orders IN ACCESS SHARE MODE`, "ALTER TABLE orders"),
	},
	{
		name: "executing in a transaction", files: gated, truth: notApplied,
		reach: blockedBy(`SELECT pg_advisory_xact_lock(7)`, "ALTER TABLE orders"),
	},
	{
		name: "executing CONCURRENTLY", files: build, truth: notApplied, outlives: true,
		reach: blockedBy(`LOCK TABLE orders IN ROW EXCLUSIVE MODE`, "CREATE INDEX CONCURRENTLY"),
	},
	{
		name: "between effect and history row", files: build, truth: notApplied, unrecorded: true,
		reach: heldAt("CREATE INDEX", "BEGIN"),
	},
	{name: "COMMIT sent, reply lost", files: quick, truth: applied, reach: unheard("VALUES (3)", "COMMIT")},
}

// faults are what may break.
var faults = []fault{
	{name: "screen ended", strike: screenEnded, engineLives: true},
	{name: "engine SIGKILL", strike: engineKilled, sessionOutlives: true},
	{name: "TCP cut", strike: cut}, // the driver cancels what runs on a connection that it loses
	{name: "half-open TCP", strike: halfOpen, sessionOutlives: true},
	{name: "backend terminated", strike: terminated},
	{name: "frozen client", strike: frozen, engineLives: true},
	{name: "server restart fast", strike: restartFast, own: true},
	{name: "server restart immediate", strike: restartImmediate, own: true},
	{name: "failover, nothing lost", strike: failover, own: true, standby: true},
	{name: "failover, lost what came last", strike: failover, own: true, standby: true, loses: true},
}

// TestCrashTable breaks a run at each moment in each way, with the real program,
// its engine, its run folder and a real server. The next belay must name what is
// true and offer the right step, and going on must end with each effect once.
func TestCrashTable(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if s := os.Getenv("BELAY_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("BELAY_SEED=%d", seed)
	cells := cellsOf(seed)
	// The slow ones first: most of a cell is waiting.
	slices.SortStableFunc(cells, func(a, b pair) int { return b.f.weight() - a.f.weight() })
	work := make(chan pair)
	var workers sync.WaitGroup
	for range crashWorkers {
		workers.Go(func() {
			for p := range work {
				t.Run(fmt.Sprintf("%s/%s", p.m.name, p.f.name), func(t *testing.T) {
					rnd := rand.New(rand.NewPCG(seed, uint64(len(p.m.name)*100+len(p.f.name))))
					newCell(t, p.m, p.f, rnd).play()
				})
			}
		})
	}
	for _, p := range cells {
		work <- p
	}
	close(work)
	workers.Wait()
}

// pair is one cell of the table.
type pair struct {
	m moment
	f fault
}

// cellsOf is the whole table in the long form, else two moments, each with a fault
// of its own, by the seed: BELAY_SEED=n takes the same again.
func cellsOf(seed uint64) (cells []pair) {
	if dbtest.Long() {
		for _, m := range moments {
			for _, f := range faults {
				cells = append(cells, pair{m, f})
			}
		}
		return cells
	}
	draw := rand.New(rand.NewPCG(seed, 2))
	order := draw.Perm(len(faults))
	for i, m := range draw.Perm(len(moments))[:crashCells] {
		cells = append(cells, pair{moments[m], faults[order[i]]})
	}
	return cells
}

// crashCells is how many cells the short form draws.
const crashCells = 2

// crashWorkers is how many cells are played at once.
const crashWorkers = 6

// play breaks the run, asks the next belay, goes on to the end, and holds all
// that was said against the database.
func (c *cell) play() {
	c.begin()
	c.fault.strike(c)
	c.settle()
	c.checkStatus()
	c.next()
	c.unblock()
	c.goOn()
	c.checkEnd()
}

// expected is the truth that the fault leaves.
func (c *cell) expected() string {
	switch {
	case c.fault.loses:
		return notApplied
	case c.watched() && c.over():
		return c.truth()
	case c.moment.outlives && c.fault.sessionOutlives:
		return running
	case (c.fault.engineLives || c.moment.unrecorded) && c.over():
		return c.truth() // it went on meanwhile; what came of it is read
	}
	return c.moment.truth
}

// checkStatus holds `belay status` against what is left.
func (c *cell) checkStatus() {
	out, code := c.belay("status", "--output", "json")
	if open := c.open(); open != c.listed(out, code) {
		c.t.Errorf("status lists the run: %v, it is open: %v\n%s", !open, open, out)
	}
}

// next is the next belay after the fault: it names what is true, and where a
// person has to decide it asks the right question.
func (c *cell) next() {
	if !c.moment.outlives {
		c.unblock() // nothing of the unit lives that waits for it
	}
	c.await("what is left", func() bool { return c.truth() == c.expected() })
	truth := c.expected()
	if c.over() {
		if said := c.said(0); said != truth && said != "unknown" && (said != running || !c.moment.outlives) {
			c.t.Errorf("it said %q, the truth is %q", said, truth)
		}
	}
	if !c.open() || !c.ended() {
		return
	}
	next := "run.resolve = \"leave\"\n"
	if c.fault.standby {
		c.asksForTheAddress(c.answers("next.toml", next))
		next += "target.address = \"yes\"\n"
	}
	from := c.events()
	out, code := c.belay("attach", c.run(), "--answers", c.answers("next.toml", next))
	if c.fault.loses {
		if code != 5 || !c.has(from, `"outcome":"lost"`) {
			c.t.Errorf("a lost unit was not named: exit %d\n%s", code, out)
		}
		return
	}
	said := c.said(from)
	if said == "" {
		said = c.said(0) // it was known already
	}
	if said != truth {
		c.t.Errorf("the next belay said %q, the truth is %q: exit %d\n%s", said, truth, code, out)
	}
	for question, wanted := range map[string]bool{
		"run.resolve":        truth == running,
		"index.drop_invalid": truth != running && c.invalid() && !c.fault.standby,
		"target.timeline":    c.fault.standby,
	} {
		if asked := c.has(from, `"kind":"question.asked".*"`+question+`"`); asked != wanted {
			c.t.Errorf("%s asked: %v, want %v\n%s", question, asked, wanted, out)
		}
	}
}

// asksForTheAddress expects that a promoted standby is not taken for the server
// that was confirmed.
func (c *cell) asksForTheAddress(answers string) {
	from := c.events()
	if out, code := c.belay("attach", c.run(), "--answers", answers); code != 4 ||
		!c.has(from, `"kind":"question.asked".*"target.address"`) {
		c.t.Errorf("the address was not asked for: exit %d\n%s", code, out)
	}
}

// goOn runs the same command until it is done. Nobody answers but the file.
func (c *cell) goOn() {
	all := c.answers("all.toml", `run.resolve = "wait"
run.lost = "again"
run.go_on = "yes"
index.drop_invalid = "yes"
target.timeline = "yes"
target.address = "yes"
`)
	var out string
	for range 5 {
		if c.awaitEngine(); c.finished() {
			return
		}
		var code int
		if out, code = c.belay("run", "--answers", all, "--output", "json"); code == 0 {
			c.awaitEngine()
			return
		}
	}
	c.t.Fatalf("it does not come to its end:\n%s", out)
}

// checkEnd counts the effects.
func (c *cell) checkEnd() {
	c.proxy.CutAll() // what was left half-open is no session of belay's any more
	want := "2,3,4"
	if c.moment.files == build {
		want = "2,4"
		if n := c.db.Count(c.t, `pg_index WHERE indexrelid = to_regclass('orders_total') AND indisvalid`); n != 1 {
			c.t.Errorf("%d valid indexes, want 1", n)
		}
	}
	if got := dbtest.QueryVal[string](c.t, c.db,
		`SELECT coalesce(string_agg(n::text, ',' ORDER BY n), '') FROM effects`); got != want {
		c.t.Errorf("effects %s, want %s: each once", got, want)
	}
	if got := dbtest.QueryVal[string](c.t, c.db,
		`SELECT version || '/' || dirty FROM schema_migrations`); got != "4/false" {
		c.t.Errorf("history row %s", got)
	}
	c.await("the end of belay's sessions", func() bool {
		return c.db.Count(c.t,
			`pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'belay/%'`) == 0
	})
}

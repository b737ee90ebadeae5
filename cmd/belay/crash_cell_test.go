package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"belay/db/dbtest"
	"belay/db/scratch"
	"belay/steps/engine"
	"belay/steps/journal"
)

// moment is where a unit is when something breaks.
type moment struct {
	name  string
	files string // what the unit in hand does
	truth string
	// outlives is true where the server goes on although the session's client is gone.
	outlives bool
	// unrecorded is true where only the history row is missing: an engine that finds
	// that out itself writes it.
	unrecorded bool
	// reach arms the moment and returns how to wait for it.
	reach func(*cell) (arrived func())
}

// The unit in hand, between two that are plain.
const (
	quick = "INSERT INTO effects VALUES (3);\nALTER TABLE orders ADD COLUMN note text;"
	gated = "INSERT INTO effects VALUES (3);\nALTER TABLE orders ADD COLUMN note text DEFAULT gated(1);"
	build = "CREATE INDEX CONCURRENTLY orders_total ON orders (total);"
)

const crashSchema = `CREATE TABLE orders (id bigint PRIMARY KEY, total int); INSERT INTO orders SELECT n, n FROM generate_series(1, 20) n;
CREATE TABLE effects (n int);
CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (1, false);
CREATE FUNCTION gated(n int) RETURNS text LANGUAGE plpgsql AS $$ BEGIN WHILE NOT pg_try_advisory_xact_lock_shared(7) LOOP PERFORM pg_sleep(0.02); END LOOP; RETURN n; END $$`

const crashAnswers = `target.environment = "local"
run.confirm = "yes"
run.hold = "40s"
backup.choice = "none"
rehearse.choice = "none"
monitor.waive = "not what this is about"
review.accept.add-col-volatile-default = "quiet"
`

// cell is one moment with one fault.
type cell struct {
	t      *testing.T
	moment moment
	fault  fault
	rnd    *rand.Rand

	cluster, standby *scratch.Cluster // nil: the shared one
	db               *dbtest.DB
	proxy            *dbtest.Proxy
	dir, runs, mark  string
	environ          []string
	front            *exec.Cmd
	frontSaid        bytes.Buffer
	frontEnded       chan struct{}
	release          []func()
	// pass lets go of the message that a moment holds.
	pass func()
}

func newCell(t *testing.T, m moment, f fault, rnd *rand.Rand) *cell {
	c := &cell{t: t, moment: m, fault: f, rnd: rnd, dir: t.TempDir(), pass: func() {}}
	name := fmt.Sprintf("crash_%d", stories.Add(1))
	if f.own {
		c.cluster = dbtest.NewCluster(t, scratch.Options{Durable: true, Settings: f.settings})
		c.db = dbtest.In(t, c.cluster, name)
	} else {
		c.db = dbtest.Named(t, name)
	}
	c.db.Exec(t, crashSchema)
	if f.standby {
		var err error
		if c.standby, err = c.cluster.Standby(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	c.proxy = dbtest.NewProxy(t, c.db.DSN)
	c.runs = filepath.Join(c.dir, "state", "belay", "runs")
	c.mark = fmt.Sprintf("%s=%s.%d", storyMark, name, os.Getpid()) // of this test binary alone
	c.environ = append(os.Environ(), c.mark, "DATABASE_URL="+c.proxy.DSN, "HOME="+c.dir,
		"XDG_STATE_HOME="+filepath.Join(c.dir, "state"), "XDG_CONFIG_HOME="+filepath.Join(c.dir, "config"))
	t.Cleanup(func() {
		c.unblock()
		nothingLeft(t, c.mark, c.runs)
		if t.Failed() {
			t.Logf("the front end said:\n%s\nthe journal:\n%s", c.frontSaid.String(), c.journal())
		}
	})
	for path, text := range map[string]string{
		"000001_base.up.sql": "SELECT 1;", "000002_first.up.sql": "INSERT INTO effects VALUES (2);",
		"000003_hand.up.sql": m.files, "000004_last.up.sql": "INSERT INTO effects VALUES (4);",
	} {
		c.write(filepath.Join("work", "migrations", path), text)
	}
	return c
}

func (c *cell) write(path, text string) string {
	path = filepath.Join(c.dir, path)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// answers writes an answers file.
func (c *cell) answers(name, more string) string { return c.write(name, crashAnswers+more) }

// begin runs the migrations until the moment is reached.
func (c *cell) begin() {
	if c.fault.loses {
		c.stopReplication()
	}
	arrived := c.moment.reach(c)
	c.launch(c.answers("first.toml", ""))
	arrived()
}

// launch starts a run with its front end.
func (c *cell) launch(answers string) {
	front, ended := c.command("run", "--answers", answers, "--output", "json"), make(chan struct{})
	c.front, c.frontEnded = front, ended
	c.frontSaid.Reset()
	front.Stdout, front.Stderr = &c.frontSaid, &c.frontSaid
	if err := front.Start(); err != nil {
		c.t.Fatal(err)
	}
	go func() { defer close(ended); _ = front.Wait() }()
	c.t.Cleanup(func() { _ = front.Process.Kill(); <-ended })
}

func (c *cell) command(args ...string) *exec.Cmd {
	program, err := exec.LookPath("belay")
	if err != nil {
		c.t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Args[0], cmd.Dir, cmd.Env = "belay", filepath.Join(c.dir, "work"), c.environ
	return cmd
}

// belay runs a command to its end.
func (c *cell) belay(args ...string) (out string, exit int) {
	b, err := c.command(args...).CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		c.t.Fatal(err)
	}
	if ended != nil {
		exit = ended.ExitCode()
	}
	c.t.Logf("belay %s: exit %d", strings.Join(args, " "), exit)
	return string(b), exit
}

// onExecutor calls f for each message of the run's executor sessions, with what
// the session ran before.
func (c *cell) onExecutor(f func(m dbtest.Message, ran string) dbtest.Action) {
	var mu sync.Mutex
	ran := map[int]string{}
	c.proxy.Hook(func(m dbtest.Message) dbtest.Action {
		mu.Lock()
		before, ours := ran[m.Conn]
		switch {
		case m.Type == 1 && bytes.Contains(m.Body, []byte("/run\x00")): // Startup
			ran[m.Conn] = ""
		case ours && m.Type == 'E':
			ran[m.Conn] += m.SQL + "\n"
		}
		mu.Unlock()
		if !ours {
			return dbtest.Pass
		}
		return f(m, before)
	})
}

// heldAt holds the session at a statement that it sends after it ran another.
func heldAt(after, statement string) func(*cell) func() {
	return func(c *cell) func() {
		arrived, let := make(chan struct{}), make(chan struct{})
		var once sync.Once
		c.pass = sync.OnceFunc(func() { close(let) })
		c.onExecutor(func(m dbtest.Message, ran string) dbtest.Action {
			if m.SQL == statement && strings.Contains(ran, after) {
				once.Do(func() { close(arrived); <-let })
			}
			return dbtest.Pass
		})
		return func() { c.awaitClosed("the moment", arrived) }
	}
}

// unheard lets a statement through and none of the server's answers to it.
func unheard(after, statement string) func(*cell) func() {
	return func(c *cell) func() {
		arrived := make(chan struct{})
		var once sync.Once
		c.onExecutor(func(m dbtest.Message, ran string) dbtest.Action {
			act := dbtest.Pass
			if m.Type == 'E' && m.SQL == statement && strings.Contains(ran, after) {
				once.Do(func() { close(arrived); act = dbtest.MuteAfter })
			}
			return act
		})
		return func() {
			c.awaitClosed("the moment", arrived)
			c.await("the commit", func() bool { return c.truth() == applied })
		}
	}
}

// blockedBy keeps the unit waiting behind another session, or a gate.
func blockedBy(block, statement string) func(*cell) func() {
	return func(c *cell) func() {
		_, release := c.db.Blocker(c.t, block)
		c.release = append(c.release, release)
		return func() {
			waits := "wait_event_type = 'Lock'"
			if c.moment.files == gated {
				waits = "true"
			}
			c.await("the moment", func() bool {
				return c.db.Count(c.t, `pg_stat_activity WHERE state = 'active' AND application_name LIKE 'belay/%/run'
					AND datname = current_database() AND query LIKE '`+statement+`%' AND `+waits) == 1
			})
		}
	}
}

// unblock lets everybody go that stands in the way.
func (c *cell) unblock() {
	c.pass()
	for _, release := range c.release {
		release()
	}
	c.release = nil
}

// patience is longer than any limit of belay's.
const patience = 3 * time.Minute

func (c *cell) await(what string, cond func() bool) {
	c.t.Helper()
	if !dbtest.Poll(patience, cond) {
		c.t.Fatalf("waited %s for %s", patience, what)
	}
}

func (c *cell) awaitClosed(what string, ch <-chan struct{}) {
	c.await(what, func() bool {
		select {
		case <-ch:
			return true
		default:
			return false
		}
	})
}

// truth asks the database what is true of the unit in hand.
func (c *cell) truth() string {
	work := c.db.Count(c.t, `pg_stat_activity WHERE state = 'active' AND application_name LIKE 'belay/%/run'
		AND datname = current_database() AND query LIKE 'CREATE INDEX%'`)
	recorded := c.db.Count(c.t, `schema_migrations WHERE version >= 3 AND NOT dirty`)
	switch {
	case work > 0:
		return running
	case recorded > 0:
		return applied
	}
	return notApplied
}

// invalid reports whether a build left an INVALID index.
func (c *cell) invalid() bool {
	return c.db.Count(c.t, `pg_index WHERE indexrelid = to_regclass('orders_total') AND NOT indisvalid`) > 0
}

// folder is the newest run's.
func (c *cell) folder() string { return (&story{state: c.runs}).newest() }

func (c *cell) run() string { return engine.RunID(c.folder()) }

func (c *cell) known() (k engine.Whole, ok bool) {
	if c.folder() == "" {
		return k, false
	}
	k, err := engine.ReadRun(c.folder())
	return k, err == nil
}

// open, over and finished say where the newest run stands: it has something left;
// its engine said its last word; that word was a good one.
func (c *cell) open() bool { k, ok := c.known(); return ok && k.Open() }
func (c *cell) over() bool { k, ok := c.known(); return ok && k.Run.Finished != nil && !k.Live }
func (c *cell) finished() bool {
	k, ok := c.known()
	return ok && k.Run.Finished != nil && k.Run.Finished.Exit == 0
}

// ended reports whether no engine works on the run.
func (c *cell) ended() bool { return !journal.Held(c.folder()) }

func (c *cell) awaitEngine() { c.await("the engine's end", c.ended) }

func (c *cell) lines() []string {
	if c.folder() == "" {
		return nil
	}
	b, _ := os.ReadFile(filepath.Join(c.folder(), journal.FileName))
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

func (c *cell) events() int { return len(c.lines()) }

func (c *cell) journal() string {
	var keep []string
	for _, l := range c.lines() {
		if !strings.Contains(l, `"kind":"sample"`) && !strings.Contains(l, `"kind":"fact"`) {
			keep = append(keep, l)
		}
	}
	return strings.Join(keep, "\n")
}

func (c *cell) has(from int, pattern string) bool {
	return regexp.MustCompile(pattern).MatchString(strings.Join(c.lines()[from:], "\n"))
}

// said is what was said of the unit in hand: of a life that began at an event
// its first word, of the whole journal its last.
func (c *cell) said(from int) string {
	said := ""
	for _, l := range c.lines()[from:] {
		var e struct{ Kind, Version, Outcome string }
		if json.Unmarshal([]byte(l), &e) != nil || e.Version != "3" {
			continue
		}
		switch e.Kind {
		case "unit.applied":
			said = applied
		case "unit.ended", "unit.probed":
			said = e.Outcome
		default:
			continue
		}
		if from > 0 {
			return said
		}
	}
	return said
}

func (c *cell) listed(status string, code int) bool {
	var doc statusDoc
	if err := json.NewDecoder(strings.NewReader(status)).Decode(&doc); err != nil { // an error may follow it
		c.t.Fatalf("status: exit %d: %v: %s", code, err, status)
	}
	if (doc.stops() || doc.unreached()) != (code == 1) || code > 1 {
		c.t.Errorf("status: exit %d, something stops: %v\n%s", code, doc.stops(), status)
	}
	return len(doc.Runs) > 0
}

func (c *cell) signal(s syscall.Signal) {
	pid, err := engine.OwnerPID(c.folder())
	if err == nil {
		err = syscall.Kill(pid, s)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

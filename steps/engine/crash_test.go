package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/state"
)

// dieVariable tells an engine of these tests at which event it ends, by SIGKILL:
// "before 37" or "after 37". Only this test binary reads it.
const dieVariable = "BELAY_TEST_DIE"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Subcommand {
		code, err := serve(context.Background(), dying(os.Getenv(dieVariable)))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code)
	}
	dbtest.Main(m)
}

// dying is the usual patience with a death at one event.
func dying(when string) patience {
	p := usual
	side, n, ok := strings.Cut(when, " ")
	if !ok {
		return p
	}
	seen := 0
	hook := func(journal.Kind) {
		if seen++; fmt.Sprint(seen) == n {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	if side == "before" {
		p.writing = hook
	} else {
		p.written = hook
	}
	return p
}

// bench is a folder, a database and homes for one test.
type bench struct {
	t     *testing.T
	db    *dbtest.DB
	dir   string
	order Order
}

func newBench(t *testing.T, files map[string]string) *bench {
	t.Helper()
	b := &bench{t: t, db: dbtest.New(t), dir: t.TempDir()}
	t.Setenv("XDG_STATE_HOME", filepath.Join(b.dir, "state"))
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(b.dir, "config"))
	work := filepath.Join(b.dir, "work")
	for name, text := range files {
		path := filepath.Join(work, "migrations", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.order = Order{
		Dir: work, DSN: b.db.DSN, Headless: true, By: "tester",
		Answers: map[string]string{"target.environment": "local", "run.confirm": "yes", "history.create": "yes", "run.resolve": "wait"},
	}
	return b
}

// start starts an engine process that dies as told, and waits for its end.
func (b *bench) start(die string) *state.Run {
	b.t.Helper()
	b.t.Setenv(dieVariable, die)
	o, lives := b.order, 1
	if k, ok := b.left(); ok {
		o.Folder, o.Resume = k.Folder, true
		lives += b.lives(k.Folder)
	} else {
		folder, err := NewFolder()
		if err != nil {
			b.t.Fatal(err)
		}
		o.Folder = folder
	}
	presence, err := journal.Arrive(o.Folder)
	if err != nil {
		b.t.Fatal(err)
	}
	defer presence.Leave()
	if err := Start(o); err != nil {
		b.t.Fatal(err)
	}
	return b.follow(o.Folder, lives)
}

// lives counts the engines that a journal has had.
func (b *bench) lives(folder string) int {
	events, err := journal.Read(filepath.Join(folder, journal.FileName))
	if err != nil {
		b.t.Fatal(err)
	}
	n := 0
	for _, e := range events {
		if e.Kind == "engine.started" {
			n++
		}
	}
	return n
}

// follow reads until the engine of the given life is gone. An engine that ends
// before its first event leaves nothing to wait for.
func (b *bench) follow(folder string, lives int) *state.Run {
	b.t.Helper()
	path := filepath.Join(folder, journal.FileName)
	dbtest.WaitFor(b.t, "the journal", func() bool {
		_, err := os.Stat(path)
		return err == nil || !exists(folder)
	})
	f, err := journal.Follow(path)
	if errors.Is(err, os.ErrNotExist) {
		return state.New()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	r := state.New()
	dbtest.WaitFor(b.t, "the engine's end", func() bool {
		for {
			e, ok, err := f.Poll()
			if err != nil {
				b.t.Fatal(err)
			}
			if !ok {
				break
			}
			if err := r.Apply(e); err != nil {
				b.t.Fatal(err)
			}
			if e.Kind == "engine.started" {
				lives--
			}
			if r.Opened != nil {
				folder = r.Opened.Folder
			}
		}
		return lives <= 0 && !journal.Held(folder) && gone(r.Engine.PID)
	})
	return r
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || zombie(pid) }

func zombie(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(b), ") Z ")
}

// left is the open run, if the death left one.
func (b *bench) left() (Known, bool) {
	all, err := Runs()
	if err != nil {
		b.t.Fatal(err)
	}
	for _, k := range all {
		if k.Open() {
			return k, true
		}
	}
	return Known{}, false
}

// counted are two migrations whose effects can be counted: run twice, they show.
var counted = map[string]string{
	"000001_one.up.sql": "INSERT INTO effects VALUES (1);\nALTER TABLE effects ADD COLUMN note text;",
	"000002_two.up.sql": "INSERT INTO effects (n) VALUES (2);",
}

// TestEngineEndsAtEveryEvent ends the engine by SIGKILL before and after each
// event of a run, then takes the run up again: nothing is lost, nothing is
// doubled, and what is reported is what is there.
func TestEngineEndsAtEveryEvent(t *testing.T) {
	if testing.Short() {
		t.Skip("about a hundred engines")
	}
	total := eventsOfARun(t)
	t.Logf("a run has %d events", total)
	for n := 1; n <= total; n++ {
		for _, side := range []string{"before", "after"} {
			if n == 1 && side == "before" {
				continue // nothing is written yet that could be lost
			}
			t.Run(fmt.Sprintf("%s_%d", side, n), func(t *testing.T) { dieAndResume(t, fmt.Sprintf("%s %d", side, n)) })
		}
	}
}

func eventsOfARun(t *testing.T) int {
	b := newBench(t, counted)
	b.db.Exec(t, "CREATE TABLE effects (n int)")
	r := b.start("")
	if r.Finished == nil || r.Finished.Exit != steps.ExitDone {
		t.Fatalf("a plain run: %+v\n%v", r.Finished, r.Log)
	}
	return int(r.Seq)
}

func dieAndResume(t *testing.T, die string) {
	b := newBench(t, counted)
	b.db.Exec(t, "CREATE TABLE effects (n int)")
	b.start(die)
	var r *state.Run
	for range 3 {
		if r = b.start(""); r.Finished != nil && r.Finished.Exit == steps.ExitDone {
			break
		}
	}
	if r.Finished == nil || r.Finished.Exit != steps.ExitDone {
		t.Fatalf("taken up again: %+v\n%v", r.Finished, r.Log)
	}
	got := dbtest.QueryVal[string](t, b.db, "SELECT string_agg(n::text, ',' ORDER BY n) FROM effects")
	if got != "1,2" {
		t.Errorf("effects %q, want each once", got)
	}
	if v := dbtest.QueryVal[string](t, b.db, "SELECT version || '/' || dirty FROM schema_migrations"); v != "2/false" {
		t.Errorf("history row %s", v)
	}
}

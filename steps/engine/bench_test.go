package engine

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/state"
)

// bench is a folder, a database and homes for one test. Its engines are
// processes with an environment of their own, so that tests run side by side.
type bench struct {
	t       *testing.T
	db      *dbtest.DB
	dir     string
	runs    string
	environ []string
	order   Order
	// pids are the engines that this test has seen.
	pids map[int]bool
}

func newBench(t *testing.T, files map[string]string) *bench {
	t.Helper()
	return benchOn(t, dbtest.New(t), files)
}

// benchOn is a folder and homes of their own for a database, as another host has
// them.
func benchOn(t *testing.T, d *dbtest.DB, files map[string]string) *bench {
	t.Helper()
	b := &bench{t: t, db: d, dir: t.TempDir(), pids: map[int]bool{}}
	state := filepath.Join(b.dir, "state")
	b.runs = filepath.Join(state, "belay", "runs")
	b.environ = append(os.Environ(), "XDG_STATE_HOME="+state, "XDG_CONFIG_HOME="+filepath.Join(b.dir, "config"))
	work := filepath.Join(b.dir, "work")
	for _, d := range []string{b.runs, filepath.Join(work, "migrations")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(work, "migrations", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.order = Order{
		Dir: work, DSN: b.db.DSN, Headless: true, By: "tester",
		Answers: map[string]string{"target.environment": "local", "run.confirm": "yes", "history.create": "yes",
			"run.resolve":   "wait",
			"backup.choice": "none", "rehearse.choice": "none", "monitor.waive": "not what this test is about"},
	}
	t.Cleanup(b.nothingLeft)
	return b
}

// nothingLeft fails a test that leaves an engine alive. It is ended all the
// same: the test's folders go now.
func (b *bench) nothingLeft() {
	for pid := range b.pids {
		if !dbtest.Gone(pid) {
			b.t.Errorf("engine %d is still alive", pid)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// engine starts an engine process, with more variables where a test wants some,
// and waits for its end.
func (b *bench) engine(variables ...string) *state.Run {
	b.t.Helper()
	l := b.start(variables...)
	defer l.leave()
	return l.end()
}

// toTheEnd takes the run up until it is applied.
func (b *bench) toTheEnd() *state.Run {
	b.t.Helper()
	var r *state.Run
	for range 3 {
		if r = b.engine(); r.Finished != nil && r.Finished.Exit == steps.ExitDone {
			return r
		}
	}
	b.t.Fatalf("taken up again: %+v\n%v", r.Finished, r.Log)
	return nil
}

// life is one engine process of a bench, and what it tells.
type life struct {
	b        *bench
	folder   string
	follower *journal.Follower
	// lives is how many engines of this folder are still to begin.
	lives int
	run   *state.Run
	// presence is this test's word that it watches; said counts what it has said.
	presence *journal.Presence
	said     int64
}

// start starts an engine process on the open run, or on a new look, and watches it.
func (b *bench) start(variables ...string) *life {
	b.t.Helper()
	o, l := b.order, &life{b: b, lives: 1, run: state.New()}
	if k, ok := b.left(); ok {
		o.Folder, o.Resume = k.Folder, true
		l.lives += b.lives(k.Folder)
	} else {
		folder, err := newFolderIn(b.runs)
		if err != nil {
			b.t.Fatal(err)
		}
		o.Folder = folder
	}
	l.folder = o.Folder
	var err error
	if l.presence, err = journal.Arrive(l.folder); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(l.leave)
	if _, err := start(o, append(b.environ[:len(b.environ):len(b.environ)], variables...)); err != nil {
		b.t.Fatal(err)
	}
	path := filepath.Join(o.Folder, journal.FileName)
	dbtest.WaitFor(b.t, "the journal", func() (there bool) {
		if l.follower == nil {
			l.follower, _ = journal.Follow(path)
		}
		return l.follower != nil || !exists(o.Folder)
	})
	if l.follower != nil {
		b.t.Cleanup(func() { _ = l.follower.Close() })
	}
	return l
}

// leave ends the watching without a word, as a lost terminal does.
func (l *life) leave() { _ = l.presence.Leave() }

// send puts a message into the inbox.
func (l *life) send(m journal.Message) {
	l.b.t.Helper()
	m.Life = l.run.Began
	if l.said++; m.Screen == "" {
		m.Screen, m.N = l.presence.Screen, l.said
	}
	if err := journal.Send(l.folder, m); err != nil {
		l.b.t.Fatal(err)
	}
}

// until reads on until cond holds.
func (l *life) until(what string, cond func(*state.Run) bool) *state.Run {
	l.b.t.Helper()
	dbtest.WaitFor(l.b.t, what, func() bool { l.read(); return cond(l.run) })
	return l.run
}

// end reads on until the engine is gone.
func (l *life) end() *state.Run {
	l.b.t.Helper()
	if l.follower == nil {
		return l.run // it ended before its first event
	}
	return l.until("the engine's end", func(r *state.Run) bool {
		return l.lives <= 0 && !journal.Held(l.folder) && dbtest.Gone(r.Engine.PID)
	})
}

func (l *life) read() {
	for {
		e, ok, err := l.follower.Poll()
		if err != nil {
			l.b.t.Fatal(err)
		}
		if !ok {
			return
		}
		if err := l.run.Apply(e); err != nil {
			l.b.t.Fatal(err)
		}
		if e.Kind == "engine.started" {
			l.lives--
			l.b.pids[l.run.Engine.PID] = true
		}
		if l.run.Opened != nil {
			l.folder = l.run.Opened.Folder
		}
	}
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

// left is the open run, if there is one.
func (b *bench) left() (Known, bool) {
	all, err := new(shelf).runsIn(b.runs)
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

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

package main

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/creack/pty"

	"belay/db/dbtest"
	"belay/steps/engine"
	"belay/steps/journal"
)

// stay is where a run is when its terminal ends.
type stay struct {
	name string
	// reached is what the journal has by then, as a regular expression. From then on the
	// engine hears nothing more: not from the server, not from the application, and not
	// from the program that gate names with an argument.
	reached string
	gate    [2]string
	// without are answers that the first command does not have, with are more of them.
	without []string
	with    map[string]string
	// screen is true where nothing is answered and a person looks at the screen.
	screen bool
	// works is true where the look goes on although its screen is gone, confirmed where
	// the run has begun.
	works, confirmed bool
}

// wayOut is how a terminal ends.
type wayOut struct {
	name string
	end  func(*terminal) error
}

var waysOut = []wayOut{
	{"SIGHUP", func(x *terminal) error { return x.cmd.Process.Signal(syscall.SIGHUP) }},
	{"pty closed", func(x *terminal) error { return x.master.Close() }},
	{"SIGKILL", func(x *terminal) error { return x.cmd.Process.Kill() }},
}

// endAnswers are what is answered where a stay does not say otherwise.
var endAnswers = map[string]string{
	"target.environment": "local", "run.confirm": "yes", "backup.choice": "none", "rehearse.choice": "none",
	"monitor.waive": "not what this is about", "smoke.waive": "not what this is about",
}

// endCell is a stay whose terminal ends in one way.
type endCell struct {
	*cell
	stay    stay
	out     wayOut
	reached *regexp.Regexp
	url     string   // the application's
	bin     string   // the server's programs, of which one waits
	said    []string // the line of the table
	// left is set once the terminal has ended: commands that come after have sessions of
	// their own.
	left atomic.Bool

	searching sync.Mutex // guards below
	searched  int
	here      bool
}

// newEndCell begins nothing yet.
func newEndCell(c *cell, s stay, w wayOut) *endCell {
	e := &endCell{cell: c, stay: s, out: w, reached: regexp.MustCompile("(?s)" + s.reached)}
	let := make(chan struct{})
	e.pass = sync.OnceFunc(func() { close(let) })
	e.holdAnswers(let)
	app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if e.arrived() {
			<-let
		}
	}))
	e.url = app.URL
	c.t.Cleanup(app.Close)
	c.t.Cleanup(func() { e.pass() })
	if s.gate[0] != "" {
		e.bin = gatedPrograms(c.t, c.db.Cluster().Binaries().Dir, s.gate[0], s.gate[1])
	}
	return e
}

// holdAnswers keeps what the engine sends once it has arrived, until it is let go. The
// sessions of commands that come after pass.
func (e *endCell) holdAnswers(let <-chan struct{}) {
	var mu sync.Mutex
	passes := map[int]bool{}
	e.proxy.Hook(func(m dbtest.Message) dbtest.Action {
		mu.Lock()
		if _, met := passes[m.Conn]; !met {
			passes[m.Conn] = e.left.Load() || e.stay.gate[0] != ""
		}
		waits := !passes[m.Conn] && e.arrived()
		mu.Unlock()
		if waits {
			<-let
		}
		return dbtest.Pass
	})
}

// story is what all journals have, of looks and of runs.
func (e *endCell) story() string {
	var all strings.Builder
	paths, _ := filepath.Glob(filepath.Join(e.runs, "*", journal.FileName))
	looks, _ := filepath.Glob(filepath.Join(e.runs, ".look-*", journal.FileName))
	for _, path := range append(paths, looks...) {
		b, _ := os.ReadFile(path)
		all.Write(b)
	}
	return all.String()
}

// arrived reports whether the moment has come. It is asked with every message: what has
// not grown is not searched again.
func (e *endCell) arrived() bool {
	e.searching.Lock()
	defer e.searching.Unlock()
	if story := e.story(); !e.here && len(story) != e.searched {
		e.here, e.searched = e.reached.MatchString(story), len(story)
	}
	return e.here
}

// given writes the answers of a command: all of them, or those of the first.
func (e *endCell) given(name string, all bool) string {
	m := maps.Clone(endAnswers)
	maps.Copy(m, e.stay.with)
	if _, asks := m["smoke.url"]; asks {
		delete(m, "smoke.waive")
		m["smoke.url"] = e.url
	}
	if all {
		m["run.go_on"] = "yes"
	} else {
		maps.DeleteFunc(m, func(id, _ string) bool { return slices.Contains(e.stay.without, id) })
	}
	var text strings.Builder
	for _, id := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&text, "%s = %q\n", id, m[id])
	}
	return e.write(name, text.String())
}

// program are the arguments that name the programs, where they are not the usual ones.
func (e *endCell) program(args ...string) []string {
	if e.bin != "" {
		args = append(args, "--pg-bin", e.bin)
	}
	return args
}

// play ends the terminal, looks at what is left, and goes on to the end.
func (e *endCell) play() {
	args := e.program("run", "--answers", e.given("first.toml", false))
	if e.stay.screen {
		args = []string{"run"}
	}
	if slices.Contains(e.stay.without, "monitor.waive") {
		e.write(filepath.Join("work", "belay.toml"), "[monitor]\nminutes = 10\n")
	}
	cmd := e.command(args...)
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	x, err := openTerminal(cmd, &pty.Winsize{Cols: 120, Rows: 40})
	if err != nil {
		e.t.Fatal(err)
	}
	ended := sync.OnceFunc(func() { _ = x.master.Close(); <-x.drained })
	e.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		ended()
		if e.t.Failed() {
			e.t.Logf("the screen:\n%s\nall journals:\n%s", x.vt, e.story())
		}
	})
	e.await("the moment", func() bool { return e.arrived() || len(x.ended) == 1 })
	if !e.arrived() {
		e.t.Fatal("belay ended before it")
	}
	if err := e.out.end(x); err != nil && !errors.Is(err, os.ErrProcessDone) {
		e.t.Fatal(err)
	}
	e.left.Store(true)
	e.await("the end of the screen", func() bool { return len(x.ended) == 1 })
	ended()
	e.while()
	e.pass()
	if e.bin != "" {
		if err := os.WriteFile(filepath.Join(e.bin, e.stay.gate[0]+".open"), nil, 0o600); err != nil {
			e.t.Fatal(err)
		}
	}
	e.next()
	e.whole()
	e.checkEnd()
}

// while holds what is left against the stay, before anything goes on.
func (e *endCell) while() {
	if !e.stay.confirmed && !e.stay.works {
		e.await("the end of the look", func() bool { return e.story() == "" && len(marked(e.mark)) == 0 })
		e.whole()
		e.status("nothing is left, nothing was done")
		return
	}
	e.await("its engine to miss the screen", func() bool {
		return strings.Contains(e.story(), `"kind":"screen.lost"`) || strings.Contains(e.story(), `"kind":"run.finished"`)
	})
	e.whole()
	if e.stay.works {
		e.status("a look that works")
		return
	}
	e.status("a run")
}

// status asks `belay status`, and keeps what it says for the table.
func (e *endCell) status(want string) {
	before := e.open()
	out, code := e.belay("status", "--output", "json")
	listed := e.listed(out, code)
	left := strings.Contains(out, "look, not confirmed")
	switch want {
	case "a run":
		k, ok := e.known()
		if !ok || listed != k.Open() && listed != before { // it may end meanwhile
			e.t.Fatalf("status lists the run: %v, there is one: %v\n%s", listed, ok, out)
		}
		want = fmt.Sprintf("run, live %v, left %v", k.Live, k.Open())
	case "a look that works":
		if !left {
			e.t.Errorf("status does not name the work:\n%s", out)
		}
	default:
		if listed {
			e.t.Errorf("status lists what is not there:\n%s", out)
		}
	}
	e.said = append(e.said, want)
}

// whole finds no dump that has the name of a whole one and is none, and no piece that
// nobody makes.
func (e *endCell) whole() {
	folder := filepath.Join(e.dir, "state", "belay", "backups")
	_ = filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil
		case strings.HasSuffix(path, ".partial") && len(marked(e.mark)) == 0:
			e.t.Errorf("%s is left and nobody makes it", path)
		case strings.HasSuffix(path, ".dump"):
			if out, err := exec.Command(filepath.Join(e.db.Cluster().Binaries().Dir, "pg_restore"), "--list",
				path).CombinedOutput(); err != nil {
				e.t.Errorf("%s is named as whole: %v: %s", path, err, out)
			}
		}
		return nil
	})
}

// next is what a person does then: what belay says is left is gone on with.
func (e *endCell) next() {
	all := e.given("all.toml", true)
	for range 6 {
		e.await("its engine", func() bool { return e.idle() })
		if e.done() {
			return
		}
		args := []string{"run", "--answers", all, "--output", "json"}
		if id := e.look(); id != "" {
			args = []string{"attach", id, "--answers", all}
		} else if k, ok := e.known(); ok && k.Live {
			args = []string{"stop", k.ID}
		} else {
			args = e.program(args...)
		}
		out, code := e.belay(args...)
		e.said = append(e.said, fmt.Sprintf("%s: %d", args[0], code))
		if code > 5 || code == 2 {
			e.t.Fatalf("belay %s: exit %d\n%s", strings.Join(args, " "), code, out)
		}
	}
	e.t.Fatalf("it does not come to its end: %s", strings.Join(e.said, ", "))
}

// look is the id of the look that was left; "" = there is none.
func (e *endCell) look() string {
	looks, _ := filepath.Glob(filepath.Join(e.runs, ".look-*"))
	if len(looks) == 0 {
		return ""
	}
	return engine.RunID(looks[0])
}

// idle reports whether it is a person's turn: nothing works, or what works can be
// attached to or stopped.
func (e *endCell) idle() bool {
	watches := slices.Contains(e.stay.without, "monitor.waive") && e.arrived() && !e.over()
	return e.look() != "" || watches || len(marked(e.mark)) == 0
}

// done reports whether the newest run came to a good end and all is applied.
func (e *endCell) done() bool {
	return e.look() == "" && e.folder() != "" && e.ended() && e.finished() && e.truth() == applied
}

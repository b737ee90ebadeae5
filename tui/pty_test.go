package tui

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
	"go.uber.org/goleak"

	"belay/steps/journal"
	"belay/tui/follow"
	"belay/tui/look"
	"belay/tui/tuitest"
)

// terminal is a real pty with an emulator at its other end, and the program on it.
type terminal struct {
	t      *testing.T
	master *os.File
	slave  *os.File
	vt     vt10x.Terminal
	engine *tuitest.Engine
	folder string

	mu    sync.Mutex
	raw   bytes.Buffer
	clock time.Time

	// resized is true once the emulator was resized: it then forgets what stood
	// on its first screen.
	resized bool
	panics  bool
	cancel  context.CancelFunc
	done    chan struct{}
	left    Left
	err     error
}

const before = "the shell's own line"

// open starts the program on a folder; change may alter its configuration.
func open(t *testing.T, width, height int, folder string, change func(*Config)) *terminal {
	t.Helper()
	running := goleak.IgnoreCurrent()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(slave, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		t.Fatal(err)
	}
	x := &terminal{
		t: t, master: master, slave: slave, folder: folder, done: make(chan struct{}),
		vt: vt10x.New(vt10x.WithSize(width, height)), clock: tuitest.Epoch.Add(time.Second).In(tuitest.Zone),
	}
	drained := make(chan struct{})
	go x.drain(drained)
	if _, err := slave.WriteString(before + "\r\n"); err != nil {
		t.Fatal(err)
	}
	x.sees(before)
	c := Config{
		Folder: folder, Name: "op1", Color: true, In: slave, Out: slave, Now: x.now,
		Environment: []string{"TERM=xterm-256color", "TERM_PROGRAM=iTerm.app"},
	}
	if change != nil {
		change(&c)
	}
	ctx, cancel := context.WithCancel(context.Background())
	x.cancel = cancel
	go func() {
		defer close(x.done)
		x.left, x.err = Run(ctx, c)
	}()
	t.Cleanup(func() {
		cancel()
		<-x.done
		slave.Close()
		master.Close()
		<-drained
		if x.panics {
			// The library leaves its reader behind when it recovers.
			return
		}
		// It also leaves a clock that is on its way to its end; the highlighter's
		// expressions have one that stops by itself.
		goleak.VerifyNone(t, running, goleak.IgnoreAnyFunction("charm.land/bubbletea/v2.Tick.func1"),
			goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock"))
	})
	return x
}

func (x *terminal) drain(drained chan struct{}) {
	defer close(drained)
	b := make([]byte, 4096)
	for {
		n, err := x.master.Read(b)
		x.mu.Lock()
		x.raw.Write(b[:n])
		x.mu.Unlock()
		if n > 0 {
			_, _ = x.vt.Write(b[:n])
		}
		if err != nil {
			return
		}
	}
}

func (x *terminal) now() time.Time {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.clock
}

// written is every byte the program sent to the terminal.
func (x *terminal) written() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.raw.String()
}

func (x *terminal) passes(d time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.clock = x.clock.Add(d)
}

func (x *terminal) screen() string { return x.vt.String() }

// alternate reports whether the alternate screen is on.
func (x *terminal) alternate() bool {
	x.vt.Lock()
	defer x.vt.Unlock()
	return x.vt.Mode()&vt10x.ModeAltScreen != 0
}

func (x *terminal) sees(texts ...string) {
	x.t.Helper()
	for _, text := range texts {
		if !tuitest.Until(func() bool { return strings.Contains(x.screen(), text) }) {
			x.t.Fatalf("%q was never seen:\n%s", text, x.screen())
		}
	}
}

func (x *terminal) types(keys string) {
	x.t.Helper()
	if _, err := x.master.WriteString(keys); err != nil {
		x.t.Fatal(err)
	}
}

func (x *terminal) play(entries []tuitest.Entry) {
	x.t.Helper()
	if x.engine == nil {
		engine, err := tuitest.NewEngine(x.folder)
		if err != nil {
			x.t.Fatal(err)
		}
		x.engine = engine
		x.t.Cleanup(func() { engine.Close() })
	}
	for _, e := range entries {
		if err := x.engine.Write(e); err != nil {
			x.t.Fatal(err)
		}
	}
}

func (x *terminal) hears(inbox *journal.Inbox, want ...journal.Message) {
	x.t.Helper()
	var got []journal.Message
	ok := tuitest.Until(func() bool {
		some, err := inbox.Take()
		if err != nil {
			x.t.Fatal(err)
		}
		for _, m := range some {
			m.Name, m.Screen, m.N = "", "", 0
			got = append(got, m.Message)
		}
		return len(got) >= len(want)
	})
	for i := range want {
		if !ok || got[i] != want[i] {
			x.t.Fatalf("heard %+v, not %+v\n%s", got, want, x.screen())
		}
	}
}

// ends waits for the program and checks that the terminal is as it was.
func (x *terminal) ends(how follow.How) {
	x.t.Helper()
	select {
	case <-x.done:
	case <-time.After(tuitest.Patience):
		x.t.Fatalf("it does not end:\n%s", x.screen())
	}
	if x.left.How != how {
		x.t.Errorf("left as %q, not %q", x.left.How, how)
	}
	if !x.resized {
		x.sees(before)
	}
	if !tuitest.Until(func() bool { return !x.alternate() }) {
		x.t.Error("the alternate screen is still on")
	}
}

func entries(t *testing.T, story string) []tuitest.Entry {
	t.Helper()
	s, err := tuitest.Load(filepath.Join("testdata", story+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	return s.Entries
}

// The routine migration at 80x24: one key opens the dialog, the name is typed,
// enter runs it; the folder is renamed in between, as an engine does.
func TestRoutine(t *testing.T) {
	look := filepath.Join(t.TempDir(), ".look-1")
	x := open(t, 80, 24, look, nil)
	x.sees("belay is starting")
	base := entries(t, "base")
	x.play(base)
	x.sees("shop on db1.eu:5432", "ACCESS EXCLUSIVE on public.orders", "R run…")
	if n := len(journal.Screens(look)); n != 1 {
		t.Errorf("%d screens watch", n)
	}
	x.types("R")
	x.sees("type the database name, shop, to run on it:", "enter, once the name is typed")
	x.types("\x1b[200~shop\x1b[201~")
	x.sees("paste is refused here")
	x.passes(time.Second)
	x.types("shop")
	x.sees("> Run on shop <")
	x.types("\r")
	x.hears(x.engine.Inbox, journal.Message{Life: 1, Kind: journal.Answer, ID: "run.confirm", Answer: "shop"})

	run := filepath.Join(filepath.Dir(look), "7f3a11c2d4")
	if err := os.Rename(look, run); err != nil {
		t.Fatal(err)
	}
	waiting := entries(t, "run-waiting")[len(base):]
	for i, e := range waiting {
		if e.Kind == "run.opened" {
			waiting[i].Body = bytes.Replace(e.Body, []byte(`"folder":""`), []byte(`"folder":"`+run+`"`), 1)
		}
	}
	x.play(waiting)
	x.sees("try 4 of 30", "9120 belay (we)", "stop now (c): nothing has changed")
	inbox, err := journal.NewInbox(run)
	if err != nil {
		t.Fatal(err)
	}
	x.types("c")
	x.hears(inbox, journal.Message{Life: 1, Kind: journal.Stop, Now: true})
	x.types("d")
	x.hears(inbox, journal.Message{Life: 1, Kind: journal.Unwatched}, journal.Message{Life: 1, Kind: journal.Leave})
	x.ends(follow.Detached)
	if x.left.Run.Opened == nil || x.left.Folder != run {
		t.Errorf("left folder %s", x.left.Folder)
	}
	if n := len(journal.Screens(run)); n != 0 {
		t.Errorf("%d screens watch after the last one left", n)
	}
	if x.err != nil {
		t.Error(x.err)
	}
}

// A question is answered, a run is seen to its end, and nothing was asked of
// the terminal whose answer could be taken for keys.
func TestToTheEnd(t *testing.T) {
	x := open(t, 120, 40, filepath.Join(t.TempDir(), "run"), nil)
	x.play(entries(t, "done"))
	x.sees("1 file, the longest", "finished: 1 of 1 applied")
	x.types("q")
	x.ends(follow.Finished)
	for _, ask := range []string{"\x1b[?u", "\x1b[c", "\x1b[6n", "$p", "]11;?", "]10;?", "\x1b[>q", "\x1b[>0q"} {
		if strings.Contains(x.written(), ask) {
			t.Errorf("the terminal was asked %q", ask)
		}
	}
	for _, mouse := range []string{"\x1b[?1000h", "\x1b[?1002h", "\x1b[?1003h"} {
		if strings.Contains(x.written(), mouse) {
			t.Errorf("the mouse was turned on: %q", mouse)
		}
	}
}

// A lost terminal is not consent: nothing is said for the person.
func TestCancelled(t *testing.T) {
	x := open(t, 80, 24, filepath.Join(t.TempDir(), "run"), nil)
	x.play(entries(t, "run-waiting"))
	x.sees("try 4 of 30")
	x.cancel()
	x.ends(follow.Lost)
	if x.err != nil {
		t.Errorf("a cancelled screen is no error: %v", x.err)
	}
	got, err := x.engine.Inbox.Take()
	if err != nil || len(got) != 0 {
		t.Errorf("the inbox holds %v, %v", got, err)
	}
}

// The terminal is given back after a panic too.
func TestPanic(t *testing.T) {
	x := open(t, 80, 24, filepath.Join(t.TempDir(), "run"), func(c *Config) {
		c.Tokens = func(string) []look.Token { panic("a lexer that breaks") }
	})
	x.panics = true
	x.play(entries(t, "base"))
	x.ends(follow.Lost)
	if !errors.Is(x.err, tea.ErrProgramPanic) {
		t.Errorf("the panic was lost: %v", x.err)
	}
}

// The screen follows the size of its terminal, below the smallest too.
func TestResize(t *testing.T) {
	x := open(t, 80, 24, filepath.Join(t.TempDir(), "run"), nil)
	x.play(entries(t, "run-waiting"))
	x.sees("try 4 of 30")
	x.resize(20, 5)
	x.sees("belay needs 60x15")
	x.resize(120, 40)
	x.sees("run", "confirmed  09:41:10")
	x.types("q")
	x.ends(follow.Detached)
}

func (x *terminal) resize(width, height int) {
	x.t.Helper()
	x.resized = true
	x.vt.Resize(width, height)
	if err := pty.Setsize(x.slave, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		x.t.Fatal(err)
	}
	// The kernel tells the foreground group of a controlling terminal only; the
	// tests' own process has another one.
	if err := resized(); err != nil {
		x.t.Fatal(err)
	}
}

// A journal that a newer belay wrote ends the screen with an error that says so.
func TestNewerJournal(t *testing.T) {
	folder := t.TempDir()
	line := `{"seq":1,"at":"2026-11-23T08:41:00Z","kind":"tomorrow"}` + "\n"
	if err := os.WriteFile(filepath.Join(folder, journal.FileName), []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	x := open(t, 80, 24, folder, nil)
	x.ends(follow.Quit)
	if x.err == nil || !strings.Contains(x.err.Error(), "newer belay") {
		t.Errorf("error: %v", x.err)
	}
}

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"belay/db/dbtest"
	"belay/tui/screen"
)

// terminal is belay on a real pty, with an emulator at its other end.
type terminal struct {
	cmd    *exec.Cmd
	master *os.File
	vt     vt10x.Terminal
	began  time.Time
	// drawn is all that belay wrote to it, with the sequences of the terminal.
	drawn   bytes.Buffer
	drawing sync.Mutex
	// frozen is set where nobody reads the pty any more.
	frozen  atomic.Bool
	drained chan struct{}
	ended   chan error
}

// pressed counts the keys of a person, and what they typed in full.
type pressed struct{ keys, names int }

func (s *story) terminalCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"term": s.open, "sees": s.sees, "keys": s.keys, "name": s.name, "at-most": s.atMost,
		"resize": s.resize, "hangup": s.hangup, "signal": s.signal, "freeze": s.freeze, "ends": s.ends,
		"answer": s.answer, "yes": s.yes, "first": s.first,
		"drew": s.drew, "plain-bytes": s.plainBytes, "bytes-a-second": s.bytesASecond,
	}
}

// open starts belay on a terminal: term 80x24 run ARG….
func (s *story) open(ts *testscript.TestScript, _ bool, args []string) {
	if s.term != nil {
		ts.Fatalf("a terminal is open")
	}
	program, err := exec.LookPath("belay")
	ts.Check(err)
	cmd := exec.Command(program, args[1:]...)
	cmd.Args[0], cmd.Dir, cmd.Env = "belay", ts.MkAbs("."), s.environ(ts)
	s.term, err = openTerminal(cmd, sizeOf(ts, args[0]))
	ts.Check(err)
	ts.Defer(func() { s.close() })
}

// openTerminal starts a command on a terminal of its own.
func openTerminal(cmd *exec.Cmd, size *pty.Winsize) (*terminal, error) {
	x := &terminal{
		cmd: cmd, vt: vt10x.New(vt10x.WithSize(int(size.Cols), int(size.Rows))), drained: make(chan struct{}),
		ended: make(chan error, 1), began: time.Now(),
	}
	master, err := pty.StartWithSize(cmd, size)
	if err != nil {
		return nil, err
	}
	if x.master, err = pollable(master); err != nil {
		return nil, err
	}
	go x.drain()
	go func() { x.ended <- cmd.Wait() }()
	return x, nil
}

// pollable makes the end of a pty one whose Close ends a Read that waits. The
// package pty leaves it blocking: while belay drew nothing, a hangup waited for ever.
func pollable(master *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), master.Name()), master.Close()
}

// setSize is pty.Setsize, which would make it blocking again.
func setSize(master *os.File, size *pty.Winsize) error {
	raw, err := master.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: size.Rows, Col: size.Cols})
	})
	return errors.Join(err, failed)
}

// environ is the environment of the script, for a program that it does not
// start itself.
func (s *story) environ(ts *testscript.TestScript) []string {
	var env []string
	for _, v := range slices.Concat([]string{
		"PATH", "TERM", "DATABASE_URL", "NO_COLOR", storyMark, "TMPDIR", "SSH_CONNECTION",
	}, thrift, homes) {
		if value := ts.Getenv(v); value != "" {
			env = append(env, v+"="+value)
		}
	}
	return env
}

func sizeOf(ts *testscript.TestScript, text string) *pty.Winsize {
	w, h, _ := strings.Cut(text, "x")
	cols, err := strconv.Atoi(w)
	ts.Check(err)
	rows, err := strconv.Atoi(h)
	ts.Check(err)
	return &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}
}

func (x *terminal) drain() {
	defer close(x.drained)
	b := make([]byte, 4096)
	for !x.frozen.Load() {
		n, err := x.master.Read(b)
		if n > 0 {
			x.drawing.Lock()
			x.drawn.Write(b[:n])
			x.drawing.Unlock()
			_, _ = x.vt.Write(b[:n])
		}
		if err != nil {
			return
		}
	}
}

// close ends the terminal of a story, however far it is.
func (s *story) close() {
	if s.term == nil {
		return
	}
	x := s.term
	s.term = nil
	_ = x.cmd.Process.Kill()
	<-x.ended
	_ = x.master.Close()
	<-x.drained
}

// sees waits until every text is on the screen.
func (s *story) sees(ts *testscript.TestScript, neg bool, args []string) {
	for _, text := range args {
		if neg {
			if strings.Contains(s.term.vt.String(), text) {
				ts.Fatalf("%q is on the screen:\n%s", text, s.term.vt)
			}
			continue
		}
		if !dbtest.Poll(dbtest.Timeout, func() bool { return strings.Contains(s.term.vt.String(), text) }) {
			ts.Fatalf("%q was never seen:\n%s", text, s.term.vt)
		}
	}
	ts.Logf("after %d ms:\n%s", time.Since(s.term.began).Milliseconds(), s.term.vt)
}

// drew waits until a text was drawn, if only for a moment, and fails where another
// was drawn before it: drew TEXT BEFORE.
func (s *story) drew(ts *testscript.TestScript, _ bool, args []string) {
	x := s.term
	where := func(text string) int {
		x.drawing.Lock()
		defer x.drawing.Unlock()
		return bytes.Index(x.drawn.Bytes(), []byte(text))
	}
	if !dbtest.Poll(dbtest.Timeout, func() bool { return where(args[0]) >= 0 }) {
		ts.Fatalf("%q was never drawn:\n%s", args[0], x.vt)
	}
	if before := where(args[1]); before >= 0 && before < where(args[0]) {
		ts.Fatalf("%q was drawn before %q:\n%s", args[1], args[0], x.vt)
	}
}

// namedKeys are what a terminal sends for them.
var namedKeys = map[string]string{
	"home": "\x1b[H", "end": "\x1b[F",
	"enter": "\r", "tab": "\t", "esc": "\x1b", "ctrl+c": "\x03", "down": "\x1b[B", "right": "\x1b[C",
	"backspace": "\x7f",
}

// keys presses keys one by one: keys R enter.
func (s *story) keys(ts *testscript.TestScript, _ bool, args []string) {
	for _, k := range args {
		s.pressed.keys++
		if sent, ok := namedKeys[k]; ok {
			k = sent
		}
		_, err := s.term.master.WriteString(k)
		ts.Check(err)
	}
}

// name types a text letter by letter into the dialog that is open. A dialog is
// deaf for a moment after it was opened; it has been seen before this.
func (s *story) name(ts *testscript.TestScript, _ bool, args []string) {
	time.Sleep(screen.DeafFor)
	s.pressed.names++
	for _, r := range args[0] {
		_, err := s.term.master.WriteString(string(r))
		ts.Check(err)
	}
	// The cursor stands behind it: the name is elsewhere on the screen too.
	s.sees(ts, false, []string{args[0]})
}

// answer chooses the other option of the dialog that is open: down, enter.
func (s *story) answer(ts *testscript.TestScript, _ bool, _ []string) {
	time.Sleep(screen.DeafFor)
	s.keys(ts, false, []string{"down", "enter"})
}

// first takes the option on which the dialog that is open stands.
func (s *story) first(ts *testscript.TestScript, _ bool, _ []string) {
	time.Sleep(screen.DeafFor)
	s.keys(ts, false, []string{"enter"})
}

// yes answers the run dialog of a database that is not production.
func (s *story) yes(ts *testscript.TestScript, _ bool, _ []string) {
	time.Sleep(screen.DeafFor)
	s.keys(ts, false, []string{"right", "enter"})
}

// atMost fails where more was pressed: at-most 12 keys 1 name.
func (s *story) atMost(ts *testscript.TestScript, _ bool, args []string) {
	if args[0] < "0" || len(args) != 4 {
		ts.Fatalf("usage: at-most N keys N name")
	}
	keys, err := strconv.Atoi(args[0])
	ts.Check(err)
	names, err := strconv.Atoi(args[2])
	ts.Check(err)
	ts.Logf("%d keys, %d typed names", s.pressed.keys, s.pressed.names)
	if s.pressed.keys > keys || s.pressed.names > names {
		ts.Fatalf("%d keys and %d typed names", s.pressed.keys, s.pressed.names)
	}
}

func (s *story) resize(ts *testscript.TestScript, _ bool, args []string) {
	size := sizeOf(ts, args[0])
	s.term.vt.Resize(int(size.Cols), int(size.Rows))
	ts.Check(setSize(s.term.master, size))
}

// hangup closes the terminal, as a lost connection does.
func (s *story) hangup(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(s.term.master.Close())
	<-s.term.drained
}

// signal sends a signal to belay: signal HUP.
func (s *story) signal(ts *testscript.TestScript, _ bool, args []string) {
	number := map[string]syscall.Signal{
		"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL,
	}[args[0]]
	ts.Check(s.term.cmd.Process.Signal(number))
}

// freeze stops reading the pty, as a terminal does whose window is stalled.
func (s *story) freeze(*testscript.TestScript, bool, []string) { s.term.frozen.Store(true) }

// ends waits for belay's end: ends EXIT [TEXT on the normal screen]….
func (s *story) ends(ts *testscript.TestScript, _ bool, args []string) {
	x := s.term
	select {
	case err := <-x.ended:
		x.ended <- err
	case <-time.After(dbtest.Timeout):
		ts.Fatalf("it does not end:\n%s", x.vt)
	}
	if !x.frozen.Load() {
		<-x.drained // the last of its text
	}
	if code := x.cmd.ProcessState.ExitCode(); strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit %d, want %s:\n%s", code, args[0], x.vt)
	}
	if len(args) > 1 {
		s.sees(ts, false, args[1:])
	}
	if x.vt.Mode()&vt10x.ModeAltScreen != 0 && !x.frozen.Load() && len(args) > 1 {
		ts.Fatalf("the alternate screen is still on:\n%s", x.vt)
	}
	s.close()
}

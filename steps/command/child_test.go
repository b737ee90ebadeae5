package command

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"belay/db/dbtest"
)

// A command that is told to end ends, with what it started, also what left its group.
func TestChildEndsWithWhatItStarted(t *testing.T) {
	mark := "PGAPPNAME=belay/" + filepath.Base(t.TempDir()) + "/command"
	out, err := OpenOutput(filepath.Join(t.TempDir(), "log"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	c, err := Start(t.TempDir(), []string{"sh", "-c", "setsid sleep 600 >/dev/null 2>&1 & sleep 600 & wait"},
		append(os.Environ(), mark), out)
	if err != nil {
		t.Fatal(err)
	}
	dbtest.WaitFor(t, "the command's three processes", func() bool { return len(Marked(mark)) == 3 })
	c.Signal(syscall.SIGTERM, mark)
	<-c.Done()
	if code, by := c.Exit(); code != -1 || by != syscall.SIGTERM {
		t.Errorf("exit %d by %v", code, by)
	}
	dbtest.WaitFor(t, "the end of all", func() bool { return len(Marked(mark)) == 0 })
	if _, err := Start("", []string{"/no/such/program"}, nil, out); err == nil {
		t.Error("a program that is not there was started")
	}
}

// What a command says is kept without secrets and control characters, and bounded.
func TestOutput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	out, err := OpenOutput(path, []string{"tr0ub4dor"})
	if err != nil {
		t.Fatal(err)
	}
	write := func(s string) {
		if n, err := out.Write([]byte(s)); n != len(s) || err != nil {
			t.Fatal(n, err)
		}
	}
	write("pw tr0ub4dor\n\x1b[2Jcleared\r\npostgres://u:hunter22@h/d\nsure? ")
	last := strings.Join(out.Last(10), "|")
	if strings.Contains(last, "tr0ub4dor") || strings.Contains(last, "hunter22") || strings.Contains(last, "\x1b") ||
		!strings.HasSuffix(last, "|sure? ") {
		t.Errorf("%q", last)
	}
	for range 40_000 {
		write(strings.Repeat("0123456789", 5) + "\n")
	}
	write("ERROR: canceling statement due to lock timeout (55P03) tr0ub4dor")
	if !out.Says("55P03") {
		t.Error("the last line is not heard")
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	info, _ := os.Stat(path)
	text := string(b)
	if err != nil || len(b) > MaxLog+MaxLines*600 || info.Mode().Perm() != 0o600 ||
		!strings.Contains(text, "lines are left out here") || !strings.Contains(text, "(55P03)") ||
		strings.Contains(text, "tr0ub4dor") || strings.ContainsRune(text, 0x1b) {
		t.Errorf("%d bytes of mode %v, ending %q", len(b), info.Mode(), text[max(0, len(text)-200):])
	}
}

package main

import (
	"bytes"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"belay/db/dbtest"
)

// TestInterruptWhileItLooks interrupts each command that waits for a server: one that
// takes the connection and says nothing. It ends at once and as stopped, says what is
// to do now, and speaks of no run: there is none.
func TestInterruptWhileItLooks(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"migrations/000001_a.up.sql": "SELECT 1;\n",
		"a.toml":                     "target.environment = \"local\"\nrun.confirm = \"shop\"\n",
	}
	for _, args := range []string{
		"run --plain", "run --answers a.toml", "run --answers a.toml --output json", "rollback --plain", "status",
		"script", "review", "review --fix", "rehearse", "renumber", "watch --once", "watch --output json", "doctor",
		"backfill --list", "backfill --table a --set b=1 --answers a.toml",
	} {
		t.Run(args, func(t *testing.T) {
			listener, met := silent(t)
			dir := t.TempDir()
			p := &person{t: t, db: &dbtest.DB{Name: filepath.Base(dir)}, dir: dir, env: environment(dir)}
			p.env["DATABASE_URL"] = "postgres://u:p@" + listener + "/shop?sslmode=disable"
			p.write(files)
			s := p.interrupted(met, strings.Fields(args)...)
			if s.code != 1 {
				t.Errorf("%s", s)
			}
			if args != "doctor" && !strings.Contains(s.err, "belay: hint: ") {
				t.Errorf("it does not say what to do now: %s", s)
			}
			if wrong := speaksOfARun.FindString(s.out + s.err); wrong != "" {
				t.Errorf("it says %q: %s", wrong, s)
			}
		})
	}
}

var speaksOfARun = regexp.MustCompile(`left run|belay attach|belay stop|context canceled|interrupt signal received`)

// silent is an address where connections are taken and nothing is said. met is closed
// with the first.
func silent(t *testing.T) (address string, met chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	met = make(chan struct{})
	first := sync.OnceFunc(func() { close(met) })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
			first()
		}
	}()
	return l.Addr().String(), met
}

// interrupted calls belay and presses Ctrl+C once it has met the server.
func (p *person) interrupted(met <-chan struct{}, args ...string) said {
	p.t.Helper()
	var out, errOut bytes.Buffer
	cmd := exec.Command("belay", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = p.dir, &out, &errOut, p.environ()
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	select {
	case <-met:
	case <-ended:
		p.t.Fatalf("it ended by itself: %s%s", &out, &errOut)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(dbtest.Timeout / 2):
		_ = cmd.Process.Kill()
		p.t.Fatalf("it does not hear Ctrl+C: %s%s", &out, &errOut)
	}
	return said{out: out.String(), err: errOut.String(), code: cmd.ProcessState.ExitCode()}
}

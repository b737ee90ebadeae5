package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"

	"belay/db/dbtest"
	"belay/db/scratch"
)

// demoTerminal is a demo on a real pty of 80x24.
type demoTerminal struct {
	t      *testing.T
	master *os.File
	vt     vt10x.Terminal
	cmd    *exec.Cmd
}

func openDemo(t *testing.T, dir string) *demoTerminal {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(slave, &pty.Winsize{Cols: 80, Rows: 24}); err != nil {
		t.Fatal(err)
	}
	d := &demoTerminal{t: t, master: master, vt: vt10x.New(vt10x.WithSize(80, 24))}
	d.cmd = exec.CommandContext(t.Context(), "belay", "demo", "--rows", "20000")
	d.cmd.Dir, d.cmd.Stdin, d.cmd.Stdout, d.cmd.Stderr = dir, slave, slave, slave
	d.cmd.Env = append(os.Environ(), "TERM=xterm-256color")
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			if n > 0 {
				_, _ = d.vt.Write(b[:n])
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { slave.Close(); master.Close(); <-drained })
	return d
}

func (d *demoTerminal) sees(text string) {
	d.t.Helper()
	dbtest.WaitFor(d.t, text, func() bool { return strings.Contains(d.vt.String(), text) })
}

func (d *demoTerminal) press(key string) {
	d.t.Helper()
	if _, err := d.master.WriteString(key); err != nil {
		d.t.Fatal(err)
	}
}

// TestDemoStory is the newcomer's first two minutes, by keys.
func TestDemoStory(t *testing.T) {
	t.Parallel() // most of it is waiting for the lanes
	if _, err := scratch.Find(""); err != nil {
		t.Skip(err)
	}
	const enter = "\r"
	dir := t.TempDir()
	d := openDemo(t, dir)
	d.sees("everything here is gone when you leave")
	d.sees("enter run it: 1 careless")
	d.press("m")
	d.sees("no migrations folder found")
	for _, lane := range []struct{ begins, ends string }{
		{"16 sessions of the shop", "enter run it: 2 by a runbook"},
		{"lock_timeout after", "enter run it: 3 by belay"},
		{"attempt 2", "x cut the connection at COMMIT"},
	} {
		d.press(enter)
		d.sees(lane.begins)
		d.sees(lane.ends)
	}
	d.press("x")
	d.sees("✓ applied; how it knows: history row 42")
	d.press(enter)
	d.sees("(would guess)     history row 42")
	d.press(enter)
	d.sees("000043_delivered_at.up.sql")
	d.sees(" LOCAL  shop on 127.0.0.1")
	d.press("q")
	d.sees("the same two statements, three ways")
	d.press("q")
	d.sees("the demo is over; everything of it is gone")
	if err := d.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

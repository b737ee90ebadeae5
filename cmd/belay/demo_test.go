package main

import (
	"bufio"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"belay/db/dbtest"
	"belay/db/scratch"
)

var demoFolder = regexp.MustCompile(`PostgreSQL .* in (/.*belay-scratch-[0-9]+)`)

// demoGone fails where the folder that the last demo named is still there.
func demoGone(ts *testscript.TestScript, _ bool, _ []string) {
	m := demoFolder.FindStringSubmatch(ts.ReadFile("stderr"))
	if m == nil {
		ts.Fatalf("the demo named no folder")
	}
	if there(m[1]) {
		ts.Fatalf("%s was left behind", m[1])
	}
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, os.ErrNotExist)
}

// A demo that is ended leaves nothing; one that is ended without a chance to
// clean up is swept by the next.
func TestDemoEnded(t *testing.T) {
	if _, err := scratch.Find(""); err != nil {
		t.Skip(err)
	}
	killed := endDemo(t, syscall.SIGKILL)
	if !there(killed) {
		t.Fatal("nothing was left by the demo that was ended by SIGKILL: there is nothing to sweep")
	}
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
	if !dbtest.Long() {
		signals = signals[rand.IntN(len(signals)):][:1]
	}
	for _, signal := range signals {
		if left := endDemo(t, signal); there(left) {
			t.Errorf("%v: %s was left behind", signal, left)
		}
		if there(killed) {
			t.Fatalf("%s was not swept", killed)
		}
	}
}

// endDemo starts a demo, ends it by a signal once its server is up, and returns
// the server's folder.
func endDemo(t *testing.T, signal syscall.Signal) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "belay", "demo", "--script", "--rows", "1000")
	errOut, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	folder := ""
	lines := bufio.NewScanner(errOut)
	for lines.Scan() {
		if m := demoFolder.FindStringSubmatch(lines.Text()); m != nil {
			folder = m[1]
			if err := cmd.Process.Signal(signal); err != nil {
				t.Error(err)
			}
		}
	}
	err = cmd.Wait()
	if folder == "" {
		t.Fatalf("the demo named no folder: %v", err)
	}
	if signal != syscall.SIGKILL && cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("%v: exit code %d, want 1", signal, cmd.ProcessState.ExitCode())
	}
	return folder
}

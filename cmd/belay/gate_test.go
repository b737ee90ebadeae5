package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func (s *story) gateCommands() map[string]scriptCommand {
	return map[string]scriptCommand{"gate": s.gate, "open-gate": s.openGate, "migrate": s.migrate}
}

// gate makes a folder, $BIN, with the server's programs, of which one waits, where
// its arguments have a text, until its gate is open: gate pg_dump --file=.
func (s *story) gate(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: gate PROGRAM TEXT")
	}
	ts.Setenv("BIN", gatedPrograms(s.tb(ts), s.db.Cluster().Binaries().Dir, args[0], args[1]))
}

// gatedPrograms makes a folder with the programs of another, of which one waits, where
// its arguments have a text, until a file with its name and .open lies beside it.
func gatedPrograms(t testing.TB, from, program, text string) string {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// The account that a server drops to must be able to enter it.
	bin, err := os.MkdirTemp("", "belay-bin-")
	check(err)
	t.Cleanup(func() { _ = os.RemoveAll(bin) })
	check(os.Chmod(bin, 0o755))
	programs, err := os.ReadDir(from)
	check(err)
	for _, p := range programs {
		path := filepath.Join(bin, p.Name())
		if p.Name() != program {
			check(os.Symlink(filepath.Join(from, p.Name()), path))
			continue
		}
		script := fmt.Sprintf("#!/bin/sh\ncase \"$*\" in *%s*) until [ -e \"$0.open\" ]; do sleep 0.02; done;; "+
			"esac\nexec %s \"$@\"\n", text, filepath.Join(from, p.Name()))
		check(os.WriteFile(path, []byte(script), 0o755))
	}
	return bin
}

// openGate lets a program go on: open-gate pg_dump.
func (s *story) openGate(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("BIN"), args[0]+".open"), nil, 0o600))
}

// migrate runs golang-migrate itself beside the story, and ends it: migrate up,
// migrate ended, migrate kill.
func (s *story) migrate(ts *testscript.TestScript, _ bool, args []string) {
	switch args[0] {
	case "up":
		dsn := "pgx5" + s.db.DSN[strings.Index(s.db.DSN, "://"):]
		s.tool = exec.Command(os.Getenv("BELAY_TEST_MIGRATE"), "-path", ts.MkAbs("migrations"), "-database", dsn, "up")
		ts.Check(s.tool.Start())
		s.toolEnded = make(chan struct{})
		go func() { defer close(s.toolEnded); _ = s.tool.Wait() }()
		ts.Defer(func() { _ = s.tool.Process.Kill(); <-s.toolEnded })
	case "kill":
		ts.Check(s.tool.Process.Kill())
		<-s.toolEnded
	case "ended":
		<-s.toolEnded
	default:
		ts.Fatalf("usage: migrate up|ended|kill")
	}
}

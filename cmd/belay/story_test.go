package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"belay/db/dbtest"
	"belay/steps/engine"
	"belay/steps/journal"
)

// story has what the commands of one script share.
type story struct {
	t       *testing.T
	db      *dbtest.DB
	state   string // where the runs are
	release map[string]func()
	term    *terminal
	// health is the query by which the application tells that it is well.
	health  atomic.Pointer[string]
	proxy   *dbtest.Proxy
	pressed pressed
	// tool is golang-migrate, where a story started it.
	tool      *exec.Cmd
	toolEnded chan struct{}
	over      bool // the script has ended; what comes is cleaning up
}

type scriptCommand = func(*testscript.TestScript, bool, []string)

// commands are the words of a story beside testscript's own.
func (s *story) commands() map[string]scriptCommand {
	all := map[string]scriptCommand{"demo-gone": demoGone, "app": s.app, "await-session": s.awaitSession}
	for _, more := range []map[string]scriptCommand{
		s.databaseCommands(), s.journalCommands(), s.terminalCommands(), s.networkCommands(), s.gateCommands(),
	} {
		for name, c := range more {
			all[name] = c
		}
	}
	return all
}

// scriptTB lets dbtest fail the script instead of the test around it, and clean
// up with that test.
type scriptTB struct {
	testing.TB
	s  *story
	ts *testscript.TestScript
}

func (s *story) tb(ts *testscript.TestScript) testing.TB { return scriptTB{s.t, s, ts} }

func (b scriptTB) Helper()           {}
func (b scriptTB) Fatal(args ...any) { b.Fatalf("%s", fmt.Sprint(args...)) }
func (b scriptTB) Fatalf(f string, a ...any) {
	if b.s.over {
		b.TB.Fatalf(f, a...)
	}
	b.ts.Fatalf(f, a...)
}

func (s *story) databaseCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"sql": s.sql, "sqlis": s.sqlIs, "until": s.until, "block": s.block, "unblock": s.unblock,
		"queue": s.queue, "writer": s.writer,
		"migrate-version": s.migrateVersion, "quiet-log": s.quietLog, "lock-waits": s.lockWaits,
	}
}

// sql runs a statement: sql 'CREATE TABLE …'.
func (s *story) sql(ts *testscript.TestScript, _ bool, args []string) {
	s.db.Exec(s.tb(ts), strings.Join(args, " "))
}

// sqlIs compares the single value of a query: sqlis WANT 'SELECT …'.
func (s *story) sqlIs(ts *testscript.TestScript, neg bool, args []string) {
	got := dbtest.QueryVal[string](s.tb(ts), s.db, "SELECT coalesce(("+strings.Join(args[1:], " ")+")::text, '')")
	if (got == args[0]) == neg {
		ts.Fatalf("got %q", got)
	}
}

// until waits until a condition holds on the server: until 'EXISTS (…)'.
// belay's own sessions are those of application_name belay/….
func (s *story) until(ts *testscript.TestScript, _ bool, args []string) {
	s.db.WaitUntil(s.tb(ts), strings.Join(args, " "))
}

// awaitSession waits until a session of a name is there: await-session NAME.
func (s *story) awaitSession(ts *testscript.TestScript, _ bool, args []string) {
	s.db.WaitUntil(s.tb(ts), "EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '"+args[0]+"')")
}

// block holds what a statement takes until unblock: block NAME 'LOCK TABLE …'. Its pid
// is $PID_NAME.
func (s *story) block(ts *testscript.TestScript, _ bool, args []string) {
	pid, release := s.db.Blocker(s.tb(ts), strings.Join(args[1:], " "))
	s.release[args[0]] = release
	ts.Setenv("PID_"+args[0], strconv.Itoa(int(pid)))
}

func (s *story) unblock(_ *testscript.TestScript, _ bool, args []string) { s.release[args[0]]() }

// queue makes sessions that wait until unblock: queue NAME 12 'UPDATE …'.
func (s *story) queue(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	s.release[args[0]] = s.db.Waiters(s.tb(ts), n, args[0], strings.Join(args[2:], " "))
}

// migrateVersion compares what golang-migrate itself says: migrate-version 42.
func (s *story) migrateVersion(ts *testscript.TestScript, _ bool, args []string) {
	bin := os.Getenv("BELAY_TEST_MIGRATE")
	dsn := strings.Replace(s.db.DSN, "postgres://", "pgx5://", 1)
	dsn = strings.Replace(dsn, "postgresql://", "pgx5://", 1)
	out, err := exec.Command(bin, "-path", ts.MkAbs("migrations"), "-database", dsn, "version").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != args[0] {
		ts.Fatalf("migrate version: %s, %v", out, err)
	}
}

// quietLog fails where belay sent anything that writes.
func (s *story) quietLog(ts *testscript.TestScript, _ bool, _ []string) {
	n := 0
	for _, e := range s.db.ServerLog(s.tb(ts)) {
		if !strings.HasPrefix(e.Application, "belay/") {
			continue
		}
		n++
		if writes(e.Statement()) {
			ts.Fatalf("belay wrote: %s", e.Statement())
		}
	}
	ts.Logf("%d entries of belay in the server's log", n)
}

func writes(sql string) bool {
	text := strings.ToUpper(strings.TrimSpace(sql))
	if strings.HasPrefix(text, "LOCK ") && strings.HasSuffix(text, " IN ACCESS SHARE MODE") {
		return false // what every SELECT takes: the history table is judged again behind it
	}
	first, _, _ := strings.Cut(text, " ")
	switch first {
	case "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "TRUNCATE", "COMMENT", "GRANT", "LOCK", "REINDEX",
		"VACUUM":
		return true
	}
	return false
}

// lockWaits fails where the server logged that belay waited for a lock longer
// than deadlock_timeout, which the story has set above the rung.
func (s *story) lockWaits(ts *testscript.TestScript, _ bool, _ []string) {
	for _, e := range s.db.ServerLog(s.tb(ts)) {
		if strings.HasPrefix(e.Application, "belay/") && strings.Contains(e.Text, " still waiting for ") {
			ts.Fatalf("belay waited too long: %s", e.Text)
		}
	}
}

func (s *story) journalCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"exits": s.exits, "said-once": saidOnce, "journal": s.journal, "look": s.look, "kill-look": s.killLook,
		"kill-engine": s.killEngine, "signal-engine": s.signalEngine, "delete-run": s.deleteRun,
		"engine-ends": s.engineEnds, "run-id": s.runID,
	}
}

// exits runs a program and compares its exit code: exits 4 belay run ….
func (s *story) exits(ts *testscript.TestScript, _ bool, args []string) {
	code, err := 0, ts.Exec(args[1], args[2:]...)
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		code = ended.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit %d, want %s", code, args[0])
	}
}

// clock is what each line of the output without a screen begins with.
var clock = regexp.MustCompile(`^(\d\d:\d\d:\d\d)?\s+`)

// sqlLine is of a file or of DDL that is shown.
var sqlLine = regexp.MustCompile(`^ {4,}.*(?:pg_catalog\.|[;,(]$|FOR EACH ROW|NEW\.|[)] NOT|NOT NULL)|^ {4}`)

// ended is how a line begins that tells how a step ended.
var ended = regexp.MustCompile(`^\[.\] (\w+: )(done|to do|to look at|needs you|waived): `)

// saidOnce holds that no line of the last output stands in it twice, also where only its
// time differs or how its step ended, nor a whole sentence of it in another line. With
// -sql lines that are far in are SQL, which may repeat a line.
func saidOnce(ts *testscript.TestScript, _ bool, args []string) {
	var had []string
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		if slices.Contains(args, "-sql") && sqlLine.MatchString(line) {
			continue
		}
		line = strings.TrimSpace(clock.ReplaceAllString(line, ""))
		line = ended.ReplaceAllString(line, "$1")
		if !strings.ContainsAny(line, "abcdefghijklmnopqrstuvwxyz") { // a line of SQL that only closes
			continue
		}
		for _, h := range had {
			if h == line || len(h) > wordy && strings.Contains(line, h) {
				ts.Fatalf("said twice: %s", line)
			}
		}
		had = append(had, line)
	}
}

// wordy is how long a line is, in bytes, that says more than a name or a statement.
const wordy = 80

// newest is the newest run's folder.
func (s *story) newest() string {
	entries, _ := os.ReadDir(s.state)
	best, at := "", int64(0)
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(s.state, e.Name(), "plan.json")); err == nil &&
			info.ModTime().UnixNano() > at {
			best, at = filepath.Join(s.state, e.Name()), info.ModTime().UnixNano()
		}
	}
	return best
}

// look waits until the journal of the look that is open matches: look REGEXP.
// With (?s) it may be over several lines: what follows what.
func (s *story) look(ts *testscript.TestScript, _ bool, args []string) {
	want := wanted(args[0])
	dbtest.WaitFor(s.tb(ts), "look "+args[0], func() bool {
		folders, _ := filepath.Glob(filepath.Join(s.state, ".look-*"))
		return slices.ContainsFunc(folders, want)
	})
}

// wanted asks whether the journal of a folder matches. It reads again only what
// has grown.
func wanted(pattern string) func(folder string) bool {
	want, read := regexp.MustCompile(pattern), map[string]int64{}
	return func(folder string) bool {
		path := filepath.Join(folder, journal.FileName)
		info, err := os.Stat(path)
		if err != nil || info.Size() == read[path] {
			return false
		}
		b, err := os.ReadFile(path)
		read[path] = int64(len(b))
		return err == nil && want.Match(b)
	}
}

// journal waits until a line of the newest run's journal matches: journal
// REGEXP. Negated it looks once.
func (s *story) journal(ts *testscript.TestScript, neg bool, args []string) {
	want := wanted(args[0])
	look := func() bool { return want(s.newest()) }
	if !neg {
		dbtest.WaitFor(s.tb(ts), "journal "+args[0], look)
	} else if look() {
		ts.Fatalf("the journal has %s", args[0])
	}
}

// runID puts the newest run's id into $RUN and its folder into $RUNDIR.
func (s *story) runID(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Setenv("RUN", engine.RunID(s.newest()))
	ts.Setenv("RUNDIR", s.newest())
}

// engineEnds waits until no engine works on the newest run: a screen hears its last
// word a moment before.
func (s *story) engineEnds(ts *testscript.TestScript, _ bool, _ []string) {
	dbtest.WaitFor(s.tb(ts), "the engine's end", func() bool { return !journal.Held(s.newest()) })
}

// killLook ends the engine of the look that is open by SIGKILL.
func (s *story) killLook(ts *testscript.TestScript, _ bool, _ []string) {
	folders, _ := filepath.Glob(filepath.Join(s.state, ".look-*"))
	for _, folder := range folders {
		pid, err := engine.OwnerPID(folder)
		ts.Check(err)
		ts.Check(syscall.Kill(pid, syscall.SIGKILL))
		dbtest.WaitFor(s.tb(ts), "the engine's end", func() bool { return !journal.Held(folder) })
	}
}

// killEngine ends the newest run's engine by SIGKILL, and its backends with it.
func (s *story) killEngine(ts *testscript.TestScript, _ bool, _ []string) {
	folder := s.newest()
	pid, err := engine.OwnerPID(folder)
	ts.Check(err)
	ts.Check(syscall.Kill(pid, syscall.SIGKILL))
	dbtest.WaitFor(s.tb(ts), "the engine's end", func() bool { return !journal.Held(folder) })
}

// signalEngine freezes the newest run's engine, or lets it go on: signal-engine
// STOP|CONT.
func (s *story) signalEngine(ts *testscript.TestScript, _ bool, args []string) {
	pid, err := engine.OwnerPID(s.newest())
	ts.Check(err)
	ts.Check(syscall.Kill(pid, map[string]syscall.Signal{"STOP": syscall.SIGSTOP, "CONT": syscall.SIGCONT}[args[0]]))
}

// deleteRun removes the newest run's folder.
func (s *story) deleteRun(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(os.RemoveAll(s.newest()))
}

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"

	"belay/db/dbtest"
	"belay/steps/approval"
	"belay/tui/screen"
)

// colleague is an OS user that a test made, with a home and a terminal of their own.
type colleague struct {
	t        *testing.T
	name     string
	uid, gid int
	home     string
	env      map[string]string
	belay    string
}

// colleagues makes OS users in one group, which sees the runs of the first of them. The
// folder of the migrations is the first one's.
func colleagues(t *testing.T, d *dbtest.DB, n int) []*colleague {
	t.Helper()
	if _, err := exec.LookPath("useradd"); err != nil || os.Getuid() != 0 {
		t.Skip("only root can make OS users, with the program useradd")
	}
	dir := t.TempDir()
	for at := dir; at != os.TempDir() && at != "/"; at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "belay")
	copyProgram(t, program)
	database, _, _ := strings.Cut(d.Name, "_")
	group := fmt.Sprintf("bly%d%s", os.Getpid(), database)
	does(t, "groupadd", group)
	t.Cleanup(func() { does(t, "groupdel", group) })
	var all []*colleague
	for i := range n {
		c := &colleague{t: t, name: fmt.Sprintf("%sop%d", group, i+1), belay: program}
		c.home = filepath.Join(dir, c.name)
		does(t, "useradd", "--home-dir", c.home, "--create-home", "--groups", group, c.name)
		t.Cleanup(func() { does(t, "userdel", c.name) })
		c.uid, c.gid = number(t, "id", "-u", c.name), number(t, "id", "-g", c.name)
		c.env = environment(c.home)
		delete(c.env, "XDG_STATE_HOME")
		delete(c.env, "XDG_CONFIG_HOME")
		c.env["HOME"], c.env["DATABASE_URL"], c.env[storyMark], c.env["TERM"] = c.home, d.DSN, d.Name, "xterm-256color"
		does(t, "chmod", "711", c.home)
		all = append(all, c)
	}
	runs := filepath.Join(all[0].home, ".local", "state", "belay", "runs")
	t.Cleanup(func() { nothingLeft(t, storyMark+"="+d.Name, runs) })
	all[0].write(".config/belay/pairing.toml", fmt.Sprintf("[pairing]\ngroup = %q\n", group))
	return all
}

// copyProgram puts belay where every user can start it.
func copyProgram(t *testing.T, to string) {
	t.Helper()
	from, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(out.Chmod(0o755), out.Close()); err != nil {
		t.Fatal(err)
	}
}

func does(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v %s", name, args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func number(t *testing.T, name string, args ...string) int {
	t.Helper()
	n, err := strconv.Atoi(does(t, name, args...))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// write puts a file below the home, theirs as are the folders to it.
func (c *colleague) write(name, text string) {
	c.t.Helper()
	path := filepath.Join(c.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	does(c.t, "chown", "-R", fmt.Sprintf("%d:%d", c.uid, c.gid), filepath.Join(c.home, strings.Split(name, "/")[0]))
}

// command is belay as this user would start it, with all their groups.
func (c *colleague) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(c.t.Context(), c.belay, args...)
	cmd.Args[0], cmd.Dir = "belay", c.home
	for k, v := range c.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	var groups []uint32
	for _, g := range strings.Fields(does(c.t, "id", "-G", c.name)) {
		n, err := strconv.ParseUint(g, 10, 32)
		if err != nil {
			c.t.Fatal(err)
		}
		groups = append(groups, uint32(n))
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: &syscall.Credential{Uid: uint32(c.uid), Gid: uint32(c.gid), Groups: groups},
	}
	return cmd
}

// says runs belay without a terminal.
func (c *colleague) says(in string, args ...string) said {
	c.t.Helper()
	cmd := c.command(args...)
	cmd.Stdin = strings.NewReader(in)
	var out, errOut strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		c.t.Fatal(err)
	}
	hintsKnown(c.t, errOut.String())
	return said{out: out.String(), err: errOut.String(), code: cmd.ProcessState.ExitCode()}
}

// desk is a colleague's terminal.
type desk struct {
	*terminal
	c *colleague
}

// opens starts belay on a terminal of 80x24.
func (c *colleague) opens(args ...string) *desk {
	c.t.Helper()
	x := &terminal{
		vt: vt10x.New(vt10x.WithSize(80, 24)), drained: make(chan struct{}), ended: make(chan error, 1),
		cmd: c.command(args...), began: time.Now(),
	}
	master, err := pty.StartWithSize(x.cmd, &pty.Winsize{Cols: 80, Rows: 24})
	if err == nil {
		x.master, err = pollable(master)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	go x.drain()
	go func() { x.ended <- x.cmd.Wait() }()
	d := &desk{terminal: x, c: c}
	c.t.Cleanup(func() {
		_ = x.cmd.Process.Kill()
		<-x.ended
		_ = x.master.Close()
		<-x.drained
	})
	return d
}

// sees waits until every text is on the screen.
func (d *desk) sees(texts ...string) {
	d.c.t.Helper()
	for _, text := range texts {
		seen := func() bool { return strings.Contains(d.vt.String(), text) }
		if !dbtest.Poll(dbtest.Timeout, seen) {
			d.c.t.Fatalf("%s never sees %q:\n%s", d.c.name, text, d.vt)
		}
	}
}

// keys presses keys one by one.
func (d *desk) keys(keys ...string) {
	d.c.t.Helper()
	for _, k := range keys {
		if sent, ok := namedKeys[k]; ok {
			k = sent
		}
		if _, err := d.master.WriteString(k); err != nil {
			d.c.t.Fatal(err)
		}
	}
}

// answers presses keys in a dialog that has just been seen to be open: it is deaf for
// a moment.
func (d *desk) answers(keys ...string) {
	d.c.t.Helper()
	time.Sleep(screen.DeafFor)
	d.keys(keys...)
}

// types types a text letter by letter.
func (d *desk) types(text string) { d.keys(strings.Split(text, "")...) }

// ends waits for belay's end.
func (d *desk) ends() {
	d.c.t.Helper()
	select {
	case err := <-d.ended:
		d.ended <- err
	case <-time.After(dbtest.Timeout):
		d.c.t.Fatalf("%s: it does not end:\n%s", d.c.name, d.vt)
	}
}

// shopOf makes a database with a table and one pending migration in op1's home.
func shopOf(t *testing.T, op1 *colleague, d *dbtest.DB, more string) {
	t.Helper()
	d.Exec(t, "CREATE TABLE orders (id bigint PRIMARY KEY); CREATE TABLE schema_migrations "+
		"(version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); "+
		"INSERT INTO schema_migrations VALUES (40, false)")
	op1.write("belay.toml",
		"[target.shop]\nenvironment = \"production\"\nattempts = 2\nlock_timeout = \"20ms\"\n"+more)
	op1.write("migrations/000040_base.up.sql", "SELECT 1;")
	op1.write("migrations/000041_note.up.sql", "ALTER TABLE orders ADD COLUMN note text;")
	op1.write("migrations/000041_note.down.sql", "ALTER TABLE orders DROP COLUMN note;")
}

// TestTwoPeopleOnOneRun is the story of two OS users: one watches, is handed the keys
// with a note, answers, and the other takes them back. All of it is in the report. One
// who is not of the group sees nothing.
func TestTwoPeopleOnOneRun(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	three := colleagues(t, d, 3)
	op1, op2, op3 := three[0], three[1], three[2]
	does(t, "gpasswd", "-d", op3.name, strings.TrimSuffix(op3.name, "op3"))
	shopOf(t, op1, d, "")
	_, release := d.Blocker(t, "LOCK TABLE orders IN ACCESS SHARE MODE")
	defer release()
	one := op1.opens()
	one.sees("R run")
	if s := op3.says("", "attach", "--of", op1.name); s.code != 1 || !strings.Contains(s.err, "permission denied") {
		t.Errorf("who is not of the group: %s", s)
	}
	two := op2.opens("attach", "--of", op1.name)
	two.sees("you read; watching: "+op1.name+" (holds the keys)", "nothing has been written")
	one.sees("watching: " + op2.name + " (reads)")
	two.keys("R")
	two.sees("you read: " + op1.name + " holds the keys")
	one.keys("R")
	one.sees("type the database name")
	one.answers(strings.Split(d.Name, "")...)
	one.keys("enter")
	for _, x := range []*desk{one, two} {
		x.sees("gave up 2 times")
	}
	one.keys("h")
	one.sees("hand the keys over to " + op2.name)
	one.answers("enter")
	one.sees("words are needed here")
	one.types("mind the blocker")
	one.keys("enter")
	two.sees("you hold the keys", "mind the blocker", "watching: "+op1.name+" (reads)")
	one.sees("you read", op2.name+" (holds the keys)")
	release()
	two.keys("down", "enter") // from the marked no to yes: it opens the question
	two.sees("your answer")
	two.answers("enter")
	one.sees("WATCHING")
	one.keys("K")
	two.sees(op1.name + " asks for the keys")
	two.keys("K")
	two.sees("give the keys to " + op1.name + "?")
	two.answers("down", "enter")
	one.sees("you hold the keys")
	two.sees("you read; watching")
	two.keys("c")
	two.sees("you read: " + op1.name + " holds the keys")
	two.keys("q")
	two.ends()
	if s := op1.says("", "stop", "--now"); s.code != 0 {
		t.Errorf("stop from a shell: %s", s)
	}
	one.sees("report")
	one.keys("q")
	one.ends()
	report := op1.says("", "report")
	for _, text := range []string{
		"## Two people on one run", op2.name + " (uid",
		op1.name + " hands the keys over to " + op2.name + ": mind the blocker", op1.name + " asks for the keys",
		op2.name + " gives the keys to " + op1.name, "run.go_on` = yes, by " + op2.name,
		"run.confirm` = " + d.Name + ", by " + op1.name,
	} {
		if !strings.Contains(report.out, text) {
			t.Errorf("the report does not say %q\n%s", text, report)
		}
	}
}

// TestASecondPersonApproves is the story of two OS users where belay.toml asks for a
// second person: one cannot run alone, the other reads all of it and approves on a screen;
// then, by answers file, in a shell.
func TestASecondPersonApproves(t *testing.T) {
	t.Parallel()
	if approval.Who().Login != 0 {
		t.Skip("one login stands behind all OS users of a test here")
	}
	d := dbtest.New(t)
	two := colleagues(t, d, 2)
	op1, op2 := two[0], two[1]
	shopOf(t, op1, d, "[approve]\nsecond_person = \"production\"\n")
	one := op1.opens()
	one.sees("approval  a second person must approve", "belay approve --of "+op1.name)
	one.keys("R")
	one.sees("a second person must approve first")
	two2 := op2.opens("attach", "--of", op1.name)
	two2.sees(op1.name + " needs your approval: a")
	two2.keys("a")
	two2.sees("what would run", "ALTER TABLE orders ADD COLUMN note text;", "all of it was seen")
	two2.answers(strings.Split(op2.name, "")...)
	two2.keys("enter")
	one.sees("R run")
	one.keys("R")
	one.sees("type the database name")
	one.answers(strings.Split(d.Name, "")...)
	one.keys("enter")
	one.sees("WATCHING")
	if s := op1.says("", "stop", "--now"); s.code != 0 {
		t.Errorf("stop from a shell: %s", s)
	}
	one.keys("q")
	one.ends()
	two2.keys("q")
	two2.ends()
	report := op1.says("", "report")
	for _, text := range []string{
		op1.name + " needs a second person's approval: belay.toml asks for it on production",
		"approved by " + op2.name + " (uid",
	} {
		if !strings.Contains(report.out, text) {
			t.Errorf("the report does not say %q\n%s", text, report)
		}
	}
	op1.write("migrations/000042_more.up.sql", "ALTER TABLE orders ADD COLUMN more text;")
	op1.write("prod.toml", "run.confirm = \""+d.Name+"\"\nrehearse.choice = \"none\"\nmonitor.waive = \"a story\"\n")
	s := op1.says("", "run", "--answers", "prod.toml")
	if s.code != 4 || !strings.Contains(s.err, "belay approve --of "+op1.name) {
		t.Fatalf("alone: %s", s)
	}
	if s := op1.says("", "approve", "--of", op1.name); s.code != 1 || !strings.Contains(s.err, "their own run") {
		t.Errorf("one's own: %s", s)
	}
	if s := op2.says(op2.name+"\n", "approve", "--of", op1.name); s.code != 4 {
		t.Errorf("without a terminal: %s", s)
	}
	three := op2.opens("approve", "--of", op1.name)
	three.sees("ALTER TABLE orders ADD COLUMN more text;", "type your name")
	three.types(op2.name)
	three.keys("enter")
	three.sees("approved by " + op2.name)
	three.ends()
	if s := op1.says("", "run", "--answers", "prod.toml"); s.code != 0 {
		t.Errorf("once approved: %s", s)
	}
	if n := d.Count(t, "pg_attribute WHERE attrelid = 'orders'::regclass AND attname IN ('note', 'more')"); n != 2 {
		t.Errorf("%d columns", n)
	}
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"belay/db/dbtest"
	"belay/db/scratch"
	"belay/steps/engine"
	"belay/steps/journal"
)

// on starts belay on a terminal of its own, which ends with the test.
func (p *person) on(size string, args ...string) *terminal {
	p.t.Helper()
	program, err := exec.LookPath("belay")
	if err != nil {
		p.t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Args[0], cmd.Dir, cmd.Env = "belay", p.dir, append(p.environ(), "TERM=xterm-256color")
	var cols, rows uint16
	if _, err := fmt.Sscanf(size, "%dx%d", &cols, &rows); err != nil {
		p.t.Fatal(err)
	}
	x, err := openTerminal(cmd, &pty.Winsize{Cols: cols, Rows: rows})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_ = x.cmd.Process.Kill()
		x.ended <- <-x.ended
		_ = x.master.Close()
		<-x.drained
	})
	return x
}

// shows waits until a text is on a terminal.
func (x *terminal) shows(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !dbtest.Poll(dbtest.Timeout, func() bool { return strings.Contains(x.vt.String(), text) }) {
			t.Fatalf("%q was never seen:\n%s", text, x.vt)
		}
	}
}

// begun starts belay beside the test; the result is the wait for its exit code.
func (p *person) begun(out io.Writer, args ...string) (wait func() int) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), "belay", args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.dir, p.environ(), out, out
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	return func() int {
		_ = cmd.Wait()
		return cmd.ProcessState.ExitCode()
	}
}

// opened waits for the folder of a run whose journal has a text.
func (p *person) opened(text string) (folder string) {
	p.t.Helper()
	want := wanted(text)
	dbtest.WaitFor(p.t, "a run whose journal has "+text, func() bool {
		folder = (&story{state: p.runs()}).newest()
		return folder != "" && want(folder)
	})
	return folder
}

// TestNoSlotLeft fills every slot of a server while a watch and a run look at it: both keep
// their connections, go on and say that none is free, and the run comes to its end.
func TestNoSlotLeft(t *testing.T) {
	t.Parallel()
	c := dbtest.NewCluster(t, scratch.Options{Settings: map[string]string{"max_connections": "20"}})
	d := dbtest.In(t, c, "shop")
	d.Exec(t, `CREATE TABLE orders (id bigint PRIMARY KEY);
		CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL);
		INSERT INTO schema_migrations VALUES (1, false)`)
	p := newPersonAt(t, d, map[string]string{
		"a.toml": "target.environment = \"local\"\nrun.confirm = \"yes\"\nbackup.choice = \"none\"\n" +
			"rehearse.choice = \"none\"\n",
		"migrations/000001_a.up.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);\n",
		"migrations/000002_b.up.sql": "ALTER TABLE orders ADD COLUMN note text;\n",
	})
	beside := d.Conn(t) // asks while nobody else gets in
	_, release := d.Blocker(t, "LOCK TABLE orders IN ACCESS SHARE MODE")
	watch := p.on("120x40", "watch")
	watch.shows(t, "a sample costs")
	var out strings.Builder
	wait := p.begun(&out, "run", "2", "--answers", "a.toml")
	folder := p.opened(`"kind":"attempt".*"n":1`)
	screen := p.on("120x40", "attach", engine.RunID(folder))
	screen.shows(t, "standing aside")
	before := ours(t, beside)
	n := crowd(t, d.DSN)
	t.Logf("%d more connections fill the server; belay has %s", n, before)
	watch.shows(t, "20 of 20 sessions, 0 free")
	screen.shows(t, "20 of 20, none free")
	tries := tried(t, folder)
	dbtest.WaitFor(t, "more tries", func() bool { return tried(t, folder) > tries })
	if now := ours(t, beside); now != before {
		t.Errorf("belay's sessions were %s, are %s", before, now)
	}
	release()
	if code := wait(); code != 0 {
		t.Errorf("exit %d: %s", code, out.String())
	}
	screen.shows(t, "applied")
	all := strings.Split(before, ", ")
	its := slices.IndexFunc(all, func(s string) bool { return strings.Contains(s, " belay/look/") })
	if now := ours(t, beside); its < 0 || !strings.Contains(now, all[its]) {
		t.Errorf("the watch had one of %s, now belay has %q", before, now)
	}
	var version int
	err := beside.QueryRow(t.Context(), "SELECT version FROM schema_migrations").Scan(&version)
	if err != nil || version != 2 {
		t.Error(version, err)
	}
}

// ours are the sessions of belay, as pid and start.
func ours(t *testing.T, c *pgx.Conn) (all string) {
	t.Helper()
	err := c.QueryRow(t.Context(),
		`SELECT coalesce(string_agg(pid || ' ' || application_name || ' ' || backend_start, ', ' ORDER BY pid), '')
		FROM pg_stat_activity WHERE application_name LIKE 'belay%'`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// crowd opens connections until the server has none left.
func crowd(t *testing.T, dsn string) (n int) {
	t.Helper()
	for {
		c, err := pgx.Connect(t.Context(), dsn)
		if full, ok := errors.AsType[*pgconn.PgError](err); ok && full.Code == "53300" {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
		t.Cleanup(func() { _ = c.Close(context.WithoutCancel(t.Context())) })
	}
}

// tried is how many tries a journal has.
func tried(t *testing.T, folder string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(folder, journal.FileName))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(b), `"kind":"attempt",`) + strings.Count(string(b), `"kind":"attempt"}`)
}

// screens is how many follow the run, and how many of them are on a terminal.
const screens, terminals = 30, 3

// TestThirtyScreens fills a table with no screen and with thirty in turn, and says how many
// rows a second that were and what of the processor the engine and the screens used.
func TestThirtyScreens(t *testing.T) {
	dbtest.LongAlone(t)
	p := newPerson(t, map[string]string{
		"a.toml": "target.environment = \"local\"\nrun.confirm = \"yes\"\nbackup.choice = \"none\"\n" +
			"rehearse.choice = \"none\"\nledger.create = \"yes\"\nbackfill.overwrites = \"yes\"\n",
	})
	p.db.Exec(t, "CREATE TABLE users (id bigint PRIMARY KEY, n int); "+
		"INSERT INTO users SELECT g, 0 FROM generate_series(1, 10000000) g; ANALYZE users")
	var out strings.Builder
	wait := p.begun(&out, "backfill", "--table", "users", "--set", "n = n + 1", "--batch-time", "20ms",
		"--nice", "3", "--answers", "a.toml") // or a fast machine is done before the last screens are
	folder := p.opened(`"name":"filling".*"rows":[1-9]`)
	pid, err := engine.OwnerPID(folder)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		p.pace(folder, pid, 0)
		leave := p.follow(folder, screens)
		p.pace(folder, pid, screens)
		leave()
	}
	if s := p.belay("stop", "--now", engine.RunID(folder)); s.code != 4 {
		t.Errorf("stop: %s", s)
	}
	if code := wait(); code != 4 {
		t.Errorf("exit %d: %s", code, out.String())
	}
}

// follow opens so many screens on a run, and says how they are left.
func (p *person) follow(folder string, n int) (leave func()) {
	p.t.Helper()
	had, began := len(journal.Screens(folder)), time.Now()
	var all []*exec.Cmd
	var drawn []*terminal
	for i := range n {
		if i < terminals {
			drawn = append(drawn, p.on("120x40", "attach", engine.RunID(folder)))
			continue
		}
		cmd := exec.Command("belay", "attach", engine.RunID(folder))
		cmd.Dir, cmd.Env = p.dir, p.environ()
		if err := cmd.Start(); err != nil {
			p.t.Fatal(err)
		}
		all = append(all, cmd)
	}
	dbtest.WaitFor(p.t, "all screens", func() bool { return len(journal.Screens(folder)) == had+n })
	for _, x := range drawn {
		x.shows(p.t, "rows/s")
	}
	return func() {
		var plain, terminal time.Duration
		for _, cmd := range all {
			_, _ = cmd.Process.Signal(syscall.SIGTERM), cmd.Wait()
			plain += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		}
		for _, x := range drawn {
			_, _ = x.cmd.Process.Signal(syscall.SIGTERM), <-x.drained
			x.ended <- <-x.ended
			terminal += x.cmd.ProcessState.UserTime() + x.cmd.ProcessState.SystemTime()
		}
		share := func(used time.Duration, of int) float64 {
			return 100 * used.Seconds() / time.Since(began).Seconds() / float64(of)
		}
		p.t.Logf("a follower used %.1f %% of a processor with its start, one on a terminal %.1f %%",
			share(plain, len(all)), share(terminal, len(drawn)))
		dbtest.WaitFor(p.t, "the screens' end", func() bool { return len(journal.Screens(folder)) <= had })
	}
}

// paced is for how many words of a backfill its pace is taken.
const paced = 8

// pace says how fast rows are filled while so many screens follow.
func (p *person) pace(folder string, pid, n int) {
	p.t.Helper()
	from := filled(p.t, folder)
	began := worked(p.t, pid)
	var to []stood
	dbtest.WaitFor(p.t, "some seconds of the backfill", func() bool {
		to = filled(p.t, folder)
		return len(to) >= len(from)+paced
	})
	a, b := from[len(from)-1], to[len(from)-1+paced]
	seconds := b.at.Sub(a.at).Seconds()
	p.t.Logf("%2d screens: %.0f rows/s, %.0f batches/s; the engine used %.1f %% of a processor", n,
		float64(b.rows-a.rows)/seconds, float64(b.batches-a.batches)/seconds,
		100*(worked(p.t, pid)-began).Seconds()/seconds)
}

// state is where a backfill stood.
type stood struct {
	at            time.Time
	rows, batches int64
}

// filled are the words of a backfill, oldest first.
func filled(t *testing.T, folder string) (all []stood) {
	t.Helper()
	events, err := journal.Read(filepath.Join(folder, journal.FileName))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		f, err := journal.Decode[journal.FactSeen](e)
		if err != nil || f.Name != "filling" {
			continue
		}
		var x struct{ Rows, Batches int64 }
		if err := json.Unmarshal(f.Value, &x); err != nil {
			t.Fatal(err)
		}
		all = append(all, stood{e.At, x.Rows, x.Batches})
	}
	return all
}

// worked is what a process has used of a processor.
func worked(t *testing.T, pid int) time.Duration {
	t.Helper()
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * (time.Second / 100)
}

package scratch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"
)

const waitLimit = time.Minute

// TestMain is also the owner of a cluster that other tests end: see owner_test.
func TestMain(m *testing.M) {
	if base := os.Getenv("BELAY_SCRATCH_OWNER"); base != "" {
		os.Exit(ownCluster(base))
	}
	goleak.VerifyTestMain(m)
}

// ownCluster starts a cluster, prints where it is, and closes it on a signal.
func ownCluster(base string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := Start(ctx, Options{Dir: base})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(c.Dir(), c.PID())
	<-ctx.Done()
	if err := c.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// testBase is a folder for clusters that a dropped user may pass.
func testBase(t *testing.T) string {
	t.Helper()
	base, err := os.MkdirTemp(MemoryDir(), "scratch-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if left := leftIn(t, base); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		os.RemoveAll(base)
	})
	if err := os.Chmod(base, 0o711); err != nil {
		t.Fatal(err)
	}
	return base
}

func leftIn(t *testing.T, base string) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(base, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// binaries are those of the server version under test.
func binaries(t *testing.T) Binaries {
	t.Helper()
	b, err := Find(os.Getenv("BELAY_TEST_PG_BIN"))
	if err == nil {
		return b
	}
	if os.Getenv("CI") == "true" || os.Getenv("BELAY_TEST_REQUIRE_PG") == "1" {
		t.Fatal(err)
	}
	t.Skip(err)
	return b
}

func startTest(t *testing.T, o Options) *Cluster {
	t.Helper()
	o.Binaries = binaries(t)
	if o.Dir == "" {
		o.Dir = testBase(t)
	}
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// value asks for one value in a session of its own.
func value(t *testing.T, dsn, sql string) (v string, err error) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		return "", err
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		return "", err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(all, ","), err
}

func want(t *testing.T, c *Cluster, sql, expected string) {
	t.Helper()
	if got, err := value(t, c.SocketDSN(""), sql); err != nil || got != expected {
		t.Errorf("%s = %q, %v; want %q", sql, got, err, expected)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var said *pgconn.PgError
	if !errors.As(err, &said) || said.Code != code {
		t.Errorf("error = %v, want SQLSTATE %s", err, code)
	}
}

func waitUntil(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(waitLimit); !cond(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %s for %s", waitLimit, what)
		}
	}
}

func TestClusterIsPrivate(t *testing.T) {
	c := startTest(t, Options{})
	for _, dsn := range [...]string{c.DSN(""), c.SocketDSN("")} {
		if got, err := value(t, dsn, `SELECT current_user::text`); err != nil || got != Superuser {
			t.Errorf("%s: %q, %v", dsn, got, err)
		}
	}
	_, err := value(t, strings.Replace(c.DSN(""), c.Password(), "guess", 1), `SELECT 1`)
	wantCode(t, err, "28P01")
	for _, dir := range [...]string{c.DataDir(), c.SocketDir()} {
		fi, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if fi.Mode().Perm() != 0o700 || fi.Sys().(*syscall.Stat_t).Uid == 0 {
			t.Errorf("%s: mode %v, uid %d", dir, fi.Mode(), fi.Sys().(*syscall.Stat_t).Uid)
		}
	}
	if left := leftIn(t, c.Dir()); !slices.Equal(left, []string{c.DataDir(), c.SocketDir(), c.LogFile()}) {
		t.Errorf("the folder holds %v", left)
	}
	want(t, c, `SHOW listen_addresses`, "127.0.0.1")
	want(t, c,
		`SELECT pg_catalog.pg_encoding_to_char(encoding)||datcollate FROM pg_catalog.pg_database WHERE datname = 'postgres'`, "UTF8C")
}

// Of a private cluster nobody is postgres, nothing listens on TCP, and a role gets in
// by its password alone.
func TestPrivateCluster(t *testing.T) {
	c := startTest(t, Options{Private: true})
	if _, err := value(t, c.DSN(""), `SELECT 1`); err == nil {
		t.Error("it answers over TCP")
	}
	want(t, c, `SELECT rolname::text FROM pg_catalog.pg_roles WHERE rolsuper`, PrivateSuperuser)
	if _, err := value(t, c.SocketDSN(""), `CREATE ROLE app LOGIN PASSWORD 'secret'`); err != nil {
		t.Fatal(err)
	}
	if got, err := value(t, c.DSNAs("app", "secret", "postgres"), `SELECT current_user::text`); err != nil ||
		got != "app" {
		t.Errorf("by its password: %q, %v", got, err)
	}
	_, err := value(t, c.DSNAs("app", "guess", "postgres"), `SELECT 1`)
	wantCode(t, err, "28P01")
}

func TestSettings(t *testing.T) {
	fast := startTest(t, Options{
		Settings: map[string]string{"work_mem": "5MB", "search_path": `"it's", public`, "port": "1"},
	})
	want(t, fast, `SHOW fsync`, "off")
	want(t, fast, `SHOW work_mem`, "5MB")
	want(t, fast, `SHOW search_path`, `"it's", public`)
	want(t, fast, `SHOW port`, fmt.Sprint(fast.Port()))
	durable := startTest(t, Options{Durable: true})
	for _, name := range [...]string{"fsync", "full_page_writes", "synchronous_commit"} {
		want(t, durable, `SHOW `+name, "on")
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	base := testBase(t)
	c := startTest(t, Options{Dir: base})
	conn, err := pgx.Connect(t.Context(), c.SocketDSN(""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	pid := c.PID()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if left := leftIn(t, base); len(left) > 0 || serves(pid, c.DataDir()) || c.PID() != 0 {
		t.Errorf("after Close: %v, server %d", left, pid)
	}
	if err := c.Close(); err != nil {
		t.Error("second Close:", err)
	}
	if err := c.Start(t.Context()); !errors.Is(err, errClosed) {
		t.Error("Start after Close:", err)
	}
}

func TestStopAndRestartKeepData(t *testing.T) {
	c := startTest(t, Options{Settings: map[string]string{"log_statement": "all"}})
	port, pid := c.Port(), c.PID()
	for i, again := range []func() error{
		func() error { return c.Restart(t.Context(), Fast) },
		func() error { return c.Restart(t.Context(), Immediate) },
		func() error { return errors.Join(c.Crash(), c.Start(t.Context())) },
		func() error {
			return errors.Join(c.Stop(Fast), c.Stop(Fast), c.Start(t.Context()), c.Start(t.Context()))
		},
	} {
		if _, err := value(t, c.DSN(""), fmt.Sprintf(`CREATE TABLE kept_%d ()`, i)); err != nil {
			t.Fatal(err)
		}
		// An asynchronous commit may be lost in a crash, a checkpoint may not.
		if _, err := value(t, c.DSN(""), `CHECKPOINT`); err != nil {
			t.Fatal(err)
		}
		if err := again(); err != nil {
			t.Fatal(i, err)
		}
		want(t, c, fmt.Sprintf(`SELECT pg_catalog.to_regclass('kept_%d')::text`, i), fmt.Sprintf("kept_%d", i))
		if c.Port() != port || c.PID() == pid {
			t.Errorf("restart %d: port %d, pid %d; before %d, %d", i, c.Port(), c.PID(), port, pid)
		}
		pid = c.PID()
	}
	log, err := os.ReadFile(c.LogFile())
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"CREATE TABLE kept_0", "CREATE TABLE kept_3", "was not properly shut down"} {
		if !strings.Contains(string(log), line) {
			t.Errorf("the log lacks %q", line)
		}
	}
}

func TestStartSaysWhyItEnds(t *testing.T) {
	_, err := Start(t.Context(), Options{Binaries: binaries(t), Dir: testBase(t),
		Settings: map[string]string{"work_mem": "plenty"}})
	if err == nil || !strings.Contains(err.Error(), `"work_mem"`) {
		t.Errorf("error = %v, want the server's words about work_mem", err)
	}
}

func TestStartStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("not needed any more")
	time.AfterFunc(100*time.Millisecond, func() { cancel(reason) })
	_, err := Start(ctx, Options{Binaries: binaries(t), Dir: testBase(t)})
	if !errors.Is(err, reason) {
		t.Errorf("error = %v, want %v", err, reason)
	}
}

func TestTakenPortIsLeftToItsOwner(t *testing.T) {
	first := startTest(t, Options{})
	second := startTest(t, Options{})
	if err := second.Stop(Fast); err != nil {
		t.Fatal(err)
	}
	asked := 0
	err := second.startOn(t.Context(), func() (int, error) {
		if asked++; asked == 1 {
			return first.Port(), nil
		}
		return freePort()
	})
	if err != nil || asked != 2 || first.Port() == second.Port() {
		t.Errorf("asked %d times, ports %d and %d, %v", asked, first.Port(), second.Port(), err)
	}
	want(t, second, `SHOW port`, fmt.Sprint(second.Port()))
}

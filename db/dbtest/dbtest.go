// Package dbtest gives tests a real PostgreSQL: one cluster for each test
// binary, one database for each test, clusters of their own for tests that
// stop the server, and a proxy that breaks connections at a chosen message.
// Only tests import it.
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
//
//	func TestX(t *testing.T) {
//		db := dbtest.New(t)
//		db.Exec(t, `CREATE TABLE orders (id bigint PRIMARY KEY)`)
//	}
//
// Environment: BELAY_TEST_LONG asks for the long form of what has one: see Long.
// BELAY_TEST_PG_BIN names the folder of another server version's programs.
// Without PostgreSQL a test is skipped with the reason; with CI=true or
// BELAY_TEST_REQUIRE_PG=1 it fails.
package dbtest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"belay/db/scratch"

	"go.uber.org/goleak"
)

// Timeout bounds every wait of this package. It is long because machines that
// run tests are busy; nothing waits for it to pass.
const Timeout = 60 * time.Second

// atOnce is how many parallel tests run at a time at least: most of one is waiting.
const atOnce = 4

// shared is the cluster of this test binary. It starts with the first New.
var shared struct {
	mu      sync.Mutex
	tried   bool
	cluster *scratch.Cluster
	err     error
}

// Main runs the tests, stops the shared cluster, looks for goroutines that
// were left running, and exits. Ctrl+C and SIGTERM stop the cluster too.
func Main(m interface{ Run() int }) { os.Exit(Run(m)) }

// Run is Main without the exit, for a TestMain that has more to do.
func Run(m interface{ Run() int }) int {
	// Before the flags are read: -parallel says otherwise.
	if err := flag.Set("test.parallel", strconv.Itoa(max(atOnce, runtime.GOMAXPROCS(0)))); err != nil {
		fmt.Fprintln(os.Stderr, "dbtest:", err)
		return 1
	}
	release := stopOnSignal()
	code := m.Run()
	release()
	if err := stopShared(); err != nil {
		fmt.Fprintln(os.Stderr, "dbtest: stop the cluster:", err)
		code = max(code, 1)
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, "dbtest:", err)
			code = 1
		}
	}
	return code
}

// stopOnSignal stops the shared cluster when the test binary is told to end.
// The returned function ends the watch and waits for it.
func stopOnSignal() func() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-signals:
			_ = stopShared()
			os.Exit(130)
		case <-stop:
		}
	}()
	return func() {
		signal.Stop(signals)
		close(stop)
		<-done
	}
}

func stopShared() error {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.cluster == nil {
		return nil
	}
	closeAdmin()
	err := shared.cluster.Close()
	shared.cluster, shared.err = nil, errors.New("the test binary is ending")
	return err
}

// sharedCluster starts the cluster of this test binary at the first call.
func sharedCluster(t testing.TB) *scratch.Cluster {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if !shared.tried {
		shared.tried = true
		shared.cluster, shared.err = start(scratch.Options{Settings: map[string]string{
			"log_statement":   "all",
			"max_connections": "200",
			// Looking for the best order of joins takes a sixth of the server's time here,
			// where each question is asked once or twice a session and the catalogs are small.
			"join_collapse_limit": "1",
			"from_collapse_limit": "1",
		}})
	}
	if shared.err != nil {
		unavailable(t, shared.err)
	}
	return shared.cluster
}

func start(o scratch.Options) (*scratch.Cluster, error) {
	if o.Binaries.Postgres == "" {
		var err error
		if o.Binaries, err = scratch.Find(os.Getenv("BELAY_TEST_PG_BIN")); err != nil {
			return nil, err
		}
	}
	if o.Dir == "" && !o.Durable {
		o.Dir = scratch.MemoryDir()
	}
	// Compiling what is asked once took half of the processor's time where a session has the
	// team's settings and not belay's own, which turn it off.
	settings := map[string]string{"jit": "off"}
	maps.Copy(settings, o.Settings)
	o.Settings = settings
	ctx, cancel := context.WithTimeout(context.Background(), 2*Timeout)
	defer cancel()
	return scratch.Start(ctx, o)
}

// unavailable skips where PostgreSQL is not installed, unless it must be. A
// server that is installed and does not start always fails the test.
func unavailable(t testing.TB, err error) {
	t.Helper()
	var missing *scratch.NotFoundError
	required := os.Getenv("CI") == "true" || os.Getenv("BELAY_TEST_REQUIRE_PG") == "1"
	if errors.As(err, &missing) && !required {
		t.Skip(err)
	}
	t.Fatal(err)
}

// NewCluster starts a cluster for this test alone, for tests that stop or
// crash the server or change its settings. It is closed with the test.
func NewCluster(t testing.TB, o scratch.Options) *scratch.Cluster {
	t.Helper()
	c, err := start(o)
	if err != nil {
		unavailable(t, err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// testContext bounds one call of a helper. It is not the test's own context,
// which has ended when cleanups run.
func testContext() (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(context.Background(), Timeout,
		fmt.Errorf("dbtest: no answer after %s", Timeout))
}

package apply_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	ossignal "os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"belay/db/apply"
	"belay/db/dbtest"
)

// Variables by which this test binary starts itself again: as the client that
// dies, and as a whole test in a network of its own.
const (
	clientVariable  = "BELAY_TEST_CLIENT"
	networkVariable = "BELAY_TEST_NETWORK"
)

func TestMain(m *testing.M) {
	var err error
	switch {
	case os.Getenv(clientVariable) != "":
		err = abandonedClient(os.Getenv(clientVariable), os.Args[1])
	case os.Getenv(networkVariable) != "":
		err = loopback(true)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	dbtest.Main(m)
}

// abandonedClient runs a unit that takes a lock, and then either does nothing or
// waits for another lock. Its own limits are so long that they never end it.
func abandonedClient(dsn, phase string) error {
	// Also where the tests were started by something that ignores SIGHUP.
	hangup := make(chan os.Signal, 1)
	ossignal.Notify(hangup, syscall.SIGHUP)
	go func() {
		<-hangup
		os.Exit(1)
	}()
	x, rec, err := open(dsn)
	if err != nil {
		return err
	}
	x.Limits = apply.Limits{FirstRung: time.Minute, HoldBudget: 2 * time.Minute}
	rec.hook = func(e apply.Event) error {
		if e.Kind == apply.StatementBegun && e.Statement == 1 {
			fmt.Println("holds")
			if phase == "idle" {
				select {}
			}
		}
		return nil
	}
	return x.Run(context.Background(),
		unit(addColumn(), instant("ALTER TABLE", `ALTER TABLE u ADD COLUMN note text`))).Err
}

// TestNothingIsHeldByTheDead ends the client of a unit, in each way that a client
// ends, while it holds a lock: the server lets go of it within seconds. A frozen
// client is not gone; that one is bounded by idle_in_transaction_session_timeout.
func TestNothingIsHeldByTheDead(t *testing.T) {
	t.Parallel()
	ways := []struct {
		name   string
		strike func(*exec.Cmd) error
		within time.Duration
		phases []string
	}{
		{"SIGKILL", signal(syscall.SIGKILL), 15 * time.Second, []string{"idle", "waiting"}},
		{"SIGHUP", signal(syscall.SIGHUP), 15 * time.Second, []string{"idle", "waiting"}},
		{"half-open", func(*exec.Cmd) error { return loopback(false) }, 15 * time.Second, []string{"idle", "waiting"}},
		{"SIGSTOP", signal(syscall.SIGSTOP), 30 * time.Second, []string{"idle"}},
	}
	if !dbtest.Long() {
		ways = ways[:3] // the last waits half a minute
	}
	for i, w := range ways {
		for j, phase := range w.phases {
			if !dbtest.InShort(i+j, 2) {
				continue
			}
			t.Run(w.name+"/"+phase, func(t *testing.T) {
				t.Parallel()
				if w.name == "half-open" && os.Getenv(networkVariable) == "" {
					inOwnNetwork(t)
					return
				}
				abandon(t, phase, w.strike, w.within)
			})
		}
	}
}

func signal(s syscall.Signal) func(*exec.Cmd) error {
	return func(c *exec.Cmd) error { return c.Process.Signal(s) }
}

// abandon measures how long the server holds what a client held that is struck.
func abandon(t *testing.T, phase string, strike func(*exec.Cmd) error, within time.Duration) {
	d := shop(t)
	if v := d.Cluster().Major(); v < 14 {
		t.Skip("the server looks for its client from 14 on")
	}
	d.Exec(t, `CREATE TABLE u (id int)`)
	_, release := d.Blocker(t, `SELECT count(*) FROM u`)
	defer release()
	c := exec.Command("/proc/self/exe", phase)
	c.Env = append(os.Environ(), clientVariable+"="+d.DSN)
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = c.Process.Kill(), c.Wait() }()
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "holds\n" {
		t.Fatalf("%q, %v", line, err)
	}
	if phase == "waiting" {
		d.WaitForLockWaitBy(t, "belay/%/run")
	}
	held := `pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.application_name LIKE 'belay/%/run'
		AND a.datname = current_database() AND l.locktype = 'relation' AND l.relation >= 16384`
	if d.Count(t, held) == 0 {
		t.Fatal("it holds nothing")
	}
	began := time.Now()
	if err := strike(c); err != nil {
		t.Fatal(err)
	}
	dbtest.WaitFor(t, "the locks to be gone", func() bool { return d.Count(t, held) == 0 })
	took := time.Since(began)
	t.Logf("PostgreSQL %d: locks held for %s, the limit is %s", d.Cluster().Major(), took.Round(10*time.Millisecond),
		within)
	if took > within+abandonedSlack {
		t.Errorf("locks were held for %s", took)
	}
	if hasColumn(t, d, "note") {
		t.Error("the statement of the dead took effect")
	}
}

// abandonedSlack is what a busy machine may add. It tells a limit from none: without
// one the locks are held for hours.
const abandonedSlack = 30 * time.Second

// inOwnNetwork plays the same test, server and client, where only they are: its
// loopback can be taken away. Only root may do that.
func inOwnNetwork(t *testing.T) {
	if _, err := exec.LookPath("ip"); err != nil || os.Geteuid() != 0 {
		t.Skip("only root can take a network away, with the program ip")
	}
	c := exec.Command("/proc/self/exe", "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$", "-test.v")
	c.Env = append(os.Environ(), networkVariable+"=1")
	inNewNetwork(c)
	out, err := c.CombinedOutput()
	t.Logf("in a network of its own:\n%s", out)
	if err != nil {
		t.Error(err)
	}
}

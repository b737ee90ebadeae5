package engine

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/journal"
)

// Variables that only the engines of this test binary read.
const (
	// dieVariable names the event at which the engine ends, by SIGKILL:
	// "before 37" or "after 37".
	dieVariable = "BELAY_TEST_DIE"
	// parkVariable shortens how long a question stays open with nobody watching.
	parkVariable = "BELAY_TEST_PARK"
	// unwatchedVariable shortens how long a backfill goes on with nobody watching.
	unwatchedVariable = "BELAY_TEST_UNWATCHED"
	// hostVariable is the name of the host that the engine believes to be on.
	hostVariable = "BELAY_TEST_HOST"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Subcommand {
		code, err := serve(context.Background(), testPatience())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code)
	}
	dbtest.Main(m)
}

// testPatience is the usual patience, changed as the variables say.
func testPatience() patience {
	p := usual
	if d, err := time.ParseDuration(os.Getenv(parkVariable)); err == nil {
		p.park = d
	}
	if d, err := time.ParseDuration(os.Getenv(unwatchedVariable)); err == nil {
		p.unwatched = d
	}
	if host := os.Getenv(hostVariable); host != "" {
		p.host = func() string { return host }
	}
	side, n, ok := strings.Cut(os.Getenv(dieVariable), " ")
	if !ok {
		return p
	}
	seen := 0
	hook := func(journal.Kind) {
		if seen++; fmt.Sprint(seen) == n {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	if side == "before" {
		p.writing = hook
	} else {
		p.written = hook
	}
	return p
}

// counted are two migrations whose effects can be counted: run twice, they show.
var counted = map[string]string{
	"000001_one.up.sql": "INSERT INTO effects VALUES (1);\nALTER TABLE effects ADD COLUMN note text;",
	"000002_two.up.sql": "INSERT INTO effects (n) VALUES (2);",
}

// stormVariable asks for every event of a sweep; without it a test run takes
// some of them.
const stormVariable = "BELAY_STORM"

// every is how many events a sweep passes over between two deaths, plus one.
func every(n int) int {
	if os.Getenv(stormVariable) == "1" {
		return 1
	}
	return n
}

// TestEngineEndsAtEveryEvent ends the engine by SIGKILL before and after the
// events of a run, then takes the run up again: nothing is lost, nothing is
// doubled, and what is reported is what is there.
func TestEngineEndsAtEveryEvent(t *testing.T) {
	if testing.Short() {
		t.Skip("many engines")
	}
	total := eventsOfARun(t)
	t.Logf("a run has %d events", total)
	for n := 1; n <= total; n += every(3) {
		for _, side := range []string{"before", "after"} {
			if n == 1 && side == "before" {
				continue // nothing is written yet that could be lost
			}
			t.Run(fmt.Sprintf("%s_%d", side, n), func(t *testing.T) {
				t.Parallel()
				dieAndResume(t, fmt.Sprintf("%s %d", side, n))
			})
		}
	}
}

func eventsOfARun(t *testing.T) int {
	b := newBench(t, counted)
	b.db.Exec(t, "CREATE TABLE effects (n int)")
	r := b.engine()
	if r.Finished == nil || r.Finished.Exit != steps.ExitDone {
		t.Fatalf("a plain run: %+v\n%v", r.Finished, r.Log)
	}
	return int(r.Seq)
}

func dieAndResume(t *testing.T, die string) {
	b := newBench(t, counted)
	b.db.Exec(t, "CREATE TABLE effects (n int)")
	b.engine(dieVariable + "=" + die)
	r := b.toTheEnd()
	got := dbtest.QueryVal[string](t, b.db, "SELECT string_agg(n::text, ',' ORDER BY n) FROM effects")
	if got != "1,2" {
		t.Errorf("effects %q, want each once\n%v", got, r.Log)
	}
	if v := dbtest.QueryVal[string](t, b.db, "SELECT version || '/' || dirty FROM schema_migrations"); v != "2/false" {
		t.Errorf("history row %s", v)
	}
}

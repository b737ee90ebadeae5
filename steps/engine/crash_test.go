package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"belay/db"
	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/journal"
)

// Variables that only the engines of this test binary read.
const (
	// dieVariable names the event at which the engine ends, by SIGKILL:
	// "before 37" or "after 37". By "full 37" it lives on, and its journal takes no more.
	dieVariable = "BELAY_TEST_DIE"
	// dieKindVariable names the kind of event after which it ends so.
	dieKindVariable = "BELAY_TEST_DIE_KIND"
	// parkVariable shortens how long a question stays open with nobody watching.
	parkVariable = "BELAY_TEST_PARK"
	// unwatchedVariable shortens how long a backfill goes on with nobody watching.
	unwatchedVariable = "BELAY_TEST_UNWATCHED"
	// answerVariable shortens how long who holds the keys has to answer who asks.
	answerVariable = "BELAY_TEST_ANSWER"
	// hostVariable is the name of the host that the engine believes to be on.
	hostVariable = "BELAY_TEST_HOST"
	// slackVariable is how much longer than the server's own limit an answer is waited for.
	slackVariable = "BELAY_TEST_SLACK"
)

// monitorLimit is how long an engine's monitor may ask here: on a busy machine longer
// than half a second.
const monitorLimit = 10 * time.Second

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Subcommand {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		db.MonitorLimit = monitorLimit
		if d, err := time.ParseDuration(os.Getenv(slackVariable)); err == nil {
			db.Slack = d
		}
		code, err := serve(ctx, testPatience())
		if err != nil {
			fmt.Fprintln(os.Stderr, "belay: error:", err)
		}
		os.Exit(code)
	}
	mainWithLife(m)
}

// testPatience is the usual patience, changed as the variables say.
func testPatience() patience {
	p := usual
	new(lending).watch(&p)
	writeTurns(&p)
	if d, err := time.ParseDuration(os.Getenv(parkVariable)); err == nil {
		p.park = d
	}
	if d, err := time.ParseDuration(os.Getenv(unwatchedVariable)); err == nil {
		p.unwatched = d
	}
	if d, err := time.ParseDuration(os.Getenv(answerVariable)); err == nil {
		p.answer = d
	}
	if host := os.Getenv(hostVariable); host != "" {
		p.host = func() string { return host }
	}
	if kind := os.Getenv(dieKindVariable); kind != "" {
		p.written = func(k journal.Kind) {
			if string(k) == kind {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}
		return p
	}
	side, n, ok := strings.Cut(os.Getenv(dieVariable), " ")
	if !ok {
		return p
	}
	seen := 0
	hook := func(journal.Kind) {
		seen++
		switch {
		case fmt.Sprint(seen) != n:
		case side == "full":
			noMoreRoom()
		default:
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	if side == "after" {
		p.written = hook
	} else {
		p.writing = hook
	}
	return p
}

// counted are two migrations whose effects can be counted: run twice, they show.
var counted = map[string]string{
	"000001_one.up.sql": "INSERT INTO effects VALUES (1);\nALTER TABLE effects ADD COLUMN note text;",
	"000002_two.up.sql": "INSERT INTO effects (n) VALUES (2);",
}

// swept are the events of a sweep at which an engine ends: all of them in the long
// form, else every nth from a random one on.
func swept(t *testing.T, total, n int) (events []int) {
	first := 1
	if dbtest.Long() {
		n = 1
	} else {
		first += rand.IntN(n)
	}
	t.Logf("%d events, from %d on every %d", total, first, n)
	for e := first; e <= total; e += n {
		events = append(events, e)
	}
	return events
}

// TestEngineEndsAtEveryEvent ends the engine by SIGKILL before and after the
// events of a run, then takes the run up again: nothing is lost, nothing is
// doubled, and what is reported is what is there.
func TestEngineEndsAtEveryEvent(t *testing.T) {
	for _, n := range swept(t, eventsOfARun(t), 50) {
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

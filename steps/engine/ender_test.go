package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/state"
)

// looked asks the engine for a session and waits for what it saw.
func (l *life) looked(pid uint32) state.Looked {
	l.b.t.Helper()
	l.read()
	last := l.run.Looked[int(pid)].At
	l.send(journal.Message{Kind: journal.LookAt, PID: int(pid)})
	l.until("the session", func(r *state.Run) bool { return r.Looked[int(pid)].At.After(last) })
	return l.run.Looked[int(pid)]
}

// fate asks for the end of a session and waits for what became of it.
func (l *life) fate(m journal.Message) *state.Ending {
	l.b.t.Helper()
	l.read()
	n := 0
	for _, e := range l.run.Endings {
		if e.Ended != nil {
			n++
		}
	}
	m.Kind, m.Name = journal.End, "op1"
	l.send(m)
	l.until("its fate", func(r *state.Run) bool {
		ended := 0
		for _, e := range r.Endings {
			if e.Ended != nil {
				ended++
			}
		}
		return ended > n
	})
	return l.run.Ending(m.PID)
}

// heldUp is a bench whose run waits for a person behind a session that keeps its
// lock. The session is the test's own, to do more with it.
func heldUp(t *testing.T, sql ...string) (*bench, *life, *pgx.Conn) {
	t.Helper()
	b, l, release := blocked(t)
	x := b.db.Conn(t)
	for _, s := range append([]string{
		"SET application_name = 'worker'", "BEGIN", "LOCK TABLE orders IN ACCESS SHARE MODE",
	}, sql...) {
		if _, err := x.Exec(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	release()
	return b, l, x
}

// TestABlockerIsEndedByATypedConsent ends who is idle in a transaction: it is gone, it
// is said who asked, and the run goes on.
func TestABlockerIsEndedByATypedConsent(t *testing.T) {
	t.Parallel()
	b, l, x := heldUp(t)
	pid := x.PgConn().PID()
	seen := l.looked(pid)
	e := l.fate(journal.Message{PID: int(pid), Answer: fmt.Sprintf("terminate %d", pid), Bound: seen.Session.Key()})
	if e.Ended.Fate != journal.Gone || !strings.HasPrefix(e.By, "op1") || e.Application != "worker" {
		t.Fatalf("%+v of %+v", e.Ended, e)
	}
	b.db.WaitForGone(t, pid)
	if r := l.until("that it is seen to be gone", func(r *state.Run) bool {
		return r.Looked[int(pid)].Gone
	}); r.Looked[int(pid)].Session.Application != "worker" {
		t.Errorf("what it was is forgotten: %+v", r.Looked[int(pid)])
	}
	l.send(journal.Message{Kind: journal.Answer, ID: "run.go_on", Answer: "yes"})
	if r := l.end(); r.Finished == nil || r.Finished.Exit != steps.ExitDone {
		t.Fatalf("afterwards: %+v\n%v", r.Finished, r.Log)
	}
}

// TestNothingIsEndedWithoutExactConsent: the engine checks again what a screen has
// checked, for a screen may be wrong.
func TestNothingIsEndedWithoutExactConsent(t *testing.T) {
	t.Parallel()
	b, l, x := heldUp(t)
	pid := x.PgConn().PID()
	terminate := fmt.Sprintf("terminate %d", pid)
	unseen := l.fate(journal.Message{PID: int(pid), Answer: terminate, Bound: "?"})
	if unseen.Ended.Fate != journal.NotSent {
		t.Errorf("ended what nobody looked at: %+v", unseen.Ended)
	}
	key := l.looked(pid).Session.Key()
	own := uint32(dbtest.QueryVal[int32](t, b.db,
		`SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'belay/%/+monitor'`))
	ownKey := l.looked(own).Session.Key()
	for name, m := range map[string]journal.Message{
		"no words":          {PID: int(pid), Bound: key},
		"other words":       {PID: int(pid), Answer: "yes", Bound: key},
		"another pid":       {PID: int(pid), Answer: fmt.Sprintf("terminate %d", pid+1), Bound: key},
		"words with spaces": {PID: int(pid), Answer: " " + terminate, Bound: key},
		"no key":            {PID: int(pid), Answer: terminate},
		"the key of others": {PID: int(pid), Answer: terminate, Bound: ownKey},
		// It runs nothing: a cancel would be said to help and do nothing.
		"cancel of who is idle": {PID: int(pid), Answer: fmt.Sprintf("cancel %d", pid), Bound: key},
		"belay's own session":   {PID: int(own), Answer: fmt.Sprintf("terminate %d", own), Bound: ownKey},
		"belay's own, canceled": {PID: int(own), Answer: fmt.Sprintf("cancel %d", own), Bound: ownKey},
		"nobody":                {PID: 0, Answer: "terminate 0", Bound: key},
	} {
		if e := l.fate(m); e.Ended.Fate != journal.NotSent || e.Ended.Why == "" {
			t.Errorf("%s: %+v", name, e.Ended)
		}
	}
	if n := b.db.Count(t, fmt.Sprintf("pg_stat_activity WHERE pid IN (%d, %d)", pid, own)); n != 2 {
		t.Errorf("%d of the two sessions are there", n)
	}
	l.send(journal.Message{Kind: journal.Answer, ID: "run.go_on", Answer: "no"})
	l.end()
}

// TestABlockerThatLetsGoMeanwhile ends or goes on by itself between the look and the
// words: nothing is sent, and that is said.
func TestABlockerThatLetsGoMeanwhile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		meanwhile func(*testing.T, *bench, *pgx.Conn)
		why       string
	}{
		"it ends": {func(t *testing.T, b *bench, x *pgx.Conn) {
			_ = x.Close(t.Context())
			b.db.WaitForGone(t, x.PgConn().PID())
		}, "it had ended by itself before"},
		"it commits": {func(t *testing.T, _ *bench, x *pgx.Conn) {
			if _, err := x.Exec(t.Context(), "COMMIT"); err != nil {
				t.Fatal(err)
			}
		}, "it had ended that transaction by itself before"},
		"it serves the next request": {func(t *testing.T, _ *bench, x *pgx.Conn) {
			if _, err := x.Exec(t.Context(), "COMMIT; BEGIN; SELECT 1 FROM orders"); err != nil {
				t.Fatal(err)
			}
		}, "it had ended that transaction by itself before"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, l, x := heldUp(t)
			pid := x.PgConn().PID()
			key := l.looked(pid).Session.Key()
			c.meanwhile(t, b, x)
			e := l.fate(journal.Message{PID: int(pid), Answer: fmt.Sprintf("terminate %d", pid), Bound: key})
			if e.Ended.Fate != journal.NotSent || !strings.Contains(e.Ended.Why, c.why) {
				t.Errorf("%+v", e.Ended)
			}
			l.send(journal.Message{Kind: journal.Answer, ID: "run.go_on", Answer: "no"})
			l.end()
		})
	}
}

// TestTwoTerminalsEndOneSession: one of them is heard, the other is told.
func TestTwoTerminalsEndOneSession(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	_, l, x := heldUp(t)
	pid := x.PgConn().PID()
	m := journal.Message{
		Kind: journal.End, PID: int(pid), Answer: fmt.Sprintf("terminate %d", pid), Bound: l.looked(pid).Session.Key(),
	}
	for _, name := range []string{"op1", "op2"} {
		m.Name = name
		l.send(m)
	}
	fates := map[journal.Fate]int{}
	l.until("both fates", func(r *state.Run) bool {
		clear(fates)
		for _, e := range r.Endings {
			if e.Ended != nil {
				fates[e.Ended.Fate]++
			}
		}
		return len(r.Endings) == 2 && fates[journal.Gone]+fates[journal.NotSent] == 2
	})
	if fates[journal.Gone] != 1 {
		t.Errorf("fates %v", fates)
	}
	l.send(journal.Message{Kind: journal.Answer, ID: "run.go_on", Answer: "no"})
	l.end()
}

// TestCancelBeforeTerminate: what runs is cancelled first; only where that did not
// help may the connection be ended.
func TestCancelBeforeTerminate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		savepoint string
		fate      journal.Fate
	}{
		"a cancel helps":             {"SELECT 1", journal.LetGo},
		"a savepoint keeps the lock": {"SAVEPOINT s", journal.StillThere},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, l, x := heldUp(t, c.savepoint)
			pid := x.PgConn().PID()
			ended := make(chan error, 1)
			go func() { _, err := x.Exec(t.Context(), "SELECT pg_sleep(600)"); ended <- err }()
			b.db.WaitUntil(t,
				fmt.Sprintf("EXISTS (SELECT FROM pg_stat_activity WHERE pid = %d AND wait_event = 'PgSleep')", pid))
			key := l.looked(pid).Session.Key()
			terminate := journal.Message{PID: int(pid), Answer: fmt.Sprintf("terminate %d", pid), Bound: key}
			if e := l.fate(terminate); e.Ended.Fate != journal.NotSent {
				t.Errorf("terminated before a cancel: %+v", e.Ended)
			}
			if e := l.fate(journal.Message{
				PID: int(pid), Answer: fmt.Sprintf("cancel %d", pid), Bound: key,
			}); e.Ended.Fate != c.fate {
				t.Errorf("cancelled: %+v", e.Ended)
			}
			if db.SQLState(<-ended) != "57014" {
				t.Error("its statement was not cancelled")
			}
			if c.fate == journal.StillThere {
				terminate.Bound = l.looked(pid).Session.Key()
				if e := l.fate(terminate); e.Ended.Fate != journal.Gone {
					t.Errorf("terminated: %+v", e.Ended)
				}
			}
			l.send(journal.Message{Kind: journal.Answer, ID: "run.go_on", Answer: "no"})
			l.end()
		})
	}
}

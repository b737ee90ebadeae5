package live

import (
	"context"
	"errors"
	"flag"
	"strconv"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/sqlview/activity"
	"belay/sqlview/lock"
	"belay/tui"
	"belay/tui/tuitest"
)

var update = flag.Bool("update", false, "write the frames that are seen")

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// stage is a watch without a terminal and without a server.
type stage struct {
	*model
	clock time.Time
}

func newStage(w, h int, ascii bool) *stage {
	st := &stage{clock: noon}
	st.model = newModel(context.Background(), Config{
		Terminal: tui.Config{Now: func() time.Time {
			return st.clock
		}, ASCII: ascii, Environment: []string{"LANG=C.UTF-8"}},
		Title: "shop on db1.eu:5432",
		Find: func(_ context.Context, name string) (Followed, error) {
			if name != "orders" && name != "public.orders" {
				return Followed{}, errors.New("there is no relation " + name + "; did you mean public.orders?")
			}
			return Followed{Name: "public.orders", Parts: []string{"public.orders"}}, nil
		},
		See: func(_ context.Context, pid int) (activity.Session, bool, error) {
			return activity.Session{
				PID: pid, BackendStart: noon.Add(-time.Hour), TransactionStart: noon.Add(-5 * time.Minute),
				StateSince: noon.Add(-5 * time.Minute), At: noon,
				Application: "report", User: "shop_app", Database: "shop", BackendType: "client backend",
				State: "idle in transaction",
				Query: "SELECT id\n  FROM orders\n WHERE id = 1",
				Holds: []activity.Held{{Mode: lock.AccessShare, Relation: "public.orders"}},
			}, true, nil
		},
	})
	st.do(tea.WindowSizeMsg{Width: w, Height: h})
	return st
}

// opens is the server's first answer.
func (st *stage) opens() {
	st.do(openedMsg{Opened{Environment: "production", Relations: []string{"public.orders", "public.items"}}})
}

// samples is a moment that was asked for now and answered at once.
func (st *stage) samples(s activity.Sample) {
	st.do(sampledMsg{moment: Moment{Sample: s, Asked: st.clock, Answered: st.clock}})
}

func (st *stage) do(msg tea.Msg) {
	_, cmd := st.Update(msg)
	if cmd == nil {
		return
	}
	if next := cmd(); next != nil {
		st.Update(next)
	}
}

func (st *stage) keys(keys ...string) {
	named := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "pgdown": tea.KeyPgDown,
		"space": tea.KeySpace}
	for _, k := range keys {
		if c, ok := named[k]; ok {
			st.do(tea.KeyPressMsg{Code: c})
			continue
		}
		for _, r := range strings.TrimPrefix(k, "TEXT:") {
			st.do(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
}

// moments plays two minutes of samples.
func (st *stage) moments(waiters int) {
	st.opens()
	for i := range 120 {
		st.clock = noon.Add(time.Duration(i) * time.Second)
		st.samples(moment(st.clock, i, waiters))
	}
	st.clock = st.clock.Add(400 * time.Millisecond)
	st.do(tickOnly{})
}

// tickOnly moves the clock and starts no other.
type tickOnly struct{}

func moment(at time.Time, i, waiters int) activity.Sample {
	s := activity.Sample{
		At: at, CostMS: 4,
		Sessions: activity.Sessions{
			Total: 40, Max: 100, Active: 6, IdleInTransaction: 1, Waiting: waiters, OldestTransactionMS: 301_000,
		},
		Transactions: []activity.Transaction{
			{PID: 14340, Application: "report", User: "shop_app", State: "idle in transaction", AgeMS: 301_000},
		},
		Replicas: []activity.Replica{{Name: "b", LagMS: 300, LagBytes: 4096}},
		Slots: []activity.ReplicationSlot{
			{Name: "old_b", KeptBytes: 41 << 30, Rows: true}, {Name: "b", Active: true, KeptBytes: 4096},
		},
		Progress: []activity.Progress{{
			PID: 77, Command: "VACUUM", Relation: "public.items", Phase: "scanning heap", Done: 300, Total: 1000,
			Unit: "blocks",
		},
			{
				PID: 78, Command: "COPY FROM", Relation: "public.items", Phase: "copying rows", Done: 41_000,
				Unit: "tuples",
			}},
		Tables: []activity.Table{
			{
				Relation: "public.orders", Bytes: 181e6 + int64(i)*8192, Rows: 2e6, ReadsPerSecond: float64(40 + i%7),
				WritesPerSecond: float64(i), Dead: 41_000,
			},
			{Relation: "public.items", Bytes: 600e6, Rows: -1, ReadsPerSecond: 3, WritesPerSecond: 0, Dead: 12},
		},
	}
	if waiters == 0 {
		return s
	}
	holder := activity.Lock{PID: 14340, Application: "report", User: "shop_app", BackendType: "client backend",
		State: "idle in transaction", SinceMS: 301_000,
		Mode: lock.AccessShare, Relation: "public.orders", Granted: true, Query: "select id from orders where id=1;"}
	alter := activity.Lock{PID: 9120, Application: "psql", User: "dba", State: "active", SinceMS: 90_000,
		Mode: lock.AccessExclusive, Relation: "public.orders",
		Query: "ALTER TABLE orders ADD COLUMN note text", BlockedBy: []int{14340}}
	holder.Blocks = []int{9120}
	s.Locks = []activity.Lock{holder, alter}
	for n := range waiters - 1 {
		pid := 10_000 + n
		s.Locks[1].Blocks = append(s.Locks[1].Blocks, pid)
		s.Locks = append(s.Locks,
			activity.Lock{PID: pid, Application: "web", User: "app", State: "active", SinceMS: int64(80_000 - n*100),
				Mode:     lock.RowExclusive,
				Relation: "public.orders", Query: "UPDATE orders SET status = $1 WHERE id = $2",
				BlockedBy: []int{9120}})
	}
	return s
}

// TestFrames compares what is seen with testdata/frames.txtar. A section is
// "WIDTHxHEIGHT WAITERS [ascii] KEYS…".
func TestFrames(t *testing.T) {
	tuitest.Frames(t, "testdata/frames.txtar", *update, func(w, h int, ascii bool, words []string) string {
		waiters, err := strconv.Atoi(words[0])
		if err != nil {
			t.Fatal(err)
		}
		st := newStage(w, h, ascii)
		st.moments(waiters)
		st.keys(words[1:]...)
		return st.draw()
	})
}

// TestTheCursorStaysOnItsSession: the tree moves under it every second.
func TestTheCursorStaysOnItsSession(t *testing.T) {
	st := newStage(80, 24, false)
	st.moments(400)
	st.keys("z", "G")
	if st.pid != 10_398 {
		t.Fatalf("the last of the tree is %d", st.pid)
	}
	st.samples(moment(st.clock, 121, 401))
	if all := st.rows(); all[st.cursor(all)].Lock.PID != 10_398 {
		t.Error("the cursor is on another session")
	}
}

// TestNoAnswer: what is old says so, and nothing is taken for new.
func TestNoAnswer(t *testing.T) {
	st := newStage(80, 24, false)
	st.moments(0)
	st.clock = st.clock.Add(9 * time.Second)
	st.do(sampledMsg{err: errors.New("no slot is free (SQLSTATE 53300)")})
	if f := tuitest.Plain(st.draw()); !strings.Contains(f, "no answer") ||
		!strings.Contains(f, "no sample for 9.4 s: no slot is free (SQLSTATE 53300)") {
		t.Error(f)
	}
}

// TestBeforeTheFirstSample: the screen is there before the server is, and says what it
// waits for and how long.
func TestBeforeTheFirstSample(t *testing.T) {
	st := newStage(80, 24, false)
	sees := func(texts ...string) {
		t.Helper()
		f := tuitest.Plain(st.draw())
		for _, text := range texts {
			if !strings.Contains(f, text) {
				t.Errorf("%q is not seen:\n%s", text, f)
			}
		}
	}
	sees("PRODUCTION?", "shop on db1.eu:5432", "q leave")
	st.clock = st.clock.Add(3 * time.Second)
	st.do(tickOnly{})
	sees("waiting for the connection to shop on db1.eu:5432: 3 s")
	st.do(waitsMsg("the largest tables"))
	st.clock = st.clock.Add(time.Second)
	st.do(tickOnly{})
	sees("waiting for the largest tables: 1 s")
	st.opens()
	sees(" PRODUCTION ", "waiting for the first sample: 0 ms")
	if _, cmd := st.Update(failedMsg{errors.New("gone")}); cmd == nil || st.err == nil {
		t.Error("what ends the watch does not end the screen")
	}
}

// TestSlowLine: an age counts from when the server was asked, and the line is named.
func TestSlowLine(t *testing.T) {
	st := newStage(80, 24, false)
	st.opens()
	asked := st.clock
	st.clock = st.clock.Add(504 * time.Millisecond)
	st.do(sampledMsg{moment: Moment{Sample: moment(asked, 0, 0), Asked: asked, Answered: st.clock}})
	if f := tuitest.Plain(st.draw()); !strings.Contains(f, "0.5 s ago") ||
		!strings.Contains(f, "a sample costs the server 4 ms; the line adds 500 ms") {
		t.Error(f)
	}
}

// TestPauseAsksNothing: a paused screen stays as it is, and its sampler is told.
func TestPauseAsksNothing(t *testing.T) {
	st := newStage(80, 24, false)
	st.moments(3)
	st.do(tea.KeyPressMsg{Code: tea.KeySpace, Text: " "})
	if _, paused := st.asking.wanted(); !paused {
		t.Fatal("it still asks")
	}
	st.samples(moment(st.clock, 121, 0))
	if f := tuitest.Plain(st.draw()); !strings.Contains(f, "paused at 12:01:59") || !strings.Contains(f, "3 waiting") {
		t.Error(f)
	}
}

// BenchmarkFrameOf400Waiters is what a frame costs where many wait.
func BenchmarkFrameOf400Waiters(b *testing.B) {
	st := newStage(80, 24, false)
	st.moments(400)
	for b.Loop() {
		st.draw()
	}
}

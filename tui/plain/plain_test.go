package plain

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"belay/steps/journal"
	"belay/tui/follow"
	"belay/tui/tuitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// paper is what was written, safe to read while it grows.
type paper struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// talk is a plain front end on a run folder that the test writes.
type talk struct {
	t      *testing.T
	engine *tuitest.Engine
	in     *os.File
	out    *paper
	left   chan follow.Left
	done   chan struct{}
}

func start(t *testing.T, story string) *talk {
	t.Helper()
	engine, err := tuitest.NewEngine(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	k := &talk{t: t, engine: engine, in: w, out: &paper{}, left: make(chan follow.Left, 1), done: make(chan struct{})}
	k.play(story)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(k.done)
		left, err := Follow(ctx, Config{
			Folder: engine.Folder, Name: "op1", In: r, Out: k.out,
			Now: func() time.Time { return tuitest.Epoch.Add(time.Second).In(tuitest.Zone) },
		})
		if err != nil {
			t.Error(err)
		}
		k.left <- left
	}()
	t.Cleanup(func() {
		cancel()
		<-k.done
		w.Close()
		r.Close()
		engine.Close()
	})
	return k
}

func (k *talk) play(story string) {
	k.t.Helper()
	s, err := tuitest.Load("../testdata/" + story + ".txtar")
	if err != nil {
		k.t.Fatal(err)
	}
	for _, e := range s.Entries {
		if err := k.engine.Write(e); err != nil {
			k.t.Fatal(err)
		}
	}
}

// sees waits until the text was written.
func (k *talk) sees(text string) {
	k.t.Helper()
	if !tuitest.Until(func() bool { return strings.Contains(k.out.String(), text) }) {
		k.t.Fatalf("%q was never written:\n%s", text, k.out)
	}
}

func (k *talk) types(line string) {
	k.t.Helper()
	if _, err := io.WriteString(k.in, line+"\n"); err != nil {
		k.t.Fatal(err)
	}
}

// hears waits for a message in the inbox.
func (k *talk) hears(want journal.Message) {
	k.t.Helper()
	var got []journal.Received
	found := tuitest.Until(func() bool {
		some, err := k.engine.Inbox.Take()
		if err != nil {
			k.t.Fatal(err)
		}
		got = append(got, some...)
		for _, m := range got {
			m.Name, m.Screen, m.N = "", "", 0
			if m.Message == want {
				return true
			}
		}
		return false
	})
	if !found {
		k.t.Fatalf("%+v was never sent; only %+v\n%s", want, got, k.out)
	}
}

func (k *talk) ends() follow.Left {
	k.t.Helper()
	select {
	case left := <-k.left:
		return left
	case <-time.After(10 * time.Second):
		k.t.Fatalf("it does not end:\n%s", k.out)
		return follow.Left{}
	}
}

// A whole run: the heart sentence stands before the name is asked for, a wrong
// name runs nothing, the end is the report.
func TestRun(t *testing.T) {
	k := start(t, "base")
	k.sees(`Type the database name (shop) to run, or "no": `)
	out := k.out.String()
	if !strings.Contains(out,
		"needs ACCESS EXCLUSIVE on public.orders (48 GB, ~212 M rows): instant; blocks reads and writes") ||
		!strings.Contains(out, "it would wait behind pid 881 (worker, user app") {
		t.Errorf("no heart sentence before the question:\n%s", out)
	}
	k.types("sho")
	k.sees(`that is not "shop"; nothing runs`)
	k.types("shop")
	k.hears(journal.Message{Life: 1, Kind: journal.Answer, ID: "run.confirm", Answer: "shop"})
	// The story begins with what is there already; only its end is new.
	for _, e := range tail(t, "done", "base") {
		if err := k.engine.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	k.sees("[x] applied 42 in 63 ms (try 4, which took 60 ms): history row 42   version=42 ms=63")
	k.sees("applied: 1 of 1 applied, recorded and verified   exit=0")
	if left := k.ends(); left.How != follow.Finished || left.Run.Finished.Exit != 0 {
		t.Errorf("left: %s", left.How)
	}
}

func tail(t *testing.T, story, without string) []tuitest.Entry {
	t.Helper()
	long, err := tuitest.Load("../testdata/" + story + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	short, err := tuitest.Load("../testdata/" + without + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	return long.Entries[len(short.Entries):]
}

// asks is an engine that has taken an answer and asks something else.
func (k *talk) asks(id, answer, question string) {
	k.t.Helper()
	answered, err := json.Marshal(map[string]string{"id": id, "answer": answer})
	if err != nil {
		k.t.Fatal(err)
	}
	for _, e := range []tuitest.Entry{
		{Kind: "question.answered", Body: answered}, {Kind: "question.asked", Body: []byte(question)},
	} {
		if err := k.engine.Write(e); err != nil {
			k.t.Fatal(err)
		}
	}
}

func TestStop(t *testing.T) {
	k := start(t, "run-waiting")
	k.sees("try 3: lock timeout after 203 ms, behind pid 881")
	k.types("stop")
	k.hears(journal.Message{Life: 1, Kind: journal.Stop, Now: true})
	k.types("who")
	k.sees("pid 9120 (belay/7f3a11c2/run, user migrator, active 40 ms) waits for ACCESS EXCLUSIVE on public.orders")
	k.types("detach")
	k.hears(journal.Message{Life: 1, Kind: journal.Unwatched})
	if left := k.ends(); left.How != follow.Detached {
		t.Errorf("left: %s", left.How)
	}
}

func TestStopWithNothingRunning(t *testing.T) {
	k := start(t, "base")
	k.sees("Type the database name")
	k.types("stop")
	k.sees("nothing to stop")
	k.types("no")
	k.hears(journal.Message{Life: 1, Kind: journal.Abandon})
}

// Questions are asked one at a time, and only their own words are answers.
func TestQuestion(t *testing.T) {
	k := start(t, "first-time")
	k.sees("target.environment [production/staging/local] (empty: production): ")
	k.types("prod")
	k.sees("one of these words: production, staging, local")
	k.types("staging")
	k.hears(journal.Message{Life: 1, Kind: journal.Answer, ID: "target.environment", Answer: "staging"})
}

// Lines that came before they were asked for do not slide: the first that is no answer
// ends the look, and what follows it answers nothing.
func TestLinesAheadDoNotSlide(t *testing.T) {
	k := start(t, "first-time")
	k.sees("target.environment [production/staging/local] (empty: production): ")
	k.types("staging")
	k.types("prod")
	k.types("local")
	k.hears(journal.Message{Life: 1, Kind: journal.Answer, ID: "target.environment", Answer: "staging"})
	k.asks("target.environment", "staging", `{"id":"backup.choice","text":"which copy?","options":["none","dump"]}`)
	k.sees(`"prod", written before it was asked for, does not answer backup.choice: one of these words: none, dump`)
	k.hears(journal.Message{Life: 1, Kind: journal.Abandon})
}

// A line that was written ahead is nobody's reason unless it names the question.
func TestLinesAheadAreNoReasons(t *testing.T) {
	k := start(t, "first-time")
	k.sees("target.environment [production/staging/local] (empty: production): ")
	k.types("target.environment = staging")
	k.types("review.accept.h1 = nobody writes = at night")
	k.types("none")
	k.hears(journal.Message{Life: 1, Kind: journal.Answer, ID: "target.environment", Answer: "staging"})
	k.asks("target.environment", "staging", `{"id":"review.accept.h1","text":"why is it acceptable?"}`)
	k.hears(journal.Message{Life: 1, Kind: journal.Answer, ID: "review.accept.h1", Answer: "nobody writes = at night"})
	k.asks("review.accept.h1", "nobody writes = at night", `{"id":"review.accept.h2","text":"and this?"}`)
	k.sees(`"none", written before it was asked for, does not answer review.accept.h2: ` +
		`words of your own are taken from a line that names the question, as review.accept.h2 = …`)
	k.hears(journal.Message{Life: 1, Kind: journal.Abandon})
}

// The end of the input is no answer: the engine is told that none will come.
func TestEndOfInput(t *testing.T) {
	k := start(t, "base")
	k.sees("Type the database name")
	k.in.Close()
	k.hears(journal.Message{Life: 1, Kind: journal.Abandon})
	if err := k.engine.Write(tuitest.Entry{
		After: 5 * time.Second, Kind: "run.finished",
		Body: []byte(`{"exit":4,"outcome":"needs a person","summary":"nobody answers any more: nothing has changed"}`),
	}); err != nil {
		t.Fatal(err)
	}
	k.sees("needs a person: nobody answers any more: nothing has changed   exit=4")
	k.ends()
}

// Whatever a database says, no control character reaches the paper.
func TestWhatIsWrittenIsClean(t *testing.T) {
	k := start(t, "base")
	k.sees("Type the database name")
	if err := k.engine.Write(tuitest.Entry{
		After: 2 * time.Second, Kind: "note", Body: []byte(`{"text":"name \u001b[2J\u202e\nend"}`),
	}); err != nil {
		t.Fatal(err)
	}
	k.sees(`name \x1b[2J\u202e end`)
	for _, r := range k.out.String() {
		if r < 0x20 && r != '\n' {
			t.Errorf("%U was written", r)
		}
	}
}

func TestContextEndsIt(t *testing.T) {
	engine, err := tuitest.NewEngine(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	left, err := Follow(ctx, Config{Folder: engine.Folder, In: strings.NewReader(""), Out: io.Discard})
	if err != nil || left.How == follow.Finished {
		t.Errorf("left %s: %v", left.How, err)
	}
}

// A reader is asked nothing and changes nothing; keys asks for the keys.
func TestReader(t *testing.T) {
	k := start(t, "pair-reads")
	k.sees("watching: op2 (holds the keys)")
	k.types("stop")
	k.sees("you read: op2 holds the keys")
	k.types("keys")
	k.hears(journal.Message{Kind: journal.AskKeys, Life: 1})
	k.types("q")
	if left := k.ends(); left.How != follow.Detached {
		t.Errorf("left %+v", left.How)
	}
	if strings.Contains(k.out.String(), "stop was asked") {
		t.Errorf("it stopped\n%s", k.out)
	}
}

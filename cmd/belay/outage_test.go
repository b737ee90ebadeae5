package main

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"belay/db/dbtest"
)

// outage is one cell: a command that meets an outage at a phase.
type outage struct {
	*cell
	phase phase
	kind  outageKind

	mu   sync.Mutex // guards said
	said bytes.Buffer
	exit int
	// met is true where the command had not ended before the server was back.
	met bool
	// keys is the command's standard input, where a person types.
	keys io.WriteCloser
}

// Write takes what the command prints.
func (o *outage) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.said.Write(b)
}

func (o *outage) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.said.String()
}

// prompt is a question that a command asks without a screen.
var prompt = regexp.MustCompile(`(?m)^ *([a-z_]+\.[a-z_.]+)(?: \[[^\]]*\])?(?: \(empty: [^)]*\))?: $|` +
	`Type the database name \((\w+)\)`)

// types is a line of who sits before a command that has no screen.
func (o *outage) types(line string) {
	if _, err := io.WriteString(o.keys, line+"\n"); err != nil {
		o.t.Fatal(err)
	}
}

// answersAll answers what is asked, until the run is open.
func (o *outage) answersAll() {
	for seen := 0; ; {
		var text string
		var at []int
		o.await("a question, or the run", func() bool {
			text = o.text()[seen:]
			at = prompt.FindStringSubmatchIndex(text)
			return at != nil || o.opened()
		})
		if at == nil {
			return
		}
		seen += at[1]
		if at[4] >= 0 {
			o.types(text[at[4]:at[5]])
			continue
		}
		_, rest, _ := strings.Cut("\n"+outageAnswers, "\n"+text[at[2]:at[3]]+" = \"")
		answer, _, _ := strings.Cut(rest, "\"")
		o.types(answer)
	}
}

func (o *outage) opened() bool { return strings.Contains(o.journal(), `"kind":"run.opened"`) }

func (o *outage) samples() int { return strings.Count(o.text(), `"sessions"`) }

// lasts is how long an outage takes: it is the case itself, not a wait for something.
func (o *outage) lasts(d time.Duration) { time.Sleep(d) }

const outageAnswers = crashAnswers + `ledger.create = "yes"
run.resolve = "wait"
run.lost = "again"
run.go_on = "yes"
target.timeline = "yes"
target.address = "yes"
`

func ranOnce(o *outage) {
	o.unblock()
	o.again("run", "--answers", "all.toml")
	o.checkEnd()
}

func filledOnce(o *outage) {
	o.again(fill...)
	if n := o.db.Count(o.t, "orders WHERE total <> id + 1"); n != 0 {
		o.t.Errorf("%d rows are not filled exactly once", n)
	}
}

// again gives the command until it is done: whatever an outage ended can be gone on
// with.
func (o *outage) again(args ...string) {
	for range 5 {
		if o.awaitEngine(); o.finished() {
			return
		}
		if out, code := o.belay(args...); code == 0 {
			return
		} else {
			o.t.Log(out)
		}
	}
	o.t.Fatal("it does not come to its end")
}

// bounded is how long a command may take to end, or to come back, once the server
// is there again. It is longer than any limit of belay's, on a busy machine.
const bounded = 100 * time.Second

// sinceWhen is how a wait for the server is said.
var sinceWhen = regexp.MustCompile(`since [0-9]{2}:[0-9]{2}:[0-9]{2}|"since":"`)

// sweptNote tells of what another program of this host left behind.
var sweptNote = regexp.MustCompile(`a throwaway cluster whose belay ended without a word had left [^"\n]*`)

// play reports whether the command came back by itself; else it ended with a reason.
func (o *outage) play() (back bool) {
	o.write("work/all.toml", outageAnswers)
	o.db.Exec(o.t, `INSERT INTO orders SELECT n, n FROM generate_series(21, 300) n; ANALYZE orders;
		CREATE FUNCTION slowly(n int) RETURNS int LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.005); RETURN n + 1; END'`)
	if o.phase.before != nil {
		o.phase.before(o)
	}
	arrived := o.phase.reach(o)
	ended := o.start()
	if o.phase.typed {
		o.answersAll()
	}
	arrived()
	o.kind.strike(o)
	select {
	case <-ended:
	default:
		o.met = true
	}
	o.unblock()
	if lives := o.phase.lives; lives != nil {
		seen := lives(o)
		o.await("a sample after the outage", func() bool { return lives(o) > seen+1 })
		if o.phase.end != nil {
			o.phase.end(o)
		} else if err := o.front.Process.Signal(syscall.SIGINT); err != nil {
			o.t.Fatal(err)
		}
	}
	select {
	case <-ended:
	case <-time.After(bounded):
		o.t.Fatalf("it neither comes back nor ends:\n%s\n%s", o.text(), o.journal())
	}
	o.wellSaid()
	if o.kind.over != nil {
		o.kind.over(o)
	}
	if o.phase.truth != nil {
		o.phase.truth(o)
	}
	return o.exit == 0
}

// wellSaid holds what was printed against how the command ended.
func (o *outage) wellSaid() {
	text := o.text() + o.journal()
	switch o.exit {
	case 0:
		if o.kind.told && o.met && o.phase.truth != nil && !sinceWhen.MatchString(text) {
			o.t.Errorf("it waited and did not say since when:\n%s", text)
		}
	case 1, 4, 5:
		if !strings.Contains(text, "hint") && !strings.Contains(text, "-> ") {
			o.t.Errorf("exit %d without a word what to do now:\n%s", o.exit, text)
		}
	default:
		o.t.Errorf("exit %d:\n%s", o.exit, text)
	}
	for _, wrong := range []string{
		"panic", "ended without a word", "context canceled", "context deadline exceeded", "another backfill of",
	} {
		if strings.Contains(sweptNote.ReplaceAllString(o.text(), ""), wrong) {
			o.t.Errorf("it says %q:\n%s", wrong, o.text())
		}
	}
}

// start runs the command beside the test.
func (o *outage) start() (ended chan struct{}) {
	ended = make(chan struct{})
	cmd := o.command(o.phase.args...)
	cmd.Stdout, cmd.Stderr = o, o
	var err error
	if o.phase.typed {
		o.keys, err = cmd.StdinPipe()
	}
	if err := errors.Join(err, cmd.Start()); err != nil {
		o.t.Fatal(err)
	}
	o.front = cmd
	go func() {
		defer close(ended)
		var exit *exec.ExitError
		if err := cmd.Wait(); errors.As(err, &exit) {
			o.exit = exit.ExitCode()
		}
	}()
	o.t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	return ended
}

// TestOutageTable takes the server away from each command at each of its phases, in
// each way. The command comes back by itself, or ends in bounded time with the
// reason; going on then ends with each effect once. The short form plays the outage that
// was reported and draws one more phase and a way for it: BELAY_SEED=n draws the
// same again.
// Case: backfill-restart-hang.
func TestOutageTable(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if s := os.Getenv("BELAY_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("BELAY_SEED=%d", seed)
	cells := outageCells(seed)
	slices.SortStableFunc(cells, func(a, b *outage) int { return weightOf(b.kind) - weightOf(a.kind) })
	var mu sync.Mutex
	back, ended := 0, 0
	work := make(chan *outage)
	var workers sync.WaitGroup
	for range crashWorkers {
		workers.Go(func() {
			for o := range work {
				t.Run(o.phase.name+"/"+o.kind.name, func(t *testing.T) {
					o.cell = newCell(t, moment{files: quick},
						fault{own: o.kind.own, standby: o.kind.standby, settings: o.kind.settings}, nil)
					o.environ = append(o.environ, "BELAY_TEST_SLACK=1s")
					came := o.play()
					mu.Lock()
					defer mu.Unlock()
					if came {
						back++
					} else {
						ended++
					}
				})
			}
		})
	}
	for _, o := range cells {
		work <- o
	}
	close(work)
	workers.Wait()
	t.Logf("%d cells: %d came back by themselves, %d ended with the reason", len(cells), back, ended)
}

func weightOf(k outageKind) int {
	switch {
	case k.standby:
		return 2
	case k.own || k.long:
		return 1
	}
	return 0
}

// shortPhases is how many phases the short form draws. To those comes the one that was
// reported: a backfill fills, and the server is away for long enough to be met starting.
const shortPhases = 1

func outageCells(seed uint64) (cells []*outage) {
	if dbtest.Long() {
		for _, p := range phases {
			for _, k := range outages {
				cells = append(cells, &outage{phase: p, kind: k})
			}
		}
		return cells
	}
	short := slices.DeleteFunc(slices.Clone(outages), func(k outageKind) bool { return k.long })
	named := func(name string) func(phase) bool { return func(p phase) bool { return p.name == name } }
	reported := phases[slices.IndexFunc(phases, named("backfill fills"))]
	away := outages[slices.IndexFunc(outages, func(k outageKind) bool { return k.told })]
	cells = append(cells, &outage{phase: reported, kind: away})
	draw := rand.New(rand.NewPCG(seed, 3))
	kinds := draw.Perm(len(short))
	for i, p := range draw.Perm(len(phases))[:shortPhases] {
		cells = append(cells, &outage{phase: phases[p], kind: short[kinds[i]]})
	}
	return cells
}

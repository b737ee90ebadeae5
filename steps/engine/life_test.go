package engine

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"belay/db/dbtest"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/project"
	"belay/steps/state"
)

// lifeVariable names the file in which engines of this package's tests write down
// each turn that they take.
const lifeVariable = "BELAY_TEST_LIFE"

// writeTurns notes the turns of an engine process.
func writeTurns(p *patience) {
	name := os.Getenv(lifeVariable)
	if name == "" {
		return
	}
	p.moved = func(from phase, t turn) {
		f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			fmt.Fprintln(f, from, t)
			f.Close()
		}
	}
}

// mainWithLife runs the package's tests, and then wants every turn of follows to have
// been taken by one of them. Of a selection of tests nothing is wanted.
func mainWithLife(m *testing.M) {
	f, err := os.CreateTemp("", "belay-life-")
	if err != nil {
		panic(err)
	}
	f.Close()
	os.Setenv(lifeVariable, f.Name())
	code := dbtest.Run(m)
	if code == 0 && !selected() {
		code = wantTurns(f.Name())
	}
	os.Remove(f.Name())
	os.Exit(code)
}

// selected reports whether only some of the tests were asked for.
func selected() bool {
	return slices.ContainsFunc([]string{"test.run", "test.skip", "test.list"}, func(name string) bool {
		return flag.Lookup(name).Value.String() != ""
	})
}

func wantTurns(name string) (code int) {
	b, err := os.ReadFile(name)
	if err != nil {
		fmt.Println("the turns of the engines:", err)
		return 1
	}
	taken := strings.Split(string(b), "\n")
	for p, turns := range follows {
		for t, to := range turns {
			if line := fmt.Sprint(p, " ", t); (to != p || p == looking) && !slices.Contains(taken, line) {
				fmt.Printf("life: no test of this package takes the turn %q\n", line)
				code = 1
			}
		}
	}
	return code
}

// drawn is follows as the package's doc shows it.
func drawn() string {
	var b strings.Builder
	cell := func(s string) { fmt.Fprintf(&b, "%-10s", s) }
	line := func() string {
		s := strings.TrimRight(b.String(), " ")
		b.Reset()
		return s + "\n"
	}
	cell("")
	for t := looksOn; t <= ends; t++ {
		cell(t.String())
	}
	all := line()
	for p := looking; p <= over; p++ {
		cell(p.String())
		for t := looksOn; t <= ends; t++ {
			to, may := follows[p][t]
			if may {
				cell(to.String())
			} else {
				cell("-")
			}
		}
		all += line()
	}
	return all
}

// TestLifeIsDrawn holds the table in the package's doc against life.
func TestLifeIsDrawn(t *testing.T) {
	src, err := os.ReadFile("order.go")
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for line := range strings.Lines(drawn()) {
		want += "//\t" + line
	}
	if !strings.Contains(string(src), want) {
		t.Errorf("the doc of the package does not show\n%s", want)
	}
}

// TestPhasesFollowLife: nothing but move says which phase follows.
func TestPhasesFollowLife(t *testing.T) {
	set := token.NewFileSet()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	assigned := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			a, is := n.(*ast.AssignStmt)
			if !is {
				return true
			}
			for _, left := range a.Lhs {
				if s, is := left.(*ast.SelectorExpr); is && s.Sel.Name == "phase" {
					if assigned++; name != "life.go" {
						t.Errorf("%s: a phase is set outside life.go", set.Position(a.Pos()))
					}
				}
			}
			return true
		})
	}
	if assigned != 1 {
		t.Errorf("%d assignments of a phase, want that of move", assigned)
	}
}

// TestATurnThatCannotCome ends the process before anything is done.
func TestATurnThatCannotCome(t *testing.T) {
	g := &engine{diary: &diary{phase: running}}
	defer func() {
		if p := fmt.Sprint(recover()); !strings.Contains(p, "an engine that is running confirms") {
			t.Errorf("it went on: %s", p)
		}
		if g.phase != running {
			t.Errorf("it is %s now", g.phase)
		}
	}()
	g.move(confirms)
}

// TestAYesThatComesWhileItLooks counts as one that comes while it waits: the facts are
// read once more before anything opens.
func TestAYesThatComesWhileItLooks(t *testing.T) {
	for _, from := range []phase{looking, idle} {
		g := lifeless(t, from)
		if err := g.confirmed("yes", "tester"); err != nil {
			t.Fatal(err)
		}
		first, again := g.queue.take()
		if g.phase != looking || g.approved == nil || !again || first != 0 {
			t.Errorf("%s: it is %s, approved %v, looks again %v from %d", from, g.phase, g.approved, again, first)
		}
	}
}

// TestALookGoesWithItsScreen, whatever it does at that moment.
func TestALookGoesWithItsScreen(t *testing.T) {
	for _, from := range []phase{looking, idle} {
		g := lifeless(t, from)
		g.watchers.seen = true
		if err := g.unwatched(time.Now()); err != nil || g.phase != over {
			t.Errorf("%s: it is %s, %v", from, g.phase, err)
		}
	}
}

// TestNoRunBeforeItsFirstScreen: a terminal that ended before the engine looked who
// watches is no eye, and one that is still to come is waited for without a word.
func TestNoRunBeforeItsFirstScreen(t *testing.T) {
	g := lifeless(t, looking)
	g.folder, g.approved = t.TempDir(), &consent{}
	if !g.alone() {
		t.Error("a run would begin that nobody sees")
	}
	if err := g.heldBack(); err != nil || g.phase != looking || g.run.LeftBehind() {
		t.Errorf("it does not wait: it is %s, kept %v, %v", g.phase, g.run.LeftBehind(), err)
	}
	if g.stays() {
		t.Error("it would be kept for nobody")
	}
	screen, err := journal.Arrive(g.folder)
	if err != nil {
		t.Fatal(err)
	}
	defer screen.Leave()
	if g.alone() {
		t.Error("the first screen came, and it still waits")
	}
}

// lifeless is an engine without process, journal and server, in a phase.
func lifeless(t *testing.T, p phase) *engine {
	t.Helper()
	d := &diary{phase: p, now: time.Now, run: state.New()}
	g := &engine{
		diary: d, queue: newQueue(d, nil, func() int { return 0 }), env: &steps.Env{Project: &project.Project{}},
		approvals: newApprovals(&notary{diary: d}, &project.Project{}, nil),
	}
	g.questions = &questions{diary: d, queue: g.queue, takeover: &g.takeover}
	writeTurns(&g.patience)
	return g
}

// TestAnEndBeforeTheFirstLook: what cannot begin says so in its journal.
func TestAnEndBeforeTheFirstLook(t *testing.T) {
	t.Parallel()
	b := newBench(t, counted)
	b.order.Flags.Tool = "no-such-tool"
	if r := b.engine(); r.Finished == nil || r.Finished.Exit != steps.ExitFailed ||
		!strings.Contains(r.Finished.Summary, "no-such-tool") {
		t.Errorf("finished %+v", r.Finished)
	}
}

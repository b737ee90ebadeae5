package parse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newParser(t *testing.T) *Parser {
	t.Helper()
	p := &Parser{}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func kinds(t *testing.T, p *Parser, src string) string {
	t.Helper()
	files, err := p.Parse(context.Background(), []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, s := range files[0].Statements {
		if s.Problem != nil {
			list = append(list, s.Problem.Message)
			continue
		}
		list = append(list, s.Kind)
	}
	return strings.Join(list, ", ")
}

// TestChildIsLost takes the idle child away. The next call must not blame its
// first statement for it, large or small.
func TestChildIsLost(t *testing.T) {
	large := "SELECT '" + strings.Repeat("x", 4000) + "'"
	for _, src := range []string{"SELECT 1", large} {
		for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP} {
			p := newParser(t)
			p.patience = 200 * time.Millisecond
			if got := kinds(t, p, "SELECT 1"); got != "SELECT" {
				t.Fatal(got)
			}
			if err := p.child.cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if got := kinds(t, p, src+"; DROP TABLE t"); got != "SELECT, DROP TABLE" {
				t.Errorf("after %v: %s", sig, got)
			}
		}
	}
}

// TestManyBadAmongGood loses the child again and again in one call.
func TestManyBadAmongGood(t *testing.T) {
	deep := "SELECT 1" + strings.Repeat("+1", 30_000)
	var src, want []string
	for range 5 {
		src = append(src, "DROP TABLE t", deep, "SELECT FROM WHERE", "DELETE FROM t")
		want = append(want, "DROP TABLE", tooDeep, `syntax error at or near "WHERE"`, "DELETE")
	}
	if got := kinds(t, newParser(t), strings.Join(src, ";\n")); got != strings.Join(want, ", ") {
		t.Error(got)
	}
}

// TestContextEndsACall cancels while the child cannot answer.
func TestContextEndsACall(t *testing.T) {
	p := newParser(t)
	p.patience = time.Hour
	kinds(t, p, "SELECT 1")
	if err := p.child.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(20*time.Millisecond, func() { cancel(errors.New("the screen was closed")) })
	files, err := p.Parse(ctx, []byte("SELECT 1; SELECT 2"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range files[0].Statements {
		if s.Problem == nil || !strings.Contains(s.Problem.Message, "the screen was closed") {
			t.Errorf("%q: %v", s.SQL, s.Problem)
		}
	}
	if got := kinds(t, p, "SELECT 1"); got != "SELECT" {
		t.Error("the parser is not usable after it:", got)
	}
}

func TestSeveralAtOnce(t *testing.T) {
	p := newParser(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			files, err := p.Parse(context.Background(), fmt.Appendf(nil, "DROP TABLE t%d", i))
			if err != nil || !strings.HasSuffix(files[0].Statements[0].SQL, fmt.Sprint(i)) || files[0].Analysed() != 1 {
				t.Error(err, files)
			}
		})
	}
	wg.Wait()
}

func TestTooLarge(t *testing.T) {
	src := "SELECT '" + strings.Repeat("x", maxStatement) + "'; SELECT 1"
	if got := kinds(t, newParser(t), src); got != tooDeep+", SELECT" {
		t.Error(got)
	}
}

// TestChildHasNoSecrets reads the environment that the child was started with.
func TestChildHasNoSecrets(t *testing.T) {
	t.Setenv("PGPASSWORD", "hunter2")
	p := newParser(t)
	kinds(t, p, "SELECT 1")
	if env := strings.Join(p.child.cmd.Env, " "); strings.Contains(env, "hunter2") {
		t.Error(env)
	}
}

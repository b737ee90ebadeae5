// Package command runs a command of the team's: a smoke probe, a source of logs.
// It knows no shell, gives no database password away, and ends what it started.
// Whether a command may run at all is decided before, by consent.
package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// MaxOutput is how much of a command's output is kept: the last bytes.
const MaxOutput = 8 << 10

// graceful is how long a command that is to end may take before it is ended by
// force.
const graceful = time.Second

// Result is how a command ended.
type Result struct {
	// Exit is its exit code; -1 = it did not end by itself.
	Exit int
	// Output is what it wrote to both outputs, at most the last MaxOutput bytes.
	Output string
	Took   time.Duration
	// TimedOut is true where it was ended because its time was over.
	TimedOut bool
}

// Run runs argv in dir for at most limit. The error is for a command that could
// not be started; one that ends badly is a Result.
func Run(ctx context.Context, dir string, argv []string, limit time.Duration) (Result, error) {
	if len(argv) == 0 {
		return Result{}, errors.New("the command is empty")
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out := &tail{}
	cmd := prepared(ctx, dir, argv)
	cmd.Stdout, cmd.Stderr = out, out
	began := time.Now()
	err := cmd.Run()
	r := Result{
		Exit: -1, Output: out.String(), Took: time.Since(began),
		TimedOut: errors.Is(ctx.Err(), context.DeadlineExceeded),
	}
	var exit *exec.ExitError
	if cmd.ProcessState == nil && err != nil {
		return r, fmt.Errorf("%s: %w", argv[0], err)
	}
	if err == nil || (errors.As(err, &exit) && exit.Exited()) {
		r.Exit = cmd.ProcessState.ExitCode()
	}
	return r, nil
}

// prepared is a command in a process group of its own: what it starts ends with
// it.
func prepared(ctx context.Context, dir string, argv []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, scrubbed(os.Environ()), graceful
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// scrubbed is an environment without what names a server or a password.
func scrubbed(environ []string) []string {
	var kept []string
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if name != "DATABASE_URL" && !strings.HasPrefix(name, "PG") {
			kept = append(kept, kv)
		}
	}
	return kept
}

// tail keeps the last bytes that were written.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if over := len(t.b) - MaxOutput; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.ToValidUTF8(string(t.b), "\uFFFD") }

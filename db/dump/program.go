package dump

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// ProgramError is a program that ended with a failure.
type ProgramError struct {
	// Program is pg_dump or pg_restore.
	Program string
	// Exit is its exit code; -1 = it was ended by a signal.
	Exit int
	// Said are the last lines that it wrote to standard error. They are the
	// server's words and may name objects.
	Said   []string
	Advice string
}

// Error has the program's own last words.
func (e *ProgramError) Error() string {
	said := strings.Join(e.Said, "; ")
	if said == "" {
		said = "it said nothing"
	}
	return fmt.Sprintf("%s ended with %d: %s", e.Program, e.Exit, said)
}

// Hint says what to do now.
func (e *ProgramError) Hint() string { return e.Advice }

// patience is how long a program may take to end after it was asked to.
const patience = 5 * time.Second

// program is one call of pg_dump or pg_restore.
type program struct {
	path string
	args []string
	env  []string
	// line is given each line of standard error; nil = nobody listens.
	line func(string)
	out  io.Writer
}

// run runs the program to its end, with umask 077 for whatever it creates. A
// context that ends asks it to end and waits for it.
func (p program) run(ctx context.Context) error {
	// A process has one umask for all its threads, so the child sets its own.
	args := append([]string{"-c", `umask 077 && exec "$@"`, "sh", p.path}, p.args...)
	cmd := exec.CommandContext(ctx, "/bin/sh", args...)
	cmd.Env, cmd.Stdout, cmd.SysProcAttr = p.env, p.out, child()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	said, err := p.follow(cmd)
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", p.name(), context.Cause(ctx))
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &ProgramError{Program: p.name(), Exit: exit.ExitCode(), Said: said}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", p.name(), err)
	}
	return nil
}

func (p program) name() string { return filepath.Base(p.path) }

// follow reads standard error to its end and keeps the last lines that are not
// mere progress.
func (p program) follow(cmd *exec.Cmd) (said []string, err error) {
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	// Linux ends the child with the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		text := strings.TrimPrefix(lines.Text(), p.name()+": ")
		if p.line != nil {
			p.line(text)
		}
		if telling(text) {
			said = append(said, text)
			said = said[max(0, len(said)-6):]
		}
	}
	// A line longer than the buffer must not leave the child blocked.
	_, _ = io.Copy(io.Discard, stderr)
	return said, cmd.Wait()
}

// telling are lines that say why, in the language that the child was given.
func telling(line string) bool {
	for _, p := range []string{"error:", "detail:", "hint:", "warning:", "fatal:", "while "} {
		if strings.HasPrefix(line, p) {
			return true
		}
	}
	return false
}

package command

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"
)

// Child is a command at work, in a process group of its own, with nothing on its
// standard input.
type Child struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Start starts argv in dir with exactly this environment; both its outputs go to out,
// from one goroutine, until it and whatever kept them open have ended. A process of
// its that goes on in the background loses them a second after the command's end.
func Start(dir string, argv, environ []string, out io.Writer) (*Child, error) {
	if len(argv) == 0 {
		return nil, errors.New("the command is empty")
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, environ, graceful
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", argv[0], err)
	}
	c := &Child{cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.err = cmd.Wait()
	}()
	return c, nil
}

// PID is its process, and its process group.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Done is closed when it has ended.
func (c *Child) Done() <-chan struct{} { return c.done }

// Exit is how it ended, once Done: its exit code, or -1 with the signal that ended it.
func (c *Child) Exit() (code int, by syscall.Signal) {
	state := c.cmd.ProcessState
	if state == nil {
		return -1, 0
	}
	if w, ok := state.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return -1, w.Signal()
	}
	return state.ExitCode(), 0
}

// Signal sends a signal to its process group, and to what it left behind outside of
// it, as far as mark finds that.
func (c *Child) Signal(s syscall.Signal, mark string) {
	_ = syscall.Kill(-c.PID(), s)
	Signal(Marked(mark), s)
}

// Signal sends a signal to processes; those that are gone are left out.
func Signal(pids []int, s syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, s)
	}
}

// Await waits for its end, for at most limit.
func (c *Child) Await(limit time.Duration) bool {
	select {
	case <-c.done:
		return true
	case <-time.After(limit):
		return false
	}
}

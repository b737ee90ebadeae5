package scratch

import (
	"os/exec"
	"runtime"
)

// process is a running child. done is closed when it has ended; err may be
// read after that.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// run starts cmd on a thread of its own and waits for it there. Linux sends
// the death signal when the forking thread ends, not the process: a thread of
// Go's pool may end long before.
func run(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		<-p.done
		return nil, err
	}
	return p, nil
}

// ended tells whether the child is gone.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

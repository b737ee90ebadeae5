package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"belay/steps/journal"
)

// Subcommand is the hidden command under which belay starts its own engine.
const Subcommand = "engine"

// Process is an engine's, as the command sees it that started it.
type Process struct {
	pid   int
	ended chan struct{}
	how   string
}

// PID is its number.
func (p *Process) PID() int { return p.pid }

// Ended reports whether the process is gone, and says how it ended, such as
// "signal: killed"; "" = by itself.
func (p *Process) Ended() (how string, ended bool) {
	select {
	case <-p.ended:
		return p.how, true
	default:
		return "", false
	}
}

// Start starts an engine in a process of its own: a session without a terminal,
// so that neither a hangup nor a stalled screen reaches it. It returns as soon
// as the order is handed over; the story is in the folder's journal.
func Start(order Order) (*Process, error) { return start(order, os.Environ()) }

func start(order Order, environ []string) (*Process, error) {
	exe, err := self()
	if err != nil {
		return nil, err
	}
	if err := journal.PrepareLastWord(order.Folder); err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	defer r.Close()
	log, err := os.OpenFile(logPath(order.Folder), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("engine: %w", err), w.Close())
	}
	defer log.Close()
	cmd := exec.Command(exe, Subcommand)
	cmd.Args[0] = os.Args[0]
	cmd.Dir = order.Dir
	cmd.Env = withoutSecrets(environ)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{r}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("engine: %w", err), w.Close())
	}
	p := &Process{pid: cmd.Process.Pid, ended: make(chan struct{})}
	// Nobody waits for the engine here; a command that lives longer than it must
	// not leave a zombie, and says how it ended.
	go func() {
		defer close(p.ended)
		if err := cmd.Wait(); err != nil {
			p.how = err.Error()
		}
	}()
	return p, errors.Join(WriteOrder(w, order), w.Close())
}

// self is the running program, also after its file was replaced.
func self() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}

// orderFD is where the order's pipe is in the engine's process.
const orderFD = 3

// Serve is the engine's process: it reads its order and drives it.
func Serve(ctx context.Context) (int, error) { return serve(ctx, usual) }

func serve(ctx context.Context, p patience) (int, error) {
	pipe := os.NewFile(orderFD, "order")
	if pipe == nil {
		return 1, errors.New("the engine is started by belay itself, not by hand")
	}
	order, err := ReadOrder(pipe)
	pipe.Close()
	if err != nil {
		return 1, errors.New("the engine is started by belay itself, not by hand")
	}
	for k, v := range order.Environ {
		if err := os.Setenv(k, v); err != nil {
			return 1, fmt.Errorf("engine: %w", err)
		}
	}
	return drive(ctx, order, p)
}

// Environ picks the variables of a process that name a server or a password.
// They travel in the order and not in the engine's environment.
func Environ() map[string]string {
	picked := map[string]string{}
	for _, kv := range os.Environ() {
		if k, v, ok := strings.Cut(kv, "="); ok && namesServer(k) {
			picked[k] = v
		}
	}
	return picked
}

func namesServer(variable string) bool {
	return variable == "DATABASE_URL" || (strings.HasPrefix(variable, "PG") && variable != "PG_COLOR")
}

func withoutSecrets(environ []string) []string {
	kept := environ[:0:0]
	for _, kv := range environ {
		if k, _, _ := strings.Cut(kv, "="); !namesServer(k) {
			kept = append(kept, kv)
		}
	}
	return kept
}

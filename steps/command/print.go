package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// MaxPrinted is how much a command may print that is read whole.
const MaxPrinted = 4 << 20

// Print runs argv in dir with exactly this environment and gives its standard output.
// It is an error where it does not end well, in time, or prints too much.
func Print(ctx context.Context, dir string, argv, environ []string, limit time.Duration) ([]byte, error) {
	if len(argv) == 0 {
		return nil, errors.New("the command is empty")
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, environ, graceful
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, said := &bounded{}, &tail{}
	cmd.Stdout, cmd.Stderr = out, said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", argv[0], err, bytes.TrimSpace(said.b))
	}
	if out.over {
		return nil, fmt.Errorf("%s printed more than %d MB", argv[0], MaxPrinted>>20)
	}
	return out.Bytes(), nil
}

// Ask is Print with the environment of this process, without what names a server or a
// password; more are variables for the command.
func Ask(ctx context.Context, dir string, argv, more []string, limit time.Duration) ([]byte, error) {
	return Print(ctx, dir, argv, append(scrubbed(os.Environ()), more...), limit)
}

// bounded keeps the beginning, and says that there was more.
type bounded struct {
	bytes.Buffer
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > MaxPrinted {
		b.over = true
		return len(p), nil
	}
	return b.Buffer.Write(p)
}

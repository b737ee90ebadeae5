package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
)

// MaxLine is how much of a line is looked at; the rest of it is thrown away.
const MaxLine = 64 << 10

// Follow runs argv in dir until it ends by itself or ctx does, and gives each
// line of both its outputs to line. Nothing is kept. It returns after the
// command and whatever it started have ended. The error is for a command that
// could not be started; its end otherwise is a Result without Output.
func Follow(ctx context.Context, dir string, argv []string, line func([]byte)) (Result, error) {
	if len(argv) == 0 {
		return Result{}, errors.New("the command is empty")
	}
	// The command is told to end with the thread that started it: it must be this
	// one, for as long as it lives.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := prepared(ctx, dir, argv)
	endsWithUs(cmd.SysProcAttr)
	out := &lines{each: line}
	cmd.Stdout, cmd.Stderr = out, out
	err := cmd.Run()
	out.flush()
	var exit *exec.ExitError
	switch {
	case cmd.ProcessState == nil && err != nil:
		return Result{}, fmt.Errorf("%s: %w", argv[0], err)
	case err == nil || (errors.As(err, &exit) && exit.Exited()):
		return Result{Exit: cmd.ProcessState.ExitCode()}, nil
	}
	return Result{Exit: -1}, nil
}

// lines cuts what is written into lines. os/exec writes to it from one
// goroutine, because both outputs are the same.
type lines struct {
	each func([]byte)
	part []byte
}

func (l *lines) Write(p []byte) (int, error) {
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			l.keep(p)
			return n, nil
		}
		l.keep(p[:i])
		l.flush()
		p = p[i+1:]
	}
}

func (l *lines) keep(p []byte) { l.part = append(l.part, p[:min(len(p), MaxLine-len(l.part))]...) }

func (l *lines) flush() {
	if len(l.part) > 0 {
		l.each(l.part)
	}
	l.part = l.part[:0]
}

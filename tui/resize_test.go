package tui

import (
	"os"
	"syscall"
)

// resized tells this process that its terminal has another size.
func resized() error { return syscall.Kill(os.Getpid(), syscall.SIGWINCH) }

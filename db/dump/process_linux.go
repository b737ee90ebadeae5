package dump

import "syscall"

// child keeps the terminal's Ctrl+C away from a program and ends it with the
// thread that started it: a dump holds a lock on every table it reads.
func child() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

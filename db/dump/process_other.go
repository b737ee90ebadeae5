//go:build !linux

package dump

import "syscall"

func child() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

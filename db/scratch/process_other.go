//go:build !linux

package scratch

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// serves tells whether pid is a server that was started on the data folder.
func serves(pid int, data string) bool {
	line, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.HasSuffix(strings.TrimSpace(string(line)), " -D "+data)
}

// child keeps the terminal's Ctrl+C away from a program. Without Linux's death
// signal a server outlives an owner that was ended until the next Start.
func child(a account, _ syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: a.credential}
}

package scratch

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// serves tells whether pid is a server that was started on the data folder.
func serves(pid int, data string) bool {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && bytes.Contains(line, []byte("\x00-D\x00"+data+"\x00"))
}

// child makes a program end with the thread that starts it, at sig, and keeps
// the terminal's Ctrl+C away from it: its owner decides.
func child(a account, sig syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: a.credential, Pdeathsig: sig}
}

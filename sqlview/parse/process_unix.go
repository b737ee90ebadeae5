//go:build unix

package parse

import "syscall"

// ownGroup keeps a Ctrl+C on the terminal from ending the child.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

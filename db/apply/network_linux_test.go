package apply_test

import (
	"os/exec"
	"syscall"
	"unsafe"
)

// inNewNetwork starts a program in a network of its own.
func inNewNetwork(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
}

// loopback sets the flags of this network's loopback. Without it packets vanish,
// as behind a firewall that forgot the connection; the sockets stay.
func loopback(up bool) error {
	s, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(s)
	request := struct {
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}{}
	copy(request.name[:], "lo")
	if up {
		request.flags = syscall.IFF_UP | syscall.IFF_LOOPBACK | syscall.IFF_RUNNING
	}
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(s), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request))); e != 0 {
		return e
	}
	return nil
}

package apply_test

import (
	"fmt"
	"os/exec"
	"syscall"
)

// inNewNetwork starts a program in a network of its own.
func inNewNetwork(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
}

// loopback turns this network's loopback on or off. Without it packets vanish,
// as behind a firewall that forgot the connection; the sockets stay.
func loopback(up bool) error {
	state := "down"
	if up {
		state = "up"
	}
	if out, err := exec.Command("ip", "link", "set", "lo", state).CombinedOutput(); err != nil {
		return fmt.Errorf("ip link set lo %s: %w: %s", state, err, out)
	}
	return nil
}

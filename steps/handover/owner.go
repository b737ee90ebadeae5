package handover

import (
	"fmt"
	"os"
)

// Owner names this process as the owner of a run: "op1@bastion-1 uid 1000 pid 4711".
func Owner(user, host string) string {
	return fmt.Sprintf("%s@%s uid %d pid %d", user, host, os.Getuid(), os.Getpid())
}

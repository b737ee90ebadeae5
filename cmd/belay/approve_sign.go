package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"belay/sqlview/visible"
	"belay/steps"
	"belay/steps/approval"
)

// sign signs an approval with an SSH key, by ssh-keygen, which asks for the key's
// passphrase or the agent by itself. key "" = the first of the usual ones.
func sign(ctx context.Context, g approval.Approval, key string) (approval.Approval, error) {
	program, err := exec.LookPath("ssh-keygen")
	if err != nil {
		return g, &steps.Refused{
			Problem: "belay.toml asks for a signed approval, and ssh-keygen is not on this host",
			Advice:  "install OpenSSH's client, or approve where it is",
		}
	}
	if key == "" {
		if key = usualKey(); key == "" {
			return g, &steps.Refused{
				Problem: "belay.toml asks for a signed approval, and there is no SSH key of yours in ~/.ssh",
				Advice:  "name one with --key FILE; a public key works where the agent has its other half",
			}
		}
	}
	g.Signed = time.Now().UTC().Truncate(time.Second)
	c := exec.CommandContext(ctx, program, "-Y", "sign", "-f", key, "-n", approval.Namespace)
	var said bytes.Buffer
	c.Stdin, c.Stderr = bytes.NewReader(g.Text()), &said
	out, err := c.Output()
	if err != nil {
		return g, &steps.Refused{
			Problem: "the approval is not signed; ssh-keygen says: " + visible.Line(strings.TrimSpace(said.String())),
			Advice:  "try it with another key: --key FILE",
		}
	}
	g.Signature = string(out)
	return g, nil
}

func usualKey() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	for _, name := range []string{"id_ed25519", "id_ecdsa", "id_rsa"} {
		path := filepath.Join(home, ".ssh", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

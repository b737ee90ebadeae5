package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"belay/steps/approval"
)

// signers are the SSH keys that may sign an approval, as belay.toml names their file. The
// zero value asks for none.
type signers struct {
	file string
	keys []byte
	err  error
}

func (a *approvals) signers() signers {
	s := signers{file: a.project.Config.Approve.AllowedSigners}
	if s.file != "" {
		s.keys, s.err = a.project.AllowedSigners()
	}
	return s
}

func (s signers) wanted() bool { return s.file != "" }

// bound is what an approval is bound to: another list of keys voids it.
func (s signers) bound() string {
	if !s.wanted() {
		return ""
	}
	sum := sha256.Sum256(s.keys)
	return fmt.Sprintf("; signed by a key of %s, sha256 %s", s.file, hex.EncodeToString(sum[:]))
}

// How long ssh-keygen may take, and how far the clock of who signed may be ahead.
const (
	keygenLimit = 5 * time.Second
	clocksApart = 10 * time.Minute
)

// check says why a signature does not count; why "" = it does, and key is the
// fingerprint of the key. Nothing but this host's ssh-keygen is asked.
func (s signers) check(a approval.Given, now time.Time) (key, why string) {
	switch {
	case s.err != nil:
		return "", "the keys that may sign cannot be read: " + s.err.Error()
	case a.Signature == "":
		return "", "it is not signed, and belay.toml asks for a signature by a key of " + s.file
	case now.Sub(a.Signed) > approval.Lasts || a.Signed.Sub(now) > clocksApart:
		at := a.Signed.UTC().Format("2006-01-02 15:04 UTC")
		return "", "it was signed at " + at + ": too long ago, or by a wrong clock"
	}
	key, err := verify(a.Approval, s.keys)
	if err != nil {
		return "", "the signature does not hold: " + err.Error()
	}
	return key, ""
}

func verify(a approval.Approval, keys []byte) (key string, err error) {
	program, err := exec.LookPath("ssh-keygen")
	if err != nil {
		return "", errors.New("ssh-keygen is not on this host, so none can be checked; it comes with OpenSSH's client")
	}
	dir, err := os.MkdirTemp("", "belay-signed-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	signature, allowed := filepath.Join(dir, "signature"), filepath.Join(dir, "allowed_signers")
	err = errors.Join(os.WriteFile(signature, []byte(a.Signature), 0o600), os.WriteFile(allowed, keys, 0o600))
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), keygenLimit)
	defer cancel()
	c := exec.CommandContext(ctx, program, "-Y", "verify", "-f", allowed, "-I", a.Name, "-n", approval.Namespace, "-s",
		signature)
	c.Stdin, c.Env = bytes.NewReader(a.Text()), []string{"PATH=" + os.Getenv("PATH")}
	out, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("ssh-keygen says: %s", clipped(strings.ReplaceAll(string(out), dir, ""), 200))
	}
	words := strings.Fields(string(out))
	if n := len(words); n > 0 && strings.HasPrefix(words[n-1], "SHA256:") {
		return words[n-1], nil
	}
	return "a key of " + a.Name, nil
}

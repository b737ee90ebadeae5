package scratch

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// initdb makes the data folder. Over TCP the password is asked for, on the
// socket the folder's mode is the lock: other users of the machine have neither.
func (c *Cluster) initdb(ctx context.Context) error {
	pwfile := filepath.Join(c.folder.path, "pwfile")
	if err := c.writeOwned(pwfile, c.password+"\n"); err != nil {
		return err
	}
	defer os.Remove(pwfile)
	return c.runTool(ctx, c.bin.Initdb, "-D", c.data, "-U", c.Superuser(), "--pwfile", pwfile,
		"--auth-local=trust", "--auth-host=scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync")
}

// privateAccess is a private cluster's pg_hba.conf. A role of somebody else's must
// not come back as another: only the superuser needs no password, for whoever keeps
// the folder to take its LOGIN away.
const privateAccess = "local all " + PrivateSuperuser + " trust\nlocal all all scram-sha-256\n"

// runTool runs a program of PostgreSQL as the server's user to its end. The
// error carries what it said.
func (c *Cluster) runTool(ctx context.Context, program string, args ...string) error {
	var said bytes.Buffer
	cmd := c.command(ctx, syscall.SIGTERM, program, args...)
	cmd.Stdout, cmd.Stderr = &said, &said
	p, err := run(cmd)
	if err == nil {
		<-p.done
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", filepath.Base(program), context.Cause(ctx))
	case err != nil:
		return fmt.Errorf("%s: %w", filepath.Base(program), err)
	case p.err != nil:
		return fmt.Errorf("%s: %w: %s", filepath.Base(program), p.err, lastLines(said.String()))
	}
	return nil
}

// command prepares a program that ends with us by sig, in a folder it may enter.
func (c *Cluster) command(ctx context.Context, sig syscall.Signal, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(sig) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Dir = c.folder.path
	cmd.Env = environment()
	cmd.SysProcAttr = child(c.account, sig)
	return cmd
}

// environment is ours without what would lead a PostgreSQL program elsewhere.
func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		return strings.HasPrefix(kv, "PG") || strings.HasPrefix(kv, "LC_") || strings.HasPrefix(kv, "LANG")
	})
	return append(env, "LC_ALL=C")
}

// lastLines is the end of a program's output: the reason stands there.
func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}

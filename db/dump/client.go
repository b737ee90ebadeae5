// Package dump takes logical backups with pg_dump and proves that they can be
// read: a file is called a backup only after pg_restore has decoded every byte
// of it. It also restores schemas into throwaway clusters. It starts the
// programs of PostgreSQL, with the password in a file that only this user can
// read, never in their arguments.
package dump

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"belay/db/scratch"
	"belay/sqlview/pattern"
)

// Client is one installation's pg_dump and pg_restore.
type Client struct {
	// Dir is the folder that both lie in.
	Dir string
	// Major and Minor are pg_dump's own version, as 15 and 8.
	Major, Minor    int
	Dump, RestoreBy string // paths of pg_dump and pg_restore
}

// Version is the client's version as it spells it, such as "15.8".
func (c Client) Version() string { return fmt.Sprintf("%d.%d", c.Major, c.Minor) }

// safeMinor is the first minor version whose pg_restore is not led by a crafted
// archive to run a program (CVE-2026-116314).
var safeMinor = map[int]int{14: 25, 15: 20, 16: 16, 17: 12, 18: 7}

// Outdated says why a dump from somebody else should not be restored with this
// client; "" = nothing is known against it.
func (c Client) Outdated() string {
	safe, known := safeMinor[c.Major]
	if c.Major > 13 && (!known || c.Minor >= safe) {
		return ""
	}
	want := "14.25, 15.20, 16.16, 17.12 or 18.7"
	if known {
		want = fmt.Sprintf("%d.%d", c.Major, safe)
	}
	return fmt.Sprintf("pg_restore %s can be led by a crafted archive to run a program; %s or later cannot",
		c.Version(), want)
}

// ClientError says that no usable pg_dump was found.
type ClientError struct {
	// Need is the major version of the server; a client must be of it or later. 0 =
	// the server is not known.
	Need int
	// Found are the versions that are here and too old.
	Found []string
	// Looked names the folders that were looked at.
	Looked []string
}

// Error names what is needed and what is here.
func (e *ClientError) Error() string {
	if e.Need == 0 {
		return "no pg_dump here"
	}
	if len(e.Found) == 0 {
		return fmt.Sprintf("no pg_dump here; version %d or later is needed", e.Need)
	}
	return fmt.Sprintf("pg_dump here is %s; the server is %d, and pg_dump refuses a server newer than itself",
		strings.Join(e.Found, ", "), e.Need)
}

// Hint says what to do now.
func (e *ClientError) Hint() string {
	if e.Need == 0 {
		return "name the folder of pg_dump and pg_restore with --pg-bin"
	}
	return fmt.Sprintf("name a folder with pg_dump and pg_restore of version %d or later with --pg-bin", e.Need)
}

// Find looks for a client that can dump a server of a major version: of the
// same version, else the next newer one. binDir is the only place looked at
// where it is not empty. The error is a *ClientError.
func Find(ctx context.Context, binDir string, serverMajor int) (Client, error) {
	missing := &ClientError{Need: serverMajor, Looked: scratch.ClientDirs(binDir)}
	var fit []Client
	for _, dir := range missing.Looked {
		c, err := open(ctx, dir)
		switch {
		case err != nil:
		case c.Major < serverMajor:
			missing.Found = append(missing.Found, c.Version())
		default:
			fit = append(fit, c)
		}
	}
	if len(fit) == 0 {
		return Client{}, missing
	}
	return slices.MinFunc(fit, func(a, b Client) int {
		return cmp.Or(cmp.Compare(a.Major, b.Major), cmp.Compare(b.Minor, a.Minor))
	}), nil
}

// open asks the two programs of a folder.
func open(ctx context.Context, dir string) (Client, error) {
	c := Client{Dir: dir}
	for name, path := range map[string]*string{"pg_dump": &c.Dump, "pg_restore": &c.RestoreBy} {
		p, err := exec.LookPath(filepath.Join(dir, name))
		if err != nil {
			return c, err
		}
		if *path, err = filepath.Abs(p); err != nil {
			return c, err
		}
	}
	return c, c.ask(ctx)
}

var versionNumber = pattern.New(`\(PostgreSQL\) (\d+)(?:\.(\d+))?`)

func (c *Client) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, c.Dump, "--version").Output()
	if err != nil {
		return fmt.Errorf("pg_dump --version: %w", err)
	}
	m := versionNumber.FindStringSubmatch(string(out))
	if m == nil {
		return fmt.Errorf("pg_dump --version says %q", strings.TrimSpace(string(out)))
	}
	c.Major, _ = strconv.Atoi(m[1])
	c.Minor, _ = strconv.Atoi(m[2])
	return nil
}

// IsMissing reports whether err says that a program is not there.
func IsMissing(err error) bool {
	var missing *ClientError
	return errors.As(err, &missing) || errors.Is(err, fs.ErrNotExist)
}

package scratch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"belay/sqlview/pattern"
)

// Binaries are the programs of one PostgreSQL installation. The first two are
// always there; the others are "" where the folder does not have them.
type Binaries struct {
	Dir          string // the folder all of them lie in
	Major        int    // major version of the server, as 17
	Initdb       string
	Postgres     string
	PgCtl        string
	Psql         string
	PgDump       string
	PgRestore    string
	PgBasebackup string
}

// NotFoundError says that no usable PostgreSQL server was found.
type NotFoundError struct {
	// Looked names every place looked at, in order, with what was found there.
	Looked []string
	// Install is the one command that installs PostgreSQL on this system.
	Install string
}

// Error names the places and ends with the command to run.
func (e *NotFoundError) Error() string {
	return "no PostgreSQL server programs found; looked at " + strings.Join(e.Looked, ", ") +
		"; install them with: " + e.Install +
		", or let `belay demo --fetch` fetch them without root, or name their folder with --pg-bin"
}

// Find looks for a PostgreSQL installation. A binDir that is not empty is the
// only place looked at. Otherwise the order is: BELAY_PG_BIN, PATH,
// pg_config --bindir, /usr/lib/postgresql/*/bin, /usr/pgsql-*/bin, Homebrew,
// Postgres.app, asdf, belay's own cache; among versions of one place the newest is taken.
// The error is a *NotFoundError.
func Find(binDir string) (Binaries, error) {
	if binDir != "" {
		return firstOf(slices.Values([]place{{name: "--pg-bin", dirs: []string{binDir}}}))
	}
	if dir := os.Getenv("BELAY_PG_BIN"); dir != "" {
		return firstOf(slices.Values([]place{{name: "BELAY_PG_BIN", dirs: []string{dir}}}))
	}
	return firstOf(places())
}

func firstOf(ps iter.Seq[place]) (Binaries, error) {
	command, _ := InstallCommand()
	missing := &NotFoundError{Install: command}
	for p := range ps {
		var found []Binaries
		for _, dir := range p.dirs {
			b, err := open(dir)
			if err != nil {
				missing.Looked = append(missing.Looked, fmt.Sprintf("%s (%s: %v)", p.name, dir, err))
				continue
			}
			found = append(found, b)
		}
		if len(found) > 0 {
			return slices.MaxFunc(found, func(a, b Binaries) int { return cmp.Compare(a.Major, b.Major) }), nil
		}
		if len(p.dirs) == 0 {
			missing.Looked = append(missing.Looked, p.name+" (nothing there)")
		}
	}
	return Binaries{}, missing
}

// open reads one folder. A folder without initdb and postgres is no server.
func open(dir string) (Binaries, error) {
	b := Binaries{Dir: dir}
	for name, field := range map[string]*string{
		"initdb": &b.Initdb, "postgres": &b.Postgres, "pg_ctl": &b.PgCtl, "psql": &b.Psql,
		"pg_dump": &b.PgDump, "pg_restore": &b.PgRestore, "pg_basebackup": &b.PgBasebackup,
	} {
		if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			*field, _ = filepath.Abs(p)
		} else if (name == "initdb" || name == "postgres") && errors.Is(err, fs.ErrNotExist) {
			return Binaries{}, fmt.Errorf("no %s", name)
		} else if name == "initdb" || name == "postgres" {
			return Binaries{}, fmt.Errorf("%s cannot be run", name)
		}
	}
	var err error
	b.Major, err = major(b.Postgres)
	return b, err
}

// busyPause is how long a program that is still open for writing is left alone.
const busyPause = 10 * time.Millisecond

var versionNumber = pattern.New(`\(PostgreSQL\) (\d+)`)

// major asks the server program itself: folder names lie after an upgrade.
func major(postgres string) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, postgres, "--version").Output()
	for errors.Is(err, syscall.ETXTBSY) && ctx.Err() == nil {
		// It was written a moment ago, and a process that was being started meanwhile still
		// has the file that was written to.
		time.Sleep(busyPause)
		out, err = exec.CommandContext(ctx, postgres, "--version").Output()
	}
	if err != nil {
		return 0, fmt.Errorf("postgres --version: %w", err)
	}
	m := versionNumber.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("postgres --version says %q", strings.TrimSpace(string(out)))
	}
	return strconv.Atoi(string(m[1]))
}

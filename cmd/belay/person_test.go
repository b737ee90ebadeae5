package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"belay/db/dbtest"
)

// person is somebody with a folder, homes of their own and a database, who calls
// belay as a shell would.
type person struct {
	t   *testing.T
	db  *dbtest.DB
	dir string
	env map[string]string
}

// newPerson makes a folder with files, by name, and an empty database.
func newPerson(t *testing.T, files map[string]string) *person {
	t.Helper()
	return newPersonAt(t, dbtest.New(t), files)
}

// newPersonAt is newPerson with a database that is there.
func newPersonAt(t *testing.T, d *dbtest.DB, files map[string]string) *person {
	t.Helper()
	p := &person{t: t, db: d, dir: t.TempDir()}
	mark := storyMark + "=" + p.db.Name
	p.env = environment(p.dir)
	p.env["DATABASE_URL"], p.env[storyMark] = p.db.DSN, p.db.Name
	t.Cleanup(func() { nothingLeft(t, mark, p.runs()) })
	p.write(files)
	return p
}

// environment is that of somebody whose homes are in a folder.
func environment(dir string) map[string]string {
	env := map[string]string{
		"PATH": os.Getenv("PATH"), "TERM": "dumb",
		"TMPDIR": os.TempDir(), // where the throwaway servers go
	}
	for _, v := range thrift {
		env[v] = os.Getenv(v)
	}
	for _, v := range homes {
		env[v] = filepath.Join(dir, "."+strings.ToLower(v))
	}
	return env
}

// environ is the environment as a process takes it.
func (p *person) environ() (all []string) {
	for _, k := range slices.Sorted(maps.Keys(p.env)) {
		all = append(all, k+"="+p.env[k])
	}
	return all
}

// runs is where this person's run folders are.
func (p *person) runs() string { return filepath.Join(p.env["XDG_STATE_HOME"], "belay", "runs") }

// write puts files into the folder. $DBNAME in them is the database's.
func (p *person) write(files map[string]string) {
	p.t.Helper()
	for name, text := range files {
		path := filepath.Join(p.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			p.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "$DBNAME", p.db.Name)), 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
}

// said is what a call printed, and its exit code.
type said struct {
	out, err string
	code     int
}

func (s said) String() string { return fmt.Sprintf("exit %d\n%s%s", s.code, s.out, s.err) }

// belay calls the program and waits for its end.
func (p *person) belay(args ...string) said { return p.typing("", args...) }

// typing is belay with text on its standard input.
func (p *person) typing(in string, args ...string) said {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), "belay", args...)
	cmd.Stdin = strings.NewReader(in)
	s := p.call(cmd)
	hintsKnown(p.t, s.err)
	return s
}

// call runs a command in the person's folder and environment.
func (p *person) call(cmd *exec.Cmd) said {
	p.t.Helper()
	var out, errOut bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = p.dir, &out, &errOut, p.environ()
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited && cmd.ProcessState == nil {
		p.t.Fatal(err)
	}
	return said{out: out.String(), err: errOut.String(), code: cmd.ProcessState.ExitCode()}
}

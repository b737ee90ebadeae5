package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/scratch"
	"belay/steps"
)

// testMain runs the tests under dbtest, which owns the server, and under
// testscript, which lets the test binary be belay.
type testMain struct{ m *testing.M }

func (t testMain) Run() int {
	for name, value := range cheaper() {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	return dbtest.Run(t.m)
}

// thrift is what the belay of a test has in its environment so that it costs less,
// and does the same: data folders that are kept, memory in large pages for the servers
// that it starts, less collecting in processes that end at once, and one place to look
// for PostgreSQL's programs.
var thrift = []string{dbtest.CacheVariable, dbtest.MemoryVariable, "GOGC", "BELAY_PG_BIN", monitorVariable}

// monitorVariable is how long a monitor of a test's belay may ask: on a busy machine
// longer than half a second.
const monitorVariable = "BELAY_TEST_MONITOR"

func cheaper() map[string]string {
	out := map[string]string{monitorVariable: "10s"}
	if b, err := scratch.Find(os.Getenv("BELAY_TEST_PG_BIN")); err == nil {
		out["BELAY_PG_BIN"] = b.Dir
	}
	return out
}

func TestMain(m *testing.M) {
	testscript.Main(testMain{m}, map[string]func(){"belay": func() {
		shorten()
		main()
	}})
}

// shorten is what a story's belay reads of its environment: how long a server is
// waited for without a screen ($BELAY_TEST_OUTAGE), how long for an answer
// ($BELAY_TEST_SLACK), and how long for an engine to hear ($BELAY_TEST_HEAR).
func shorten() {
	for name, to := range map[string]*time.Duration{
		"BELAY_TEST_OUTAGE": &steps.OutageLimit, "BELAY_TEST_SLACK": &db.Slack, "BELAY_TEST_HEAR": &hearLimit,
		monitorVariable: &db.MonitorLimit,
	} {
		if d, err := time.ParseDuration(os.Getenv(name)); err == nil {
			*to = d
		}
	}
}

// TestScripts plays each story of testdata/script on a database of its own.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txtar"), func(t *testing.T) {
			skipLong(t, f) // before it has a database
			t.Parallel()
			play(t, f)
		})
	}
}

// ofLong is the first line of a story that only the long form plays: it varies what
// another one plays. .ci/run finds them by it, and so does grep.
const ofLong = "[!long] skip 'played in the long form'\n"

func skipLong(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.HasPrefix(b, []byte(ofLong)) && !dbtest.Long() {
		t.Skip("played in the long form")
	}
}

// stories numbers the stories of this test binary.
var stories atomic.Int64

// homes are the variables that keep a story away from the person's own files.
var homes = []string{"XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME"}

// play runs one story. It gets $DATABASE_URL, homes of its own, and the
// commands below. It must leave no process and no look behind.
func play(t *testing.T, file string) { playOn(t, file, dbtest.Named(t, nextName()), "") }

// nextName is short, as people's are: it is typed and must fit beside other words.
func nextName() string { return fmt.Sprintf("shop_%d", stories.Add(1)) }

// playOn plays a story on a database, which belay reaches with further parameters
// in the DSN.
func playOn(t *testing.T, file string, db *dbtest.DB, parameters string) {
	s := &story{t: t, db: db, release: map[string]func(){}}
	app := s.serve(t)
	// Another test binary may tell stories of the same names at the same time.
	own := fmt.Sprintf("%s.%d", db.Name, os.Getpid())
	mark := storyMark + "=" + own
	testscript.Run(t, testscript.Params{
		Files: []string{file}, RequireUniqueNames: true, UpdateScripts: os.Getenv("UPDATE") != "",
		Setup: func(e *testscript.Env) error {
			for _, v := range homes {
				e.Setenv(v, filepath.Join(e.WorkDir, "."+strings.ToLower(v)))
			}
			s.state = filepath.Join(e.Getenv("XDG_STATE_HOME"), "belay", "runs")
			e.Setenv("DATABASE_URL", db.DSN+parameters)
			e.Setenv("DBNAME", db.Name)
			e.Setenv("APP", app)
			e.Setenv("NODE_MODULES", os.Getenv("BELAY_TEST_NODE_MODULES"))
			e.Setenv("TERM", "xterm-256color")
			e.Setenv(storyMark, own)
			for _, v := range thrift {
				e.Setenv(v, os.Getenv(v))
			}
			e.Defer(func() { s.over = true; nothingLeft(t, mark, s.state); s.hintsKnown() })
			return named(e.WorkDir, strings.NewReplacer("$DBNAME", db.Name, "$APP", app))
		},
		Cmds: s.commands(),
		Condition: func(cond string) (bool, error) {
			if packages, ok := strings.CutPrefix(cond, "npm:"); ok {
				return nodeModules(strings.Split(packages, ",")...), nil
			}
			switch cond {
			case "migrate":
				return os.Getenv("BELAY_TEST_MIGRATE") != "", nil
			case "long":
				return dbtest.Long(), nil
			case "pgbouncer":
				return pgbouncer() != "", nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
	})
}

// nodeModules reports whether npm and packages of its are here: $BELAY_TEST_NODE_MODULES
// names the folder.
func nodeModules(packages ...string) bool {
	_, err := exec.LookPath("npm")
	folder := os.Getenv("BELAY_TEST_NODE_MODULES")
	return err == nil && folder != "" && !slices.ContainsFunc(packages, func(name string) bool {
		_, missing := os.Stat(filepath.Join(folder, name, "package.json"))
		return missing != nil
	})
}

// named puts the names of the database and the application into the story's
// TOML files.
func named(dir string, names *strings.Replacer) error {
	return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".toml" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(path, []byte(names.Replace(string(b))), 0o600)
	})
}

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"belay/db/dbtest"
)

// testMain runs the tests under dbtest, which owns the server, and under
// testscript, which lets the test binary be belay.
type testMain struct{ m *testing.M }

func (t testMain) Run() int { return dbtest.Run(t.m) }

func TestMain(m *testing.M) {
	testscript.Main(testMain{m}, map[string]func(){"belay": main})
}

// TestScripts plays each story of testdata/script on a database of its own.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txtar"), func(t *testing.T) {
			t.Parallel()
			play(t, f)
		})
	}
}

// play runs one story. It gets $DATABASE_URL, homes of its own, and the
// commands below.
func play(t *testing.T, file string) {
	db := dbtest.New(t)
	s := &story{t: t, db: db, release: map[string]func(){}}
	app := s.serve(t)
	testscript.Run(t, testscript.Params{
		Files: []string{file}, RequireUniqueNames: true, UpdateScripts: os.Getenv("UPDATE") != "",
		Setup: func(e *testscript.Env) error {
			for _, v := range []string{"XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME"} {
				e.Setenv(v, filepath.Join(e.WorkDir, "."+strings.ToLower(v)))
			}
			e.Setenv("DATABASE_URL", db.DSN)
			e.Setenv("DBNAME", db.Name)
			e.Setenv("APP", app)
			e.Setenv("TERM", "xterm-256color")
			return named(e.WorkDir, strings.NewReplacer("$DBNAME", db.Name, "$APP", app))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sql": s.sql, "sqlis": s.sqlIs, "block": s.block, "unblock": s.unblock, "migrate-version": s.migrateVersion,
			"quiet-log": s.quietLog, "await-session": s.awaitSession, "demo-gone": demoGone, "app": s.app,
		},
		Condition: func(cond string) (bool, error) {
			if cond == "migrate" {
				return os.Getenv("BELAY_TEST_MIGRATE") != "", nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
	})
}

// named puts the names of the database and the application into the story's TOML
// files.
func named(dir string, names *strings.Replacer) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.toml"))
	below, _ := filepath.Glob(filepath.Join(dir, "*", "*.toml"))
	files = append(files, below...)
	for _, f := range files {
		b, rerr := os.ReadFile(f)
		if rerr != nil {
			return rerr
		}
		if werr := os.WriteFile(f, []byte(names.Replace(string(b))), 0o600); werr != nil {
			return werr
		}
	}
	return err
}

// story has what the commands of one script share.
type story struct {
	t       *testing.T
	db      *dbtest.DB
	release map[string]func()
	// health is the query by which the application tells that it is well.
	health atomic.Pointer[string]
}

// sql runs a statement: sql 'CREATE TABLE …'.
func (s *story) sql(ts *testscript.TestScript, _ bool, args []string) {
	s.db.Exec(s.t, strings.Join(args, " "))
}

// sqlIs compares the single value of a query: sqlis WANT 'SELECT …'.
func (s *story) sqlIs(ts *testscript.TestScript, neg bool, args []string) {
	got := dbtest.QueryVal[string](s.t, s.db, "SELECT coalesce(("+strings.Join(args[1:], " ")+")::text, '')")
	if (got == args[0]) == neg {
		ts.Fatalf("got %q", got)
	}
}

// block holds what a statement takes until unblock: block NAME 'LOCK TABLE …'.
func (s *story) block(_ *testscript.TestScript, _ bool, args []string) {
	_, release := s.db.Blocker(s.t, strings.Join(args[1:], " "))
	s.release[args[0]] = release
}

func (s *story) unblock(_ *testscript.TestScript, _ bool, args []string) { s.release[args[0]]() }

// migrateVersion compares what golang-migrate itself says: migrate-version 42.
func (s *story) migrateVersion(ts *testscript.TestScript, _ bool, args []string) {
	bin := os.Getenv("BELAY_TEST_MIGRATE")
	dsn := strings.Replace(s.db.DSN, "postgres://", "pgx5://", 1)
	dsn = strings.Replace(dsn, "postgresql://", "pgx5://", 1)
	out, err := exec.Command(bin, "-path", ts.MkAbs("migrations"), "-database", dsn, "version").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != args[0] {
		ts.Fatalf("migrate version: %s, %v", out, err)
	}
}

// awaitSession waits until a session of a name is there: await-session NAME.
func (s *story) awaitSession(_ *testscript.TestScript, _ bool, args []string) {
	dbtest.WaitFor(s.t, "a session "+args[0], func() bool {
		return dbtest.QueryVal[int64](s.t, s.db, "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", args[0]) > 0
	})
}

// quietLog fails where belay sent anything that writes.
func (s *story) quietLog(ts *testscript.TestScript, _ bool, _ []string) {
	for _, e := range s.db.ServerLog(s.t) {
		if strings.HasPrefix(e.Application, "belay/") && writes(e.Statement()) {
			ts.Fatalf("belay wrote: %s", e.Statement())
		}
	}
}

func writes(sql string) bool {
	first, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(sql)), " ")
	switch first {
	case "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "TRUNCATE", "COMMENT", "GRANT", "LOCK", "REINDEX", "VACUUM":
		return true
	}
	return false
}

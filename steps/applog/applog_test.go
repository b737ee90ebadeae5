package applog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"belay/steps/fact"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const missing = "ERROR: column \"email\" does not exist (SQLSTATE 42703)\n"

// until waits for a condition of what was read.
func until(t *testing.T, l *Log, what string, cond func(fact.Logged) bool) fact.Logged {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		f := l.Before()
		if cond(f) {
			return f
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %s: %+v", what, f)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func counted(code string, n int) func(fact.Logged) bool {
	return func(f fact.Logged) bool { return f.Count(code) == n }
}

func add(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func follow(t *testing.T, s Source, words ...string) *Log {
	t.Helper()
	p, err := NewPatterns(words)
	if err != nil {
		t.Fatal(err)
	}
	l := &Log{}
	l.Follow(s, p)
	t.Cleanup(l.Close)
	return l
}

// A file is read from its end on, through a rename and through a truncation.
func TestFileSurvivesRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	add(t, path, "ERROR: relation \"old\" does not exist (SQLSTATE 42P01)\n"+missing[:20])
	l := follow(t, Source{File: path, Text: path})
	f := until(t, l, "knowledge of what stood there", func(f fact.Logged) bool { return len(f.Known) > 0 })
	if f.Known[0] != "42P01" || len(f.Counts) != 0 || f.Problem != "" {
		t.Errorf("before: %+v", f)
	}
	add(t, path, "\n"+missing+"all is well\n"+missing)
	f = until(t, l, "two errors", counted("42703", 2))
	if f.Counts[0].Said != `column "email" does not exist` {
		t.Errorf("said %q", f.Counts[0].Said)
	}
	// What was written between the last look and the rename is not lost.
	add(t, path, missing)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	until(t, l, "word that it is gone", func(f fact.Logged) bool { return strings.Contains(f.Problem, "no such file") })
	add(t, path, missing)
	until(t, l, "the new file's error", func(f fact.Logged) bool { return f.Count("42703") == 4 && f.Problem == "" })
	add(t, path, strings.Repeat("all is well\n", 100)+missing)
	until(t, l, "a longer file", counted("42703", 5))
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	add(t, path, missing)
	until(t, l, "the error after the truncation", counted("42703", 6))
	if f := l.Lately(time.Minute); f.Count("42703") != 6 || f.SpanMS > time.Minute.Milliseconds() {
		t.Errorf("lately: %+v", f)
	}
}

func TestFileThatIsNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	l := follow(t, Source{File: path, Text: path})
	until(t, l, "word of it", func(f fact.Logged) bool { return f.Problem != "" })
	add(t, path, missing)
	until(t, l, "its first error", func(f fact.Logged) bool { return f.Count("42703") == 1 && f.Problem == "" })
}

// A command's lines are counted, its end is said, and it ends with the log.
func TestCommand(t *testing.T) {
	dir := t.TempDir()
	l := follow(t,
		Source{
			Argv: []string{
				"sh", "-c", "echo 'PG::UndefinedTable: ERROR'; echo out of memory >&2; echo $$ > pid; exec sleep 600",
			}, Dir: dir, Text: "logs",
		}, "/out of memory/")
	f := until(t, l, "both lines", func(f fact.Logged) bool {
		return f.Count("42P01") == 1 && f.Count("/out of memory/") == 1
	})
	if f.Source != "logs" || f.Problem != "" {
		t.Errorf("%+v", f)
	}
	l.Close()
	if f := l.Before(); f.Source != "" {
		t.Errorf("closed: %+v", f)
	}
	ended := follow(t, Source{Argv: []string{"sh", "-c", "exit 3"}, Text: "short"})
	until(t, ended, "word that it ended", func(f fact.Logged) bool { return strings.Contains(f.Problem, "exit 3") })
	none := follow(t, Source{Argv: []string{"/no/such/program"}, Text: "none"})
	until(t, none, "word that it did not start", func(f fact.Logged) bool {
		return strings.Contains(f.Problem, "not started")
	})
}

// The same source goes on, another one begins anew.
func TestFollowAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	add(t, path, "")
	l := follow(t, Source{File: path, Text: path})
	add(t, path, missing)
	until(t, l, "an error", counted("42703", 1))
	l.Follow(Source{File: path, Text: path}, Patterns{})
	if f := l.Before(); f.Count("42703") != 1 {
		t.Errorf("begun anew: %+v", f)
	}
	l.Follow(Source{File: path, Text: "another"}, Patterns{})
	if f := l.Before(); f.Count("42703") != 0 {
		t.Errorf("not begun anew: %+v", f)
	}
}

func TestPatterns(t *testing.T) {
	for _, bad := range []string{"", "4270", "//", "/(/", "column"} {
		if _, err := NewPatterns([]string{bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	p, err := NewPatterns([]string{"23505", "/boom [0-9]+/"})
	if err != nil || !p.Asked("23505") || p.Asked("42703") {
		t.Fatalf("%+v, %v", p, err)
	}
	if f, ok := p.in("boom 42"); !ok || f.Code != "/boom [0-9]+/" || !p.Asked(f.Code) {
		t.Errorf("%+v, %v", f, ok)
	}
}

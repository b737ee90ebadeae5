package command

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"belay/db/dbtest"
)

func TestArgv(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string
	}{
		{`curl -fsS https://shop/health`, []string{"curl", "-fsS", "https://shop/health"}},
		{`grep "a b"'c' ''`, []string{"grep", "a bc", ""}},
		{`echo $HOME | wc`, []string{"echo", "$HOME", "|", "wc"}},
		{"  ", nil},
	} {
		if got, err := Argv(c.line); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("Argv(%q) = %q, %v", c.line, got, err)
		}
	}
	if _, err := Argv(`echo "open`); err == nil {
		t.Error("an open quote is accepted")
	}
}

func TestRunTellsHowItEnded(t *testing.T) {
	t.Setenv("PGPASSWORD", "s3cret")
	t.Setenv("DATABASE_URL", "postgres://u:s3cret@h/d")
	r, err := Run(context.Background(), t.TempDir(), []string{"sh", "-c", "echo out; echo err >&2; env; exit 3"},
		time.Minute)
	if err != nil || r.Exit != 3 || !strings.Contains(r.Output, "out\nerr\n") {
		t.Errorf("%+v, %v", r, err)
	}
	if strings.Contains(r.Output, "s3cret") {
		t.Error("the command saw the password")
	}
	if _, err := Run(context.Background(), "", []string{"/no/such/program"}, time.Minute); err == nil {
		t.Error("a program that is not there was run")
	}
	r, _ = Run(context.Background(), "", []string{"sh", "-c", "yes 0123456789 | head -c 100000"}, time.Minute)
	if len(r.Output) != MaxOutput {
		t.Errorf("%d bytes were kept", len(r.Output))
	}
}

// What a command started ends with it.
func TestRunEndsTheWholeGroup(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "pid")
	r, err := Run(context.Background(), "", []string{"sh", "-c", "sleep 600 & echo $! > " + mark + "; wait"},
		300*time.Millisecond)
	if err != nil || !r.TimedOut || r.Exit != -1 {
		t.Fatalf("%+v, %v", r, err)
	}
	b, err := os.ReadFile(mark)
	if err != nil {
		t.Skip("the command did not come as far as its child")
	}
	ended(t, strings.TrimSpace(string(b)))
}

// ended waits until a process is gone.
func ended(t *testing.T, pid string) {
	t.Helper()
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	dbtest.WaitFor(t, "the end of the command's child", func() bool { return dbtest.Gone(n) })
}

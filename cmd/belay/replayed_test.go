package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/scratch"
)

// age is a time on a screen. Recorded ones are exact to some milliseconds.
var age = regexp.MustCompile(`\d+(\.\d+)? (ms|s|min|h)( \d+ (s|min))?( ago)?`)

// rowsOf are the lines of a screen from one text up to another, without ages.
func rowsOf(screen, from, to string) (out []string) {
	in := false
	for line := range strings.Lines(screen) {
		if in = in || strings.Contains(line, from); !in {
			continue
		}
		if strings.Contains(line, to) {
			return out
		}
		out = append(out, strings.Join(strings.Fields(age.ReplaceAllString(line, "AGE")), " "))
	}
	return out
}

// TestPileUpReplayed records a crowd from a terminal and replays it on another: the tree
// and the sessions are drawn as they were, folded and each session in a row of its own. The
// long form has 400 that wait.
func TestPileUpReplayed(t *testing.T) {
	t.Parallel()
	n := 40
	if dbtest.Long() {
		n = 400
	}
	c := dbtest.NewCluster(t, scratch.Options{Settings: map[string]string{"max_connections": "450"}})
	d := dbtest.In(t, c, "shop")
	d.Exec(t, "CREATE TABLE orders (id bigint PRIMARY KEY)")
	p := newPersonAt(t, d, nil)
	d.Blocker(t, "LOCK TABLE orders IN ACCESS SHARE MODE")
	d.Waiters(t, 1, "migrator", "BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
	d.Waiters(t, n, "web", "BEGIN; LOCK TABLE orders IN ROW EXCLUSIVE MODE")
	live := p.on("120x40", "watch", "--record", "pile.samples")
	live.shows(t, "x web", "a sample costs")
	live.types(t, " ")
	live.shows(t, "paused at")
	folded := live.vt.String()
	live.types(t, "z")
	live.shows(t, "has a row of its own")
	single := live.vt.String()
	live.types(t, "q")
	live.exits(t)
	again := p.on("120x40", "replay", "pile.samples")
	again.shows(t, "x web")
	again.types(t, namedKeys["end"])
	for _, what := range []struct{ live, from, to string }{
		{folded, "session", "└─"}, {folded, "sessions  ", "└─"}, {single, "session", "└─"},
	} {
		want := rowsOf(what.live, what.from, what.to)
		same := func() bool { return slices.Equal(rowsOf(again.vt.String(), what.from, what.to), want) }
		if len(want) == 0 || !dbtest.Poll(dbtest.Timeout, same) {
			t.Fatalf("live\n%s\nreplayed\n%s", what.live, again.vt)
		}
		if what.from != "session" {
			again.types(t, "z")
		}
	}
	again.types(t, "q")
	again.exits(t)
	info, err := os.Stat(filepath.Join(p.dir, "pile.samples"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d sessions wait; the recording has %d bytes", n, info.Size())
}

// types presses keys.
func (x *terminal) types(t *testing.T, keys string) {
	t.Helper()
	if _, err := x.master.WriteString(keys); err != nil {
		t.Fatal(err)
	}
}

// exits waits for the end of what runs on a terminal.
func (x *terminal) exits(t *testing.T) {
	t.Helper()
	err := <-x.ended
	x.ended <- err
	if err != nil {
		t.Errorf("%v:\n%s", err, x.vt)
	}
}

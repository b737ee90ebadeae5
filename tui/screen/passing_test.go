package screen

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"belay/sqlview/activity"
	"belay/steps/fact"
	"belay/steps/state"
	"belay/tui/look"

	"github.com/charmbracelet/x/ansi"
)

// obstacles plays looks at one statement, a second apart: "." met nobody, "s" a short
// session, "L" a long one. They are what the row says at each.
func obstacles(looks string) (rows []string) {
	noon := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	f := &Facts{}
	for i, c := range looks {
		h := fact.Heart{
			Path: "a.sql", Line: 1, Relation: "public.t", Live: true, At: noon.Add(time.Duration(i) * time.Second),
		}
		switch c {
		case 's':
			h.Blockers = []activity.Lock{{PID: 4000 + i, Application: "web", State: "active", SinceMS: int64(10 + i%7)}}
		case 'L':
			h.Blockers = []activity.Lock{{PID: 881, Application: "worker", State: "active", SinceMS: 60_000}}
		}
		next := *f
		next.Heart = &h
		next.lookAgain(f)
		f = &next
		p := page{Look: look.New(false, look.Unicode), run: state.New(), f: f, now: h.At.Add(300 * time.Millisecond)}
		rows = append(rows, ansi.Strip(strings.Join(p.behind(h, 78), "\n")))
	}
	return rows
}

// While none but short sessions come and go, the row says one thing in each second, and is
// as high.
func TestShortSessionsDoNotFlicker(t *testing.T) {
	for _, looks := range []string{"s.s.s.s.s.s.s.s.s.s.", "ss..sss.....s.....s.s", "s........s........s.."} {
		for i, row := range obstacles(looks) {
			if !strings.HasPrefix(row, "obstacle  short transactions only, ") || strings.Contains(row, "\n") {
				t.Errorf("%s, second %d: %q", looks, i, row)
			}
		}
	}
}

func TestWhoStandsThereIsNamedAndHeldWhenGone(t *testing.T) {
	rows := obstacles("..sLs.............")
	for i, want := range []string{
		"nobody: no session", "nobody: no session", "short transactions only", "pid 881 worker, active 1 min",
		"nobody now; 1 s ago pid 881 worker", "nobody now; 2 s ago pid 881 worker",
	} {
		if !strings.Contains(rows[i], want) {
			t.Errorf("second %d: %q, not %q", i, rows[i], want)
		}
	}
	if last := rows[len(rows)-1]; !strings.Contains(last, "nobody: no session") {
		t.Errorf("it is held for too long: %q", last)
	}
	if n := len(slices.Compact(slices.Clone(rows[15:]))); n != 1 {
		t.Errorf("%d rows for one state: %s", n, fmt.Sprint(rows[15:]))
	}
}

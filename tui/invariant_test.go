package tui

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"belay/tui/look"
	"belay/tui/screen"
	"belay/tui/tuitest"
)

var (
	sgr    = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	colour = regexp.MustCompile(`\x1b\[[0-9;]*(3[0-7]|4[0-7]|9[0-7])[0-9;]*m`)
)

var sizes = [][2]int{
	{40, 10}, {59, 24}, {60, 14}, {60, 15}, {60, 20}, {72, 18}, {80, 24}, {99, 30}, {100, 29}, {100, 30}, {120, 40},
	{160, 50},
}

var views = [][]string{
	nil, {"R"}, {"s"}, {"w"}, {"l"}, {"z"}, {"?"}, {"enter"}, {"]"}, {"]", "]"}, {"]", "]", "]"}, {"]", "]", "]", "]"},
	{"]", "]", "]", "]", "]"}, {"]", "]", "]", "enter"}, {"?", "pgdown"}, {"c"},
}

// Every screen of every story keeps to the size of the terminal, whatever it is.
func TestEverySize(t *testing.T) {
	paths, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range paths {
		s, err := tuitest.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range sizes {
			for _, keys := range views {
				for _, c := range []bool{false, true} {
					if c && size[0] != 80 {
						continue // colours change no width; one size shows it
					}
					st := newStage(t, s, size[0], size[1], 400*time.Millisecond, c)
					st.keys(keys...)
					checkFrame(t, path+" "+strings.Join(keys, " "), st, size, c)
					checkPages(t, fmt.Sprint(path, " ", keys, " at ", size), st)
				}
			}
		}
	}
}

// checkPages holds a key that scrolls, where the screen offers it, to scrolling.
func checkPages(t *testing.T, name string, st *stage) {
	t.Helper()
	st.keys("WAIT:1s")
	seen := func() (body, foot string) {
		frame := ansi.Strip(st.frame())
		at := strings.LastIndexByte(frame, '\n')
		return frame[:max(at, 0)], frame[at+1:]
	}
	was, foot := seen()
	if !strings.Contains(foot, "pgdn") {
		return
	}
	st.keys("pgdown")
	down, _ := seen()
	st.keys("pgup", "pgup")
	if up, _ := seen(); down == was && up == was {
		t.Errorf("%s: pgdn is offered and scrolls nothing:\n%s", name, was)
	}
}

func checkFrame(t *testing.T, name string, st *stage, size [2]int, coloured bool) {
	t.Helper()
	frame := st.frame()
	lines := strings.Split(frame, "\n")
	small := size[0] < screen.Smallest.Width || size[1] < screen.Smallest.Height
	if (small && len(lines) != 1) || (!small && len(lines) != size[1]) {
		t.Errorf("%s at %v: %d lines", name, size, len(lines))
	}
	for _, l := range lines {
		if w := ansi.StringWidth(l); w > size[0] {
			t.Errorf("%s at %v: %d columns: %q", name, size, w, l)
		}
	}
	for _, r := range sgr.ReplaceAllString(frame, "") {
		if (r < 0x20 && r != '\n') || (r >= 0x7f && r <= 0x9f) {
			t.Errorf("%s at %v: holds %U", name, size, r)
		}
	}
	if !coloured && colour.MatchString(frame) {
		t.Errorf("%s at %v: coloured without colour", name, size)
	}
	if small {
		return
	}
	last := ansi.Strip(lines[len(lines)-1])
	if !strings.Contains(last, "leave") && !strings.Contains(last, "esc") && !strings.Contains(last, "?") {
		t.Errorf("%s at %v: no keys at the bottom: %q", name, size, last)
	}
	if st.m.local.Top() == "confirm" {
		for _, part := range []string{"No, go back", "type the database name"} {
			if !strings.Contains(frame, part) {
				t.Errorf("%s at %v: the dialog lacks %q:\n%s", name, size, part, frame)
			}
		}
	}
	checkHeart(t, name, st, size, frame)
	checkPanels(t, name, st, size, lines)
}

// checkPanels wants boxes that are closed, a body that fills the height, the cursor in
// sight, and a question whole.
func checkPanels(t *testing.T, name string, st *stage, size [2]int, lines []string) {
	t.Helper()
	text := ansi.Strip(strings.Join(lines, "\n"))
	if size[0] >= 100 && size[1] >= 30 {
		for _, pair := range [][2]string{{"┌", "┐"}, {"┐", "┘"}} {
			if strings.Count(text, pair[0]) != strings.Count(text, pair[1]) {
				t.Errorf("%s at %v: %d %s and %d %s:\n%s", name, size, strings.Count(text, pair[0]), pair[0],
					strings.Count(text, pair[1]), pair[1], text)
			}
		}
		empty := 0
		for _, l := range strings.Split(text, "\n") {
			if strings.TrimSpace(l) == "" {
				empty++
			}
		}
		if empty > size[1]/4 {
			t.Errorf("%s at %v: %d lines are empty:\n%s", name, size, empty, text)
		}
	}
	d := st.m.local.Dialog
	if d == nil || st.m.local.Top() != d.Screen() || size[0] < 80 || size[1] < 24 {
		return
	}
	if len(d.Options) > 0 && !d.Confirms() && !strings.Contains(text, st.m.local.Look.Marks.Cursor) {
		t.Errorf("%s at %v: no answer is marked:\n%s", name, size, text)
	}
	if size[0] >= 100 && size[1] >= 30 {
		text = beyondRail(text)
	}
	if whole := letters(d.Text); !strings.Contains(letters(text), whole) && !d.Confirms() {
		t.Errorf("%s at %v: the question is not whole: %s\n%s", name, size, d.Text, text)
	}
}

// beyondRail is a frame without the steps at its left.
func beyondRail(frame string) string {
	lines := strings.Split(frame, "\n")
	for i, l := range lines {
		lines[i] = ansi.TruncateLeft(l, 27, "")
	}
	return strings.Join(lines, "\n")
}

// letters are a text without what a wrap adds to it.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \n│", r) {
			return -1
		}
		return r
	}, s)
}

// checkHeart wants the card whole where it must stand. In the run dialog of a screen lower
// than 24 lines it leaves some to the SQL, and both are there.
func checkHeart(t *testing.T, name string, st *stage, size [2]int, frame string) {
	t.Helper()
	h := st.m.local.Facts.Heart
	top := st.m.local.Top()
	must := top == "start" || top == "review" || top == "confirm" ||
		(top == "run" && st.m.run.InHand() != nil && st.m.run.Question("run.go_on") == nil &&
			st.m.run.Question("run.resolve") == nil)
	if screen.Filling(st.m.run, st.m.local.Facts) != nil {
		return // batches run: the screen says what they wait for instead
	}
	if h == nil || !must || (st.m.local.Facts.Folder != nil && len(st.m.local.Facts.Folder.Pending) == 0) {
		return
	}
	low, runs := top == "confirm" && size[1] < 24, top != "confirm"
	for _, p := range st.m.placed() {
		runs = runs || p.Name == "runs" && p.Height >= 2
	}
	for _, p := range st.m.placed() {
		whole := p.Height == p.Total && p.Total >= 2 || low && p.Height >= 3
		if (p.Name == "heart" || p.Name == "statement") && whole && runs {
			return
		}
	}
	t.Errorf("%s at %v: the card is not whole: %+v\n%s", name, size, st.m.placed(), frame)
}

// Where a terminal draws no more than ASCII every screen of every story keeps to it, but
// for what a database or a person wrote.
func TestEveryScreenInASCII(t *testing.T) {
	paths, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range paths {
		s, err := tuitest.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		switch filepath.Base(path) {
		case "hostile.txtar", "backfill-asks.txtar":
			continue // names and SQL of all letters
		}
		for _, keys := range views {
			st := newStage(t, s, 120, 40, 400*time.Millisecond, false)
			st.m.local.Look = look.New(false, look.ASCII)
			st.keys(keys...)
			for _, l := range strings.Split(ansi.Strip(st.frame()), "\n") {
				if at := strings.IndexFunc(l, func(r rune) bool { return r > 0x7e }); at >= 0 {
					t.Errorf("%s %s: %q", path, strings.Join(keys, " "), l[at:])
				}
			}
		}
	}
}

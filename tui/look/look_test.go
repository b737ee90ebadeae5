package look

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// lines is a body of n lines.
func lines(n int) func(int) []string {
	return func(int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = fmt.Sprint("line ", i+1)
		}
		return out
	}
}

func TestStackIsExactlyAsHigh(t *testing.T) {
	k := New(false, Unicode)
	for _, boxed := range []bool{true, false} {
		for h := 1; h < 60; h++ {
			got, _ := k.Stack([]Panel{
				{Title: "a", Lines: lines(3)}, {Title: "b", Lines: lines(9), Give: 2, Min: 2, Grow: true},
				{Title: "c", Lines: lines(4), Give: 1, Min: 1},
			}, 40, h, boxed)
			if len(got) != h {
				t.Errorf("height %d: %d lines", h, len(got))
			}
			for _, l := range got {
				if Width(l) > 40 {
					t.Errorf("height %d: %q is %d wide", h, l, Width(l))
				}
			}
		}
	}
}

// What never gives way stays whole, as long as there is room for it.
func TestStackKeepsWhatNeverGives(t *testing.T) {
	got, placed := New(false, Unicode).Stack([]Panel{
		{Name: "sql", Title: "sql", Lines: lines(5), Give: 1}, {Name: "heart", Title: "heart", Lines: lines(3)},
		{Name: "log", Title: "log", Lines: lines(9), Give: 3, Min: 3},
	}, 40, 4, false)
	if placed[1].Height != 3 || placed[0].Height != 0 || placed[2].Height != 0 {
		t.Errorf("%+v:\n%s", placed, strings.Join(got, "\n"))
	}
}

// What is under the cursor, and the end of a log, is seen however low the panel is.
func TestCursorStaysInSight(t *testing.T) {
	k := New(false, Unicode)
	for h := 2; h < 12; h++ {
		for cursor := range 30 {
			got, _ := k.Stack([]Panel{{Name: "x", Title: "x", Lines: lines(30), Give: 1, Min: 1, Cursor: cursor}}, 40,
				h, false)
			if want := fmt.Sprintf(" line %d", cursor+1); !strings.Contains(strings.Join(got, "\n")+"\n", want+"\n") {
				t.Errorf("%d lines high: %q is not seen:\n%s", h, want, strings.Join(got, "\n"))
			}
		}
		got, _ := k.Stack([]Panel{{Name: "x", Title: "x", Lines: lines(30), Give: 1, Min: 1, Tail: true}}, 40, h, false)
		if !strings.Contains(strings.Join(got, "\n"), "line 30") {
			t.Errorf("%d lines high: the end is not seen", h)
		}
	}
}

func TestChooseShowsTheCursor(t *testing.T) {
	k := New(false, Unicode)
	var rows [][]string
	for i := range 50 {
		rows = append(rows, []string{fmt.Sprint("file ", i+1), "x"})
	}
	for cursor := range rows {
		got := k.Choose([]Column{{Head: "file"}, {Head: "what"}}, rows, cursor, 40, 8)
		if len(got) != 8 ||
			!strings.Contains(ansi.Strip(strings.Join(got, "\n")), k.Marks.Cursor+" file "+fmt.Sprint(cursor+1)+" ") {
			t.Errorf("cursor %d: %d lines:\n%s", cursor, len(got), strings.Join(got, "\n"))
		}
	}
}

func TestMiddle(t *testing.T) {
	k := New(false, Unicode)
	if got := k.Middle("20261101_add_customer_ref.up.sql", 16); got != "2026110….up.sql" && Width(got) > 16 {
		t.Errorf("got %q", got)
	}
	if got := k.Middle("short", 16); got != "short" {
		t.Errorf("got %q", got)
	}
}

func TestSpark(t *testing.T) {
	k := New(false, Unicode)
	for _, c := range []struct {
		values []float64
		want   string
	}{{nil, ""}, {[]float64{0, 0}, "▁▁"}, {[]float64{0, 1, 2, 4, -1, 8}, "▁▂▃▅ █"}, {[]float64{1e300, 5}, "█▁"}} {
		if got := k.Spark(Plain, c.values); got != c.want {
			t.Errorf("%v: %q, want %q", c.values, got, c.want)
		}
	}
}

// ASCII draws nothing that is not ASCII.
func TestASCII(t *testing.T) {
	k := New(true, ASCII)
	got, _ := k.Stack([]Panel{{Title: "x", State: k.Text(OK, k.Marks.Done), Lines: func(w int) []string {
		return []string{
			k.Bar(0.5, w), k.Spark(Reads, []float64{1, 2, 3}), k.Branch([]int{0, 1, 2, 1}, 1) + "a",
			k.Cut(strings.Repeat("x", 100), w), k.Spin(3), k.Plain("end it… · a → b"),
		}
	}}}, 40, 8, true)
	for _, r := range strings.Join(got, "\n") {
		if r > 0x7e {
			t.Errorf("%q is not ASCII:\n%s", r, strings.Join(got, "\n"))
		}
	}
}

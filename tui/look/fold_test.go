package look

import (
	"strings"
	"testing"
)

// At every width a line is broken between words only: no word, number, unit or command is.
func TestFoldKeepsWhatBelongsTogether(t *testing.T) {
	whole := []string{"2 310 000", "43 min", "31 k", "`belay attach 7f3a11c2`", "000042_add_note.up.sql"}
	line := "09:41:16 about 2 310 000 rows in 43 min at 31 k rows/s; " +
		"`belay attach 7f3a11c2` shows 000042_add_note.up.sql"
	if got := Fold(line, 0, 9); got != line {
		t.Errorf("a pipe gets %q", got)
	}
	for w := 10; w < len(line)+2; w++ {
		got := Fold(line, w, 9)
		if back := strings.Join(strings.Fields(got), " "); back != line {
			t.Errorf("%d columns: %q", w, back)
		}
		for _, l := range strings.Split(got, "\n") {
			if n := Width(l); n > w && strings.ContainsAny(strings.TrimSpace(l), " ") && w > 40 {
				t.Errorf("%d columns: %q is %d wide", w, l, n)
			}
		}
		for _, part := range whole {
			if !strings.Contains(got, part) {
				t.Errorf("%d columns break %q:\n%s", w, part, got)
			}
		}
		for _, l := range Wrap(line, w) {
			parted := strings.HasSuffix(l, " 2 310") || strings.HasSuffix(l, " 43") || strings.HasPrefix(l, "k rows")
			if w > 20 && parted {
				t.Errorf("%d columns break a number: %q", w, l)
			}
		}
	}
}

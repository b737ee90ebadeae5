package view

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"belay/tui/theme"
)

func FuzzClean(f *testing.F) {
	for _, s := range []string{
		"plain", "two\nlines\r\n", "\x1b[2J\x1b]52;c;aGk=\x07", "\u009b31m", "a\u202eb\u2066c", "tab\there", "\xff\xfe",
		"zero\u200bwidth\ufeff", "\x7f", "日本語", "e\u0301", "\u2028x\u2029", "\U000e0041", "🧨 fire",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if !utf8.ValidString(got) {
			t.Errorf("%q gave invalid UTF-8", s)
		}
		for _, r := range got {
			if r < 0x20 || r == 0x7f || (r >= 0x80 && r <= 0x9f) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Errorf("%q still holds %U", got, r)
			}
		}
		if again := Clean(got); again != got {
			t.Errorf("cleaned twice: %q, then %q", got, again)
		}
		for _, w := range []int{1, 7, 40} {
			line := L(S(theme.Danger, s), T(s)).Ends(T("end")).Draw(w, theme.Theme{})
			line = strings.NewReplacer("\x1b[1m", "", "\x1b[0m", "").Replace(line)
			if n := Width(line); n > w || strings.ContainsAny(line, "\x1b\n\r") {
				t.Errorf("%q in %d columns: %q is %d wide", s, w, line, n)
			}
		}
	})
}

func FuzzWrap(f *testing.F) {
	f.Add("needs ACCESS EXCLUSIVE on public.orders; blocks reads", 20, 2)
	f.Add("averyveryverylongwordwithoutanyspaces", 9, 4)
	f.Add("日本語日本語日本語 x", 10, 3)
	f.Fuzz(func(t *testing.T, s string, w, hang int) {
		w, hang = 8+abs(w)%120, abs(hang)%12
		var back strings.Builder
		for _, line := range Wrap(s, w, hang) {
			if n := Width(line); n > w {
				t.Errorf("%q is %d wide, not %d", line, n, w)
			}
			back.WriteString(line)
		}
		strip := strings.NewReplacer(" ", "")
		if got, want := strip.Replace(back.String()), strip.Replace(Clean(s)); got != want {
			t.Errorf("something was left out: %q, not %q", got, want)
		}
	})
}

func abs(n int) int {
	if n < 0 {
		n = -(n + 1)
	}
	return n
}

func TestFitIsExactlyAsHigh(t *testing.T) {
	for h := 1; h < 40; h++ {
		lines := Fit([]Block{
			{Lines: make([]Line, 3)}, Gap(), {Lines: make([]Line, 9), Give: 2, Min: 2, Fill: true}, {Lines: make([]Line, 4), Give: 1, Min: 1},
		}, h)
		if len(lines) != h {
			t.Errorf("height %d: %d lines", h, len(lines))
		}
	}
}

// What never gives way stays, in its place, as long as there is room for it.
func TestFitKeepsWhatNeverGives(t *testing.T) {
	heart := []Line{Text("one"), Text("two"), Text("three")}
	lines := Fit([]Block{{Lines: make([]Line, 5), Give: 1}, {Lines: heart}, {Lines: make([]Line, 9), Give: 3, Min: 3}}, 3)
	for i, l := range lines {
		if l.Left[0].Text != heart[i].Left[0].Text {
			t.Fatalf("line %d is %v", i, l)
		}
	}
}

func TestMiddle(t *testing.T) {
	if got := Middle("20261101_add_customer_ref.up.sql", 16); got != "2026110….up.sql" && Width(got) > 16 {
		t.Errorf("got %q", got)
	}
	if got := Middle("short", 16); got != "short" {
		t.Errorf("got %q", got)
	}
}

package look

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

func FuzzVisible(f *testing.F) {
	for _, s := range []string{
		"plain", "two\nlines\r\n", "\x1b[2J\x1b]52;c;aGk=\x07", "\u009b31m", "a\u202eb\u2066c", "tab\there", "\xff\xfe",
		"zero\u200bwidth\ufeff", "\x7f", "日本語", "e\u0301", "\u2028x\u2029", "\U000e0041", "🧨 fire",
	} {
		f.Add(s)
	}
	k := New(true, Unicode)
	f.Fuzz(func(t *testing.T, s string) {
		got := Visible(s)
		if !utf8.ValidString(got) {
			t.Errorf("%q gave invalid UTF-8", s)
		}
		for _, r := range got {
			if r < 0x20 || r == 0x7f || (r >= 0x80 && r <= 0x9f) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Errorf("%q still holds %U", got, r)
			}
		}
		if again := Visible(got); again != got {
			t.Errorf("made visible twice: %q, then %q", got, again)
		}
		for _, w := range []int{1, 7, 40} {
			line := k.Ends(k.Text(Danger, s)+k.Plain(s), k.Plain("end"), w)
			if n := Width(line); n > w || strings.ContainsAny(ansi.Strip(line), "\x1b\n\r") {
				t.Errorf("%q in %d columns: %q is %d wide", s, w, line, n)
			}
		}
	})
}

func FuzzWrap(f *testing.F) {
	f.Add("needs ACCESS EXCLUSIVE on public.orders; blocks reads", 20)
	f.Add("averyveryverylongwordwithoutanyspaces", 9)
	f.Add("日本語日本語日本語 x", 10)
	k := New(true, Unicode)
	f.Fuzz(func(t *testing.T, s string, w int) {
		w = 8 + max(w, -w)%120
		if w < 8 {
			w = 8
		}
		var back strings.Builder
		for _, line := range Wrap(k.Text(Danger, s), w) {
			if n := Width(line); n > w {
				t.Errorf("%q is %d wide, not %d", line, n, w)
			}
			back.WriteString(ansi.Strip(line))
		}
		strip := strings.NewReplacer(" ", "")
		if got, want := strip.Replace(back.String()), strip.Replace(Visible(s)); got != want {
			t.Errorf("something was left out: %q, not %q", got, want)
		}
	})
}

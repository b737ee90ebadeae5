package visible

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// hostile are texts that would do something to a terminal or to a reader.
var hostile = []string{
	"plain", "two\nlines\r\n", "\x1b[2J\x1b]52;c;aGk=\x07", "\u009b31m", "a\u202eb\u2066c", "tab\there", "\xff\xfe",
	"lone\rreturn",
	"zero\u200bwidth\ufeff", "\x7f", "日本語", "e\u0301", "\u2028x\u2029", "\U000e0041", "\U000e0101", "🧨 fire",
	"\xe2\x80", "\ufffd",
}

// dangerous reports the first character of a text that is not to leave.
func dangerous(s string, allowed string) (rune, bool) {
	for _, r := range s {
		if (r < 0x20 || r == 0x7f || hidden(r)) && !strings.ContainsRune(allowed, r) {
			return r, true
		}
	}
	return 0, false
}

func FuzzLineAndText(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, way := range map[string]func(string) string{"Line": Line, "Text": Text} {
			allowed := ""
			if name == "Text" {
				allowed = "\n\t"
			}
			got := way(s)
			if r, bad := dangerous(got, allowed); bad || !utf8.ValidString(got) {
				t.Errorf("%s(%q) = %q holds %U", name, s, got, r)
			}
			if again := way(got); again != got {
				t.Errorf("%s twice: %q, then %q", name, got, again)
			}
		}
		if got, want := strings.NewReplacer("\n", " ", "\t", " ").Replace(Text(s)), Line(s); got != want {
			t.Errorf("Text and Line differ in more than line ends: %q, %q", got, want)
		}
	})
}

// FuzzJSON holds that escaping changes no value and lets nothing through.
func FuzzJSON(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		plain, err := json.MarshalIndent(map[string]any{"a": s, s: []string{s}}, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		got := JSON(plain)
		if r, bad := dangerous(string(got), "\n\t\r"); bad {
			t.Errorf("%q holds %U", got, r)
		}
		var before, after any
		if err := errors.Join(json.Unmarshal(plain, &before), json.Unmarshal(got, &after)); err != nil {
			t.Fatal(err)
		}
		if a, _ := json.Marshal(before); true {
			if b, _ := json.Marshal(after); !bytes.Equal(a, b) {
				t.Errorf("%q became %q", a, b)
			}
		}
	})
}

// TestJSONOfRawBytes takes what encoding/json would never write.
func TestJSONOfRawBytes(t *testing.T) {
	got := JSON([]byte("{\"a\":\"\x1b[1m\xff\u202e\"}"))
	if want := `{"a":"\u001b[1m\ufffd\u202e"}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// FuzzWriter cuts a text anywhere: what comes out is what one Write would give.
func FuzzWriter(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, 1)
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, s string, size int) {
		size = 1 + max(size, -size)%7
		if size < 1 {
			size = 1
		}
		var out bytes.Buffer
		w := NewWriter(&out)
		if _, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{strings.NewReader(s)},
			make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if got, want := out.String(), Text(s); got != want {
			t.Errorf("%q in pieces of %d: %q, not %q", s, size, got, want)
		}
	})
}

type word string

type masked string

func (masked) String() string { return "***" }

func TestSprintf(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Sprintf("%s\n", "a\nb"), "a b\n"},
		{Sprintf("%d of %5.1f, %t", 3, 2.5, true), "3 of   2.5, true"},
		{Sprintf("%v", errors.New("no\x1b[2J")), `no\x1b[2J`},
		{Sprintf("%s", word("x\u202e")), `x\u202e`},
		{Sprintf("%v", []string{"a\nb"}), "[a b]"},
		{Sprintf("%s", []byte("\xff")), `\xff`},
		{Sprintf("%s", masked("secret")), "***"},
		{Sprintf("%s %d", time.Second, time.Second), "1s 1000000000"},
		{Sprintf("%*d|%v", 4, 7, nil), "   7|<nil>"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestShell(t *testing.T) {
	for _, s := range append(hostile, "", "a b", "it's", `back\slash`, "-x", "$HOME", "*", "m/1_a.sql") {
		word := Shell(s)
		if Line(word) != word {
			t.Errorf("%q is written as %q", s, word)
		}
		if strings.ContainsRune(s, 0) {
			continue
		}
		out, err := exec.Command("bash", "-c", "printf %s "+word).Output()
		if err != nil || string(out) != s {
			t.Errorf("%s is %q to a shell, not %q (%v)", word, out, s, err)
		}
	}
}

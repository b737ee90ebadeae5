// Package visible makes text of others safe to show: whatever a database, a
// file name, a server's message or a configuration holds, it can neither move
// the cursor, nor colour or hide what stands beside it, nor turn its direction,
// nor pass for a line of belay's own. Every text that leaves goes through here.
package visible

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line makes a text safe on one line: line ends and tabs become a space, every
// other control character, bidi control, invisible character and invalid byte
// becomes readable text such as \x1b or \u202e. A text of one safe line is
// returned as it is.
func Line(s string) string { return clean(s, ' ', ' ') }

// Text is Line for a text of several lines: line ends and tabs stay. It is for
// what belay itself put into lines; a text of others goes through Line first.
func Text(s string) string { return clean(s, '\n', '\t') }

// Sprintf is fmt.Sprintf with every text among the arguments made safe on one
// line: strings, byte slices, errors and whatever else prints as text.
func Sprintf(format string, args ...any) string {
	safe := make([]any, len(args))
	for i, a := range args {
		safe[i] = argument(a)
	}
	return fmt.Sprintf(format, safe...)
}

// Fprintf is Sprintf to a writer.
func Fprintf(w io.Writer, format string, args ...any) {
	_, _ = io.WriteString(w, Sprintf(format, args...))
}

// argument leaves numbers and their kin as they are: a format may ask for them,
// and what their types print as is a word of the program's.
func argument(a any) any {
	switch v := a.(type) {
	case nil:
		return a
	case []byte:
		return Line(string(v))
	case error:
		return Line(v.Error())
	}
	switch v := reflect.ValueOf(a); {
	case v.CanInt(), v.CanUint(), v.CanFloat(), v.Kind() == reflect.Bool:
		return a
	case v.Kind() == reflect.String && !printsItself(a):
		return Line(v.String())
	}
	return Line(fmt.Sprint(a))
}

// printsItself reports a text whose type has its own way of printing, such as a
// secret.
func printsItself(a any) bool {
	switch a.(type) {
	case fmt.Stringer, fmt.Formatter:
		return true
	}
	return false
}

func clean(s string, end, tab byte) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\r' && strings.HasPrefix(s[i:], "\r\n"):
		case r == '\n':
			b.WriteByte(end)
		case r == '\t':
			b.WriteByte(tab)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		case hidden(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

// plain reports a text of printable ASCII, which most are.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// hidden reports whether a rune draws nothing, or changes how others are drawn.
func hidden(r rune) bool {
	switch {
	case r >= 0x80 && r <= 0x9f: // C1
		return true
	case unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs): // bidi, zero width, separators
		return true
	case r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0100 && r <= 0xe01ef: // variation selectors
		return true
	case r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0: // blank letters
		return true
	case unicode.Is(unicode.Me, r):
		return true
	}
	return false
}

package visible

import (
	"fmt"
	"strings"

	"belay/sqlview/pattern"
)

var bareWord = pattern.New(`^[A-Za-z0-9_./:@%+=,-]+$`)

// Shell writes a text as one word of a shell's command line, to be copied from a
// hint: as it is, in quotes, or with what cannot be shown as escapes of $'…'.
func Shell(s string) string {
	switch {
	case bareWord.MatchString(s):
		return s
	case Line(s) == s:
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '\'' || c == '\\' {
			fmt.Fprintf(&b, `\x%02x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return "$'" + b.String() + "'"
}

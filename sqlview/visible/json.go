package visible

import (
	"unicode/utf16"
	"unicode/utf8"
)

const digits = "0123456789abcdef"

// JSON writes what Line would make visible as the escapes of JSON: the text
// decodes to the same values, and is safe on a terminal. It is valid JSON where
// b is; a byte that is not UTF-8 becomes U+FFFD, as encoding/json reads it.
func JSON(b []byte) []byte {
	out := b[:0:0]
	done := 0 // of b, what out has
	for i := 0; i < len(b); {
		if c := b[i]; c >= 0x20 && c < 0x7f || c == '\n' || c == '\t' || c == '\r' {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r >= 0x80 && r != utf8.RuneError && !hidden(r) || r == utf8.RuneError && n > 1 {
			i += n
			continue
		}
		out = escape(append(out, b[done:i]...), r)
		i += n
		done = i
	}
	if done == 0 {
		return b
	}
	return append(out, b[done:]...)
}

func escape(out []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		return escape(escape(out, high), low)
	}
	return append(out, '\\', 'u', digits[r>>12&0xf], digits[r>>8&0xf], digits[r>>4&0xf], digits[r&0xf])
}

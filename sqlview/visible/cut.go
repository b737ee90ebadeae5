package visible

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"unicode/utf8"

	"belay/sqlview/measure"
)

// Begin is Cut without the hash, for which the whole text must be read.
func Begin(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return fmt.Sprintf("%s … (cut: %s in all)", begin(text, most), measure.Bytes(int64(len(text))))
}

// begin is as many whole characters as most bytes of a longer text have.
func begin(text string, most int) string {
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// Cut keeps the beginning of a text that is longer than most bytes, and says how
// long the whole was and by which hash it is known.
func Cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%s … (cut: %s in all, sha256 %s)", begin(text, most), measure.Bytes(int64(len(text))),
		hex.EncodeToString(sum[:6]))
}

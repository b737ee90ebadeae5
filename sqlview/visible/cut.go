package visible

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"unicode/utf8"

	"belay/sqlview/measure"
)

// Cut keeps the beginning of a text that is longer than most bytes, and says how
// long the whole was and by which hash it is known.
func Cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	at := most
	for at > 0 && !utf8.RuneStart(text[at]) {
		at--
	}
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%s … (cut: %s in all, sha256 %s)", text[:at], measure.Bytes(int64(len(text))),
		hex.EncodeToString(sum[:6]))
}

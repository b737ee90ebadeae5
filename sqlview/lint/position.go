package lint

import (
	"bytes"
	"unicode/utf8"
)

// position turns a byte offset of the source into line and column, both from
// 1, the column in characters.
func position(source []byte, offset int) (line, column int) {
	offset = max(0, min(offset, len(source)))
	before := source[:offset]
	line = bytes.Count(before, []byte("\n")) + 1
	start := bytes.LastIndexByte(before, '\n') + 1
	return line, utf8.RuneCount(before[start:]) + 1
}

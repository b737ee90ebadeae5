package parse

import (
	"bytes"
	"unicode/utf8"
)

// Position gives the line and column of the byte offset off, both from 1, the
// column in characters. A tab is one character. An offset outside src is moved
// to its nearest end.
func Position(src []byte, off int) (line, column int) {
	off = max(0, min(off, len(src)))
	before := src[:off]
	line = 1 + bytes.Count(before, []byte("\n"))
	last := before[bytes.LastIndexByte(before, '\n')+1:]
	if line == 1 {
		last = bytes.TrimPrefix(last, []byte(byteOrderMark))
	}
	return line, 1 + utf8.RuneCount(last)
}

// ByteOffset turns a character position from 1, as PostgreSQL reports for an
// error, into a byte offset into text. A position past the end is the length.
func ByteOffset(text string, character int) int {
	off := 0
	for n := 1; n < character && off < len(text); n++ {
		_, size := utf8.DecodeRuneInString(text[off:])
		off += size
	}
	return off
}

// CharacterPosition turns a byte offset into text into a character position
// from 1, as PostgreSQL counts them.
func CharacterPosition(text string, off int) int {
	off = max(0, min(off, len(text)))
	return 1 + utf8.RuneCountInString(text[:off])
}

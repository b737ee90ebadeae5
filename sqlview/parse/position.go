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
	return 1 + bytes.Count(src[:off], []byte("\n")), columnAfter(src[:off])
}

// Column is how far into its line a statement of src begins, from 1, in characters. Its
// Line is known already: Position would count the whole file once more for each.
func (s Statement) Column(src []byte) int { return columnAfter(src[:max(0, min(s.Start, len(src)))]) }

// columnAfter is the column of what comes after a text.
func columnAfter(before []byte) int {
	begin := bytes.LastIndexByte(before, '\n') + 1
	last := before[begin:]
	if begin == 0 {
		last = bytes.TrimPrefix(last, []byte(byteOrderMark))
	}
	return 1 + utf8.RuneCount(last)
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

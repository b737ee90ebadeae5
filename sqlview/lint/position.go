package lint

import (
	"bytes"
	"unicode/utf8"
)

// position turns a byte offset of the statement into line and column of the
// file, both from 1, the column in characters. It counts from the statement's
// own line, so that many hazards in a long file stay cheap.
func (s Stmt) position(at int) (line, column int) {
	source := s.pass.File.Source
	start := min(s.Start, len(source))
	end := max(start, min(start+at, len(source)))
	first := bytes.LastIndexByte(source[:end], '\n') + 1
	return s.Line + bytes.Count(source[start:end], []byte("\n")), utf8.RuneCount(source[first:end]) + 1
}

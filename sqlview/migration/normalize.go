package migration

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
)

// Edit says how two texts of one file differ.
type Edit string

// The ways in which two texts differ.
const (
	EditNone Edit = ""
	// EditComment: comments or blanks only; the server runs the same.
	EditComment Edit = "comment"
	EditSQL     Edit = "sql"
)

// CompareText compares two texts of one file: the one that was merged or applied, and the
// one that stands there now.
func CompareText(was, is []byte) Edit {
	switch {
	case bytes.Equal(was, is):
		return EditNone
	case NormalizedSHA256(was) == NormalizedSHA256(is):
		return EditComment
	}
	return EditSQL
}

// EditOf compares a file with another text of it. In a program every byte may matter:
// whether only a comment was changed is not known.
func (f File) EditOf(was []byte) Edit {
	if f.Tx == TxForeign && !bytes.Equal(was, f.Whole) {
		return EditSQL
	}
	return CompareText(was, f.Whole)
}

// NormalizedSHA256 is the hex SHA-256 of the SQL without comments and with runs
// of blanks folded. Quoted text is kept byte for byte, and so is a comment that
// is a tool's marker: it changes how the file is run.
func NormalizedSHA256(sql []byte) string { return hexSHA256(normalize(sql, true)) }

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// normalize is a scanner, not a parser: it knows quotes and comments only, so
// that it also takes a file that no parser can read.
func normalize(sql []byte, markers bool) []byte {
	n := normalizer{in: bytes.TrimPrefix(sql, byteOrderMark), out: make([]byte, 0, len(sql)), markers: markers}
	for n.at < len(n.in) {
		n.step()
	}
	return n.out
}

// byteOrderMark is what some editors put before a text in UTF-8.
var byteOrderMark = []byte("\xef\xbb\xbf")

type normalizer struct {
	in, out []byte
	at      int
	markers bool
	blank   bool // a blank is owed before the next byte
}

func (n *normalizer) step() {
	rest := n.in[n.at:]
	switch c := rest[0]; {
	case bytes.IndexByte([]byte(" \t\r\n\f\v"), c) >= 0:
		n.skip(1)
	case bytes.HasPrefix(rest, []byte("--")):
		n.lineComment(rest)
	case bytes.HasPrefix(rest, []byte("/*")):
		n.skip(blockComment(rest))
	case c == '\'':
		n.keep(quoted(rest, '\'', n.escapes()))
	case c == '"':
		n.keep(quoted(rest, '"', false))
	case c == '$' && !n.inWord():
		n.keep(dollarQuoted(rest))
	default:
		n.keep(1)
	}
}

func (n *normalizer) skip(size int) {
	n.at += size
	n.blank = true
}

func (n *normalizer) keep(size int) {
	if n.blank && len(n.out) > 0 {
		n.out = append(n.out, ' ')
	}
	n.blank = false
	n.out = append(n.out, n.in[n.at:n.at+size]...)
	n.at += size
}

func (n *normalizer) lineComment(rest []byte) {
	size := len(rest)
	if end := bytes.IndexAny(rest, "\r\n"); end >= 0 { // the server's lexer ends it at either
		size = end
	}
	if !n.markers || !isMarker(string(bytes.TrimSpace(rest[:size]))) {
		n.skip(size)
		return
	}
	n.blank = true
	n.keep(len(bytes.TrimRight(rest[:size], " \t\r")))
	n.out = append(n.out, '\n')
}

// escapes reports whether the quote at hand opens an E'…' string, where a
// backslash hides the next byte.
func (n *normalizer) escapes() bool {
	if n.blank || n.at == 0 || (n.in[n.at-1] != 'e' && n.in[n.at-1] != 'E') {
		return false
	}
	return n.at == 1 || !wordByte(n.in[n.at-2])
}

func (n *normalizer) inWord() bool { return n.at > 0 && wordByte(n.in[n.at-1]) }

func wordByte(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// blockComment is the length of a comment; they nest in PostgreSQL.
func blockComment(b []byte) int {
	depth := 0
	for i := 0; i+1 < len(b); i++ {
		switch {
		case b[i] == '/' && b[i+1] == '*':
			depth++
			i++
		case b[i] == '*' && b[i+1] == '/':
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(b)
}

// quoted is the length of a quoted text, doubled quotes inside it.
func quoted(b []byte, quote byte, escapes bool) int {
	for i := 1; i < len(b); i++ {
		switch {
		case escapes && b[i] == '\\':
			i++
		case b[i] == quote && i+1 < len(b) && b[i+1] == quote:
			i++
		case b[i] == quote:
			return i + 1
		}
	}
	return len(b)
}

// dollarQuoted is the length of a $tag$ text, or 1 for a lone dollar.
func dollarQuoted(b []byte) int {
	end := bytes.IndexByte(b[1:], '$')
	if end < 0 {
		return 1
	}
	tag := b[:end+2]
	for i, c := range tag[1 : len(tag)-1] {
		if c == '$' || !wordByte(c) || (i == 0 && '0' <= c && c <= '9') {
			return 1
		}
	}
	if closing := bytes.Index(b[len(tag):], tag); closing >= 0 {
		return len(tag) + closing + len(tag)
	}
	return len(b)
}

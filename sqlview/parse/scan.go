package parse

import "bytes"

// tokenKind tells tokens apart as far as splitting and the PostgreSQL 18 shim
// need it. Keywords and numbers are words.
type tokenKind int

const (
	word tokenKind = iota
	quotedName
	stringConst
	dollarString
	foldedString // E'…' continued on another line, with a backslash there
	symbol       // one byte that is no other token
	lineComment
	blockComment
	metaCommand
	copyData
	openCopyData // COPY data without its end
	openQuote    // a quote or comment without its end: reaches to the end of the text
)

type token struct {
	kind       tokenKind
	start, end int
}

func (t token) text(src []byte) string { return string(src[t.start:t.end]) }

// is says whether t is the unquoted word w, given in lower case.
func (t token) is(src []byte, w string) bool {
	return t.kind == word && t.end-t.start == len(w) && bytes.EqualFold(src[t.start:t.end], []byte(w))
}

func (t token) isSymbol(src []byte, c byte) bool { return t.kind == symbol && src[t.start] == c }

// scanner cuts SQL into tokens as the server's lexer and psql do, with
// standard_conforming_strings on.
type scanner struct {
	src []byte
	pos int
	// copyNext is set by the splitter after COPY … FROM stdin: the lines after
	// the current one are data.
	copyNext bool
}

// next returns the next token; false at the end. Blanks are skipped.
func (s *scanner) next() (token, bool) {
	for s.pos < len(s.src) && isSpace(s.src[s.pos]) {
		s.pos++
		if s.copyNext && s.src[s.pos-1] == '\n' {
			s.copyNext = false
			if s.pos < len(s.src) {
				return s.copyData(), true
			}
		}
	}
	if s.pos >= len(s.src) {
		return token{}, false
	}
	start := s.pos
	kind := s.scanToken()
	return token{kind, start, s.pos}, true
}

// scanToken moves pos behind the token that begins there.
func (s *scanner) scanToken() tokenKind {
	c := s.src[s.pos]
	switch {
	case c == '\'':
		return s.quoted('\'', false, stringConst)
	case c == '"':
		return s.quoted('"', false, quotedName)
	case (c == 'e' || c == 'E') && s.peek(1) == '\'':
		s.pos++
		return s.escaped()
	case (c == 'u' || c == 'U') && s.peek(1) == '&' && (s.peek(2) == '\'' || s.peek(2) == '"'):
		s.pos += 2
		return s.unicodeQuoted()
	case c == '$':
		return s.dollar()
	case c == '-' && s.peek(1) == '-':
		s.skipLine("\r\n")
		return lineComment
	case c == '/' && s.peek(1) == '*':
		return s.blockComment()
	case c == '\\':
		return s.metaCommand()
	case isNameStart(c):
		return s.word(isNameByte)
	case isDigit(c):
		return s.word(isNumberByte)
	}
	s.pos++
	return symbol
}

func (s *scanner) peek(n int) byte {
	if s.pos+n < len(s.src) {
		return s.src[s.pos+n]
	}
	return 0
}

func (s *scanner) word(in func(byte) bool) tokenKind {
	for s.pos < len(s.src) && in(s.src[s.pos]) {
		s.pos++
	}
	return word
}

func (s *scanner) skipLine(ends string) {
	n := bytes.IndexAny(s.src[s.pos:], ends)
	if n < 0 {
		n = len(s.src) - s.pos
	}
	s.pos += n
	if s.pos < len(s.src) && s.src[s.pos] == '\n' && s.src[s.pos-1] == '\r' {
		s.pos--
	}
}

// metaCommand reads to the end of the line, or up to what psql reads as SQL
// again: after \\, and after the backslash of \; which is a semicolon.
func (s *scanner) metaCommand() tokenKind {
	start := s.pos
	s.skipLine("\n")
	line := s.src[start:s.pos]
	if bytes.HasPrefix(line, []byte(`\;`)) {
		s.pos = start + 1
	} else if n := bytes.Index(line, []byte(`\\`)); n >= 0 {
		s.pos = start + n + 2
	}
	return metaCommand
}

func (s *scanner) unicodeQuoted() tokenKind {
	if s.src[s.pos] == '"' {
		return s.quoted('"', false, quotedName)
	}
	return s.quoted('\'', false, stringConst)
}

// quoted reads from the opening quote to the closing one. A doubled quote stays
// inside, and after a backslash any byte where escapes is set.
func (s *scanner) quoted(quote byte, escapes bool, kind tokenKind) tokenKind {
	for s.pos++; s.pos < len(s.src); s.pos++ {
		switch c := s.src[s.pos]; {
		case escapes && c == '\\':
			s.pos++
		case c == quote && s.peek(1) == quote:
			s.pos++
		case c == quote:
			s.pos++
			return kind
		}
	}
	s.pos = len(s.src)
	return openQuote
}

// escaped reads E'…' and what continues it: a quote that follows after a line
// break belongs to the same string.
func (s *scanner) escaped() tokenKind {
	kind := s.quoted('\'', true, stringConst)
	for next := s.continued(); next >= 0 && kind != openQuote; next = s.continued() {
		s.pos = next
		kind = s.quoted('\'', true, kind)
		if kind == stringConst && bytes.IndexByte(s.src[next:s.pos], '\\') >= 0 {
			kind = foldedString
		}
	}
	return kind
}

// continued is where the quote stands that continues the string before pos; -1 =
// none does.
func (s *scanner) continued() int {
	newline := false
	for i := s.pos; i < len(s.src); i++ {
		switch c := s.src[i]; {
		case c == '\n' || c == '\r':
			newline = true
		case isSpace(c):
		case c == '-' && i+1 < len(s.src) && s.src[i+1] == '-':
			n := bytes.IndexAny(s.src[i:], "\r\n")
			if n < 0 {
				return -1
			}
			i += n - 1
		case c == '\'' && newline:
			return i
		default:
			return -1
		}
	}
	return -1
}

// dollar reads a dollar-quoted string, a parameter, or a lone dollar sign.
func (s *scanner) dollar() tokenKind {
	i := s.pos + 1
	for i < len(s.src) && isNameByte(s.src[i]) && s.src[i] != '$' {
		i++
	}
	tagged := i < len(s.src) && s.src[i] == '$' && !isDigit(s.peek(1))
	if !tagged {
		s.pos++
		for s.pos < len(s.src) && isDigit(s.src[s.pos]) {
			s.pos++
		}
		return symbol
	}
	tag := s.src[s.pos : i+1]
	n := bytes.Index(s.src[i+1:], tag)
	if n < 0 {
		s.pos = len(s.src)
		return openQuote
	}
	s.pos = i + 1 + n + len(tag)
	return dollarString
}

func (s *scanner) blockComment() tokenKind {
	depth := 0
	for s.pos < len(s.src) {
		switch {
		case s.src[s.pos] == '/' && s.peek(1) == '*':
			depth++
			s.pos += 2
		case s.src[s.pos] == '*' && s.peek(1) == '/':
			depth--
			s.pos += 2
		default:
			s.pos++
		}
		if depth == 0 {
			return blockComment
		}
	}
	return openQuote
}

// copyData reads up to and with the line \. that ends it.
func (s *scanner) copyData() token {
	start := s.pos
	for s.pos < len(s.src) {
		line := s.src[s.pos:]
		if n := bytes.IndexByte(line, '\n'); n >= 0 {
			line = line[:n+1]
		}
		s.pos += len(line)
		if string(bytes.TrimRight(line, "\r\n")) == `\.` {
			return token{copyData, start, s.pos}
		}
	}
	return token{openCopyData, start, s.pos}
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isNameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
func isNameByte(c byte) bool { return isNameStart(c) || isDigit(c) || c == '$' }

// isNumberByte takes what may follow a digit without starting a new token that
// can hide a semicolon.
func isNumberByte(c byte) bool { return isNameStart(c) || isDigit(c) || c == '.' }

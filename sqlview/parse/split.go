package parse

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// byteOrderMark at the start of a file is skipped, as psql does.
const byteOrderMark = "\uFEFF"

// Split cuts src into statements without parsing them: Kind and Node are empty,
// and Problem is set only where the text itself cannot be split further. It
// needs no child process.
func Split(src []byte) File {
	if p := unreadable(src); p != nil {
		return File{Problem: p}
	}
	s := splitter{src: src, scan: scanner{src: src}, line: 1, open: -1}
	if bytes.HasPrefix(src, []byte(byteOrderMark)) {
		s.scan.pos = len(byteOrderMark)
	}
	for {
		t, ok := s.scan.next()
		if !ok {
			break
		}
		s.take(t)
		if n := len(s.file.Statements); n > mostStatements {
			return File{Problem: problemAt(src, s.file.Statements[n-1].Start, tooMany)}
		}
	}
	s.finish()
	return s.file
}

// mostStatements bounds a file: the tree and the judgement of a statement take about 8 kB
// and a tenth of a millisecond. Rows are not loaded by statements one a row.
const (
	mostStatements = 100_000
	tooMany        = "more than 100,000 statements in one file, which belay does not read: split the file, or write " +
		"many rows by one INSERT or by COPY from a file on the server"
)

// unreadable refuses text that the parser would silently cut or misread.
func unreadable(src []byte) *Problem {
	if i := bytes.IndexByte(src, 0); i >= 0 {
		return problemAt(src, i,
			"NUL byte: PostgreSQL text cannot contain it; is this file UTF-16 or binary? Save it as UTF-8")
	}
	if utf8.Valid(src) {
		return nil
	}
	i := 0
	for i < len(src) {
		r, n := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		i += n
	}
	return problemAt(src, i, fmt.Sprintf("byte 0x%02x is not UTF-8; save the file as UTF-8", src[i]))
}

func problemAt(src []byte, off int, message string) *Problem {
	line, column := Position(src, off)
	return &Problem{Line: line, Column: column, Message: message}
}

// splitter collects tokens into statements.
type splitter struct {
	src  []byte
	scan scanner
	file File

	open, end int // the statement in hand; open is -1 between statements
	heads     []string
	prev      token
	prevWord  token
	parens    int
	blocks    int // open BEGIN ATOMIC and CASE of an SQL-standard body
	copyIn    bool
	refused   *Problem // why the statement in hand may not be sent

	restricted string // the key of an open \restrict; "" = none

	counted, line int // lines counted up to the byte counted
}

func (s *splitter) take(t token) {
	switch t.kind {
	case lineComment, blockComment:
		s.file.Comments = append(s.file.Comments, Comment{t.start, t.end, s.lineAt(t.start), t.text(s.src)})
	case metaCommand:
		s.takeMeta(t)
	case copyData, openCopyData:
		s.takeCopyData(t)
	case openQuote:
		s.takeOpenQuote(t)
	default:
		s.takeSQL(t)
	}
}

func (s *splitter) takeSQL(t token) {
	if t.isSymbol(s.src, ';') && s.atEnd() {
		s.finish()
		return
	}
	if s.open < 0 {
		s.open = t.start
	}
	if t.kind == foldedString {
		s.refused = or(s.refused, problemAt(s.src, t.start, foldedMessage))
	}
	s.end = t.end
	s.follow(t)
	s.prev = t
	if t.kind == word {
		s.prevWord = t
	}
}

// atEnd says whether a semicolon here ends the statement.
func (s *splitter) atEnd() bool {
	return s.blocks == 0 && (s.parens <= 0 || !s.isCreate("rule"))
}

// follow keeps what atEnd needs to know.
func (s *splitter) follow(t token) {
	switch {
	case t.isSymbol(s.src, '('):
		s.parens++
	case t.isSymbol(s.src, ')'):
		s.parens--
	case t.kind == word:
		s.followWord(t)
	}
}

func (s *splitter) followWord(t token) {
	w := strings.ToLower(t.text(s.src))
	if len(s.heads) < 4 {
		s.heads = append(s.heads, w)
	}
	label := s.prev.isSymbol(s.src, '.') || s.prev.is(s.src, "as")
	switch {
	case w == "stdin" && s.parens == 0 && s.heads[0] == "copy" && s.prevWord.is(s.src, "from"):
		s.copyIn = true
	case w == "atomic" && s.blocks == 0 && s.prev.is(s.src, "begin") && s.isCreate("function", "procedure"):
		s.blocks = 1
	case w == "case" && s.blocks > 0 && !label:
		s.blocks++
	case w == "end" && s.blocks > 0 && !label:
		s.blocks--
	}
}

// isCreate says whether the statement begins with CREATE [OR REPLACE] and one
// of the kinds.
func (s *splitter) isCreate(kinds ...string) bool {
	h := s.heads
	if len(h) == 0 || h[0] != "create" {
		return false
	}
	h = h[1:]
	if len(h) >= 2 && h[0] == "or" && h[1] == "replace" {
		h = h[2:]
	}
	for _, k := range kinds {
		if len(h) > 0 && h[0] == k {
			return true
		}
	}
	return false
}

// finish ends the statement in hand, if there is one.
func (s *splitter) finish() {
	copyIn := s.copyIn
	if s.open >= 0 {
		s.add(s.open, s.end, s.refused)
		s.file.Statements[len(s.file.Statements)-1].Unsendable = s.refused != nil
	}
	s.refused = nil
	s.open, s.end, s.heads = -1, 0, s.heads[:0]
	s.prev, s.prevWord = token{}, token{}
	s.parens, s.blocks, s.copyIn = 0, 0, false
	s.scan.copyNext = s.scan.copyNext || copyIn
}

func (s *splitter) add(start, end int, p *Problem) {
	line := s.lineAt(start)
	s.file.Statements = append(s.file.Statements, Statement{
		Index: len(s.file.Statements),
		Start: start, End: end,
		Line: line, EndLine: line + bytes.Count(s.src[start:end], []byte("\n")),
		SQL:     string(s.src[start:end]),
		Problem: p,
	})
}

// takeOpenQuote makes the rest of the text one statement that is not analysed.
func (s *splitter) takeOpenQuote(t token) {
	if s.open < 0 {
		s.open = t.start
	}
	end := len(bytes.TrimRight(s.src, " \t\r\n\f\v"))
	s.add(s.open, end, problemAt(s.src, t.start, openMessage(s.src[t.start:])))
	s.open = -1
}

func openMessage(from []byte) string {
	switch {
	case bytes.HasPrefix(from, []byte("/*")):
		return "comment without its end (*/); nothing after it was analysed"
	case from[0] == '$':
		return "dollar quote without its end; nothing after it was analysed"
	}
	return "quote without its end; nothing after it was analysed"
}

const foldedMessage = `E'…' goes on in another line with a backslash there: psql and servers of different versions end such a string at different places`

// lineAt counts forward only, so that a long file is counted once. Statements
// may begin before a comment inside them; those are counted back.
func (s *splitter) lineAt(off int) int {
	if off < s.counted {
		s.line -= bytes.Count(s.src[off:s.counted], []byte("\n"))
	} else {
		s.line += bytes.Count(s.src[s.counted:off], []byte("\n"))
	}
	s.counted = off
	return s.line
}

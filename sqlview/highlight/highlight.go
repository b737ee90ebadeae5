// Package highlight says what the pieces of a SQL text are, so that a screen
// can colour them. It knows no colour.
//
// The text is cut by parse, which is exact about quotes, comments and bodies;
// chroma tells keywords and types from names.
package highlight

import (
	"strings"
	"unicode/utf8"

	"belay/sqlview/parse"
)

// Kind says what a span of text is.
type Kind int

// The kinds of spans. The zero value is text that is nothing else, such as blanks.
const (
	Plain Kind = iota
	Keyword
	Identifier
	String
	Number
	Comment
	Operator
	Type // types and other built-in names
	Punctuation
	Meta // psql meta-commands and COPY data
)

var kindNames = [...]string{
	"plain", "keyword", "identifier", "string", "number", "comment", "operator", "type", "punctuation", "meta",
}

// String is the kind's name in lower case.
func (k Kind) String() string { return kindNames[k] }

// Span is a stretch of one kind, from byte Start to before byte End.
type Span struct {
	Start, End int
	Kind       Kind
}

// SQL gives the spans of sql, in order, without a gap and without an empty one:
// together they are sql byte for byte. Meta are stretches of sql that are none,
// with offsets into it, as parse.File lists them. Text that is not UTF-8 is one
// plain span.
func SQL(sql string, meta ...parse.Meta) []Span {
	var s spans
	if !utf8.ValidString(sql) {
		s.add(0, len(sql), Plain)
		return s
	}
	done := 0
	for _, m := range meta {
		if m.Start < done || m.End > len(sql) || m.End < m.Start {
			continue
		}
		s.text(sql, done, m.Start)
		s.add(m.Start, m.End, Meta)
		done = m.End
	}
	s.text(sql, done, len(sql))
	return s
}

// spans grows by spans that follow each other; neighbours of one kind become one.
type spans []Span

func (s *spans) add(start, end int, kind Kind) {
	if start >= end {
		return
	}
	if n := len(*s); n > 0 && (*s)[n-1].Kind == kind {
		(*s)[n-1].End = end
		return
	}
	*s = append(*s, Span{start, end, kind})
}

// text adds the spans of the SQL from start to end. A body ends with its statement.
func (s *spans) text(sql string, start, end int) {
	b := block{spans: s, sql: sql[:end], lexer: postgresql, done: start}
	b.add(start, end)
}

// Lines splits spans at the line breaks of sql. A line has no break in it,
// neither \n nor \r\n; an empty line has no span.
func Lines(spans []Span, sql string) [][]Span {
	lines := [][]Span{nil}
	for _, span := range spans {
		for at := span.Start; at < span.End; {
			n := strings.IndexByte(sql[at:span.End], '\n')
			if n < 0 {
				lines = appendToLast(lines, Span{at, span.End, span.Kind})
				break
			}
			lines = append(appendToLast(lines, Span{at, at + n, span.Kind}), nil)
			trimReturn(lines, sql, at+n)
			at += n + 1
		}
	}
	return lines
}

func appendToLast(lines [][]Span, span Span) [][]Span {
	if span.Start < span.End {
		last := len(lines) - 1
		lines[last] = append(lines[last], span)
	}
	return lines
}

// trimReturn takes the \r before the line break at off from the line that it ended.
func trimReturn(lines [][]Span, sql string, off int) {
	line := lines[len(lines)-2]
	if off == 0 || sql[off-1] != '\r' || len(line) == 0 {
		return
	}
	last := len(line) - 1
	line[last].End--
	if line[last].Start == line[last].End {
		lines[len(lines)-2] = line[:last]
	}
}

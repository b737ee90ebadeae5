package view

import (
	"strconv"
	"strings"

	"belay/tui/theme"
)

// Token is a coloured part of an SQL text, in byte offsets; End is exclusive.
// Tokens are in order and do not overlap.
type Token struct {
	Start, End int
	Role       theme.Role
}

// SourceLine is one line of an SQL text: its number, where it begins in the
// text (bytes), and its characters.
type SourceLine struct {
	Number, From int
	Text         string
}

// Source splits an SQL text into numbered lines.
func Source(sql string, first int) []SourceLine {
	var out []SourceLine
	from := 0
	for i, text := range strings.Split(sql, "\n") {
		out = append(out, SourceLine{Number: first + i, From: from, Text: strings.TrimSuffix(text, "\r")})
		from += len(text) + 1
	}
	return out
}

// Code colours a line of SQL by the tokens of its text.
func Code(l SourceLine, tokens []Token) []Span {
	var out []Span
	at := 0
	add := func(to int, role theme.Role) {
		if to > at {
			out = append(out, Span{Text: strings.ReplaceAll(l.Text[at:to], "\t", "    "), Role: role})
			at = to
		}
	}
	for _, t := range tokens {
		start, end := t.Start-l.From, t.End-l.From
		if end <= 0 {
			continue
		}
		if start >= len(l.Text) {
			break
		}
		add(max(start, 0), theme.Plain)
		add(min(end, len(l.Text)), t.Role)
	}
	add(len(l.Text), theme.Plain)
	return out
}

// Numbered puts the line number before a coloured line.
func Numbered(number, digits int, code []Span, mark string) Line {
	n := strconv.Itoa(number)
	head := mark + strings.Repeat(" ", max(0, digits-len(n))) + n + "  "
	return Line{Left: append([]Span{{Text: head}}, code...)}
}

// Under marks the word that begins at a column (in characters, from 1) of a
// source line, for the row below it.
func Under(l SourceLine, column int) (indent, length int) {
	runes := []rune(l.Text)
	from := min(max(column-1, 0), len(runes))
	for _, r := range runes[:from] {
		if r == '\t' {
			indent += 4
			continue
		}
		indent += Width(string(r))
	}
	to := from
	for to < len(runes) && !strings.ContainsRune(" \t;,()", runes[to]) {
		to++
	}
	return indent, max(1, Width(string(runes[from:to])))
}

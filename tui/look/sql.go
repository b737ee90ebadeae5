package look

import "strings"

// Token is a coloured part of an SQL text, in byte offsets; End is exclusive.
// Tokens are in order and do not overlap.
type Token struct {
	Start, End int
	Role       Role
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

// Code is a line of SQL with the colours of its text's tokens.
func (k *Look) Code(l SourceLine, tokens []Token) string {
	var b strings.Builder
	at := 0
	add := func(to int, r Role) {
		if to > at {
			b.WriteString(k.Text(r, strings.ReplaceAll(l.Text[at:to], "\t", "    ")))
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
		add(max(start, 0), Plain)
		add(min(end, len(l.Text)), t.Role)
	}
	add(len(l.Text), Plain)
	return b.String()
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
		indent += Width(Visible(string(r)))
	}
	to := from
	for to < len(runes) && !strings.ContainsRune(" \t;,()", runes[to]) {
		to++
	}
	return indent, max(1, Width(Visible(string(runes[from:to]))))
}

// Mark adds to the tokens of a line the place that begins at a column (in characters,
// from 1) and ends with its word.
func Mark(tokens []Token, l SourceLine, column int) []Token {
	runes := []rune(l.Text)
	from := min(max(column-1, 0), len(runes))
	to := from
	for to < len(runes) && !strings.ContainsRune(" \t;,()", runes[to]) {
		to++
	}
	start := l.From + len(string(runes[:from]))
	place := Token{Start: start, End: start + len(string(runes[from:to])), Role: Place}
	var out []Token
	placed := false
	for _, t := range tokens {
		if t.End > place.Start && t.Start < place.End {
			continue
		}
		if !placed && t.Start >= place.End {
			out, placed = append(out, place), true
		}
		out = append(out, t)
	}
	if !placed {
		out = append(out, place)
	}
	return out
}

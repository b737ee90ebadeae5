package parse

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"belay/sqlview/visible"
)

// Escaped is the same SQL, safe to print: control characters, invisible ones and
// those that turn the direction of text are written as escapes of the string or
// the quoted name in which they stand, and made visible in comments. In a name so
// is a line end. It is read
// with standard_conforming_strings on. SQL that holds none is returned as it is.
// problem says where one stands in no string, name or comment; nil = nowhere.
func Escaped(sql string) (escaped string, problem *Problem) {
	if visible.Line(sql) == sql {
		return sql, nil
	}
	src := []byte(sql)
	if p := unreadable(src); p != nil {
		return "", p
	}
	scan := scanner{src: src}
	var tokens []token
	for t, ok := scan.next(); ok; t, ok = scan.next() {
		tokens = append(tokens, t)
	}
	var out strings.Builder
	done := 0
	for i, t := range tokens {
		text, ok := escapedToken(src, tokens, i)
		if !ok {
			return "", notEscaped(src, t)
		}
		out.WriteString(separators(sql[done:t.start]) + text)
		done = t.end
	}
	return out.String() + separators(sql[done:]), nil
}

// harmless reports text that nothing has to be done about.
func harmless(s string) bool { return visible.Text(s) == s }

func notEscaped(src []byte, t token) *Problem {
	for at := t.start; at < t.end; {
		r, n := utf8.DecodeRune(src[at:])
		if !harmless(string(r)) {
			return problemAt(src, at, fmt.Sprintf("the character U+%04X cannot be written as an escape here", r))
		}
		at += n
	}
	return problemAt(src, t.start, "this cannot be written without its control characters")
}

// separators is what separates tokens. A lone carriage return ends a line comment as
// a line end does, and moves the cursor of a terminal.
func separators(s string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\f", " ", "\v", " ").Replace(s)
}

func escapedToken(src []byte, tokens []token, i int) (text string, ok bool) {
	t := tokens[i]
	text = t.text(src)
	if harmless(text) && (t.kind != quotedName || visible.Line(text) == text) {
		return text, true
	}
	switch t.kind {
	case lineComment, blockComment:
		return visible.Text(text), true
	case dollarString:
		tag := strings.IndexByte(text[1:], '$') + 2
		return literal(text[tag : len(text)-tag]), true
	case quotedName:
		if text[0] == '"' {
			return name(strings.ReplaceAll(text[1:len(text)-1], `""`, `"`)), true
		}
	case stringConst:
		switch {
		case !standsAlone(src, tokens, i):
		case text[0] == '\'':
			return literal(strings.ReplaceAll(text[1:len(text)-1], `''`, `'`)), true
		case text[0] == 'e' || text[0] == 'E':
			return escapeString(text), true
		}
	}
	return "", false
}

// standsAlone reports a string that is no continuation of one, has none, and no
// letter before it that says how it is read, as in N'…'.
func standsAlone(src []byte, tokens []token, i int) bool {
	if i > 0 && tokens[i-1].kind == word && tokens[i-1].end == tokens[i].start {
		return false
	}
	return !stringBeside(tokens, i, -1) && !stringBeside(tokens, i, 1)
}

// stringBeside reports a string as the next token in a direction, comments aside.
func stringBeside(tokens []token, i, step int) bool {
	for i += step; i >= 0 && i < len(tokens); i += step {
		if k := tokens[i].kind; k != lineComment && k != blockComment {
			return k == stringConst
		}
	}
	return false
}

// literal writes a value as a string with escapes.
func literal(value string) string {
	var b strings.Builder
	b.WriteString("E'")
	for _, r := range value {
		switch {
		case r == '\'':
			b.WriteString("''")
		case r == '\\':
			b.WriteString(`\\`)
		default:
			b.WriteString(escapedRune(r, visible.Text, `\x%02x`, `\u%04x`, `\U%08x`))
		}
	}
	return b.String() + "'"
}

// escapeString writes the characters of a string with escapes as escapes too. A
// backslash before such a character only means the character.
func escapeString(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == '\\' && i+1 < len(text) {
			next, m := utf8.DecodeRuneInString(text[i+1:])
			if harmless(string(next)) {
				b.WriteString(text[i : i+1+m])
				i += 1 + m
				continue
			}
			i++
			r, n = next, m
		}
		b.WriteString(escapedRune(r, visible.Text, `\x%02x`, `\u%04x`, `\U%08x`))
		i += n
	}
	return b.String()
}

// name writes a quoted name with escapes.
func name(value string) string {
	var b strings.Builder
	b.WriteString(`U&"`)
	for _, r := range value {
		switch {
		case r == '"':
			b.WriteString(`""`)
		case r == '\\':
			b.WriteString(`\\`)
		default:
			b.WriteString(escapedRune(r, visible.Line, `\%04x`, `\%04x`, `\+%06x`))
		}
	}
	return b.String() + `"`
}

// escapedRune writes a character as it is where it can be shown so, or in one of
// the three forms: of ASCII, of four digits, of more. A carriage return before a
// line end is data too.
func escapedRune(r rune, shown func(string) string, ascii, four, more string) string {
	switch {
	case r != '\r' && shown(string(r)) == string(r):
		return string(r)
	case r < 0x80:
		return fmt.Sprintf(ascii, r)
	case r <= 0xffff:
		return fmt.Sprintf(four, r)
	}
	return fmt.Sprintf(more, r)
}

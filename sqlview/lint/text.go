package lint

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"

	"belay/sqlview/pattern"
)

var (
	wordBoundary = pattern.New(`^[A-Za-z_][A-Za-z_0-9$]*`)
	dollarQuote  = pattern.New(`^\$([A-Za-z_][A-Za-z_0-9]*)?\$`)
)

// endsDefault are the words that end a DEFAULT expression of a column.
var endsDefault = map[string]bool{
	"CONSTRAINT": true, "NOT": true, "NULL": true, "CHECK": true, "UNIQUE": true, "PRIMARY": true,
	"REFERENCES": true, "GENERATED": true, "COLLATE": true, "DEFERRABLE": true, "INITIALLY": true,
}

// DefaultText is the source text of a DEFAULT expression, given the byte
// offset of the word DEFAULT within SQL.
func (s Stmt) DefaultText(at int32) string {
	text := s.tail(at)
	if len(text) > 7 && strings.EqualFold(text[:7], "DEFAULT") {
		text = text[7:]
	}
	return strings.TrimSpace(text[:expressionEnd(text, endsDefault)])
}

// ConditionText is the source text between the first parentheses at or after a
// byte offset of SQL, such as a CHECK's condition.
func (s Stmt) ConditionText(at int32) string {
	text := s.tail(at)
	open := strings.IndexByte(text, '(')
	if open < 0 {
		return ""
	}
	inner := text[open+1:]
	return strings.TrimSpace(inner[:clauseEnd(inner, nil)])
}

// After is the source text from a byte offset of SQL up to the next comma,
// closing parenthesis or the statement's end, outside of parentheses.
func (s Stmt) After(at int32) string {
	text := s.tail(at)
	return strings.TrimSpace(text[:expressionEnd(text, nil)])
}

func (s Stmt) tail(at int32) string {
	if at < 0 || int(at) > len(s.SQL) {
		return ""
	}
	return s.SQL[at:]
}

// expressionEnd is the offset where an expression ends: at a comma, a closing
// parenthesis, a semicolon or one of the words, outside of parentheses and
// quotes. A word that starts the expression does not end it.
func expressionEnd(text string, words map[string]bool) int {
	depth, started, before := 0, false, ""
	for i := 0; i < len(text); {
		c := text[i]
		if n := quoted(text[i:]); n > 0 {
			i, started = i+n, true
			continue
		}
		if w := wordBoundary.FindString(text[i:]); w != "" {
			w = strings.ToUpper(w)
			if depth == 0 && started && words[w] && before != "DISTINCT" {
				return i
			}
			i, started, before = i+len(w), true, w
			continue
		}
		switch {
		case c == '(' || c == '[':
			depth++
		case (c == ')' || c == ']') && depth > 0:
			depth--
		case depth == 0 && (c == ')' || c == ',' || c == ';'):
			return i
		}
		started = started || c > ' '
		i++
	}
	return len(text)
}

// quoted is the length of the quoted text or comment at the start; 0 = none.
func quoted(text string) int {
	switch {
	case text[0] == '\'' || text[0] == '"':
		return quotedLength(text, false)
	case (text[0] == 'e' || text[0] == 'E') && len(text) > 1 && text[1] == '\'':
		return 1 + quotedLength(text[1:], true)
	case strings.HasPrefix(text, "--"):
		return through(text, 2, "\n")
	case strings.HasPrefix(text, "/*"):
		return through(text, 2, "*/")
	}
	if text[0] != '$' {
		return 0
	}
	if tag := dollarQuote.FindString(text); tag != "" {
		return through(text, len(tag), tag)
	}
	return 0
}

// quotedLength takes a doubled quote for a part of the text, and in an E'…'
// what stands behind a backslash.
func quotedLength(text string, escapes bool) int {
	for i := 1; i < len(text); i++ {
		if escapes && text[i] == '\\' {
			i++
			continue
		}
		if text[i] != text[0] {
			continue
		}
		if i+1 == len(text) || text[i+1] != text[0] {
			return i + 1
		}
		i++
	}
	return len(text)
}

func through(text string, from int, end string) int {
	if i := strings.Index(text[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(text)
}

var (
	endsSet   = map[string]bool{"WHERE": true, "FROM": true, "RETURNING": true}
	endsWhere = map[string]bool{"RETURNING": true}
	toWhere   = map[string]bool{"WHERE": true}
)

// clauseEnd is the offset where a clause ends; commas do not end it.
func clauseEnd(text string, words map[string]bool) int {
	end := 0
	for end < len(text) {
		end += expressionEnd(text[end:], words)
		if end >= len(text) || text[end] != ',' {
			return end
		}
		end++
	}
	return end
}

// BoundText is the source text of a partition bound: "FOR VALUES …" or DEFAULT.
func (s Stmt) BoundText(b *pg.PartitionBoundSpec) string {
	if b.IsDefault {
		return "DEFAULT"
	}
	at := strings.Index(strings.ToUpper(s.SQL), "FOR VALUES")
	if at < 0 {
		return ""
	}
	text := s.SQL[at:]
	if end := partitionTail.FindStringIndex(text); end != nil {
		text = text[:end[0]+1]
	}
	return strings.TrimSpace(text)
}

var partitionTail = pattern.New(`(?i)\)\s*(PARTITION\s+BY|USING|WITH\s*\(|TABLESPACE)\b`)

// Unwrapped is an expression without parentheses around all of it.
func Unwrapped(expression string) string {
	inner, ok := strings.CutPrefix(expression, "(")
	if !ok || clauseEnd(inner, nil) != len(inner)-1 {
		return expression
	}
	return inner[:len(inner)-1]
}

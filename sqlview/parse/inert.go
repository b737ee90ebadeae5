package parse

import "strings"

// Inert is one statement in which psql finds nothing of its own: a colon that it would
// take for one of its variables stands apart from what follows, which means the same to
// the server. A Problem is a quote or comment that is never closed: psql would read on
// in whatever comes next. Backslash commands are not looked for here.
func Inert(sql string) (string, *Problem) {
	var b strings.Builder
	last, colons := 0, 0
	for _, t := range Tokens([]byte(sql)) {
		if t.Kind == TokenOpen {
			line, column := Position([]byte(sql), t.Start)
			return "", &Problem{Line: line, Column: column, Message: "a quote or comment is never closed"}
		}
		// Of a run of colons two at a time are casts (psqlscan.l).
		if colons%2 == 1 && t.Start == last && (t.Kind != TokenSymbol || sql[t.Start] == '{') {
			b.WriteByte(' ')
		}
		if t.Start != last {
			colons = 0
		}
		b.WriteString(sql[last:t.Start])
		b.WriteString(sql[t.Start:t.End])
		if t.Kind == TokenSymbol && sql[t.Start:t.End] == ":" {
			colons++
		} else {
			colons = 0
		}
		last = t.End
	}
	b.WriteString(sql[last:])
	return b.String(), nil
}

package look

import "belay/sqlview/highlight"

// sqlRoles says how each kind of SQL text is painted.
var sqlRoles = map[highlight.Kind]Role{
	highlight.Keyword: Keyword, highlight.String: Literal, highlight.Number: Literal,
	highlight.Comment: Comment, highlight.Type: Comment, highlight.Meta: Comment,
}

// Tokens colours an SQL text. A long one takes its time: see what is visible only.
func Tokens(sql string) []Token {
	var out []Token
	for _, s := range highlight.SQL(sql) {
		if role, ok := sqlRoles[s.Kind]; ok {
			out = append(out, Token{Start: s.Start, End: s.End, Role: role})
		}
	}
	return out
}

package apply

import (
	"slices"
	"strings"
)

// SameDefinition compares a CREATE INDEX with what pg_get_indexdef says of an
// index of that name. It is sure when it says yes; where the server writes an
// expression in another way it says no, and a person decides.
func SameDefinition(statement, definition string) bool {
	want, have := reduce(tokens(statement)), reduce(tokens(definition))
	if slices.Equal(want, have) {
		return true
	}
	if ambiguous(want) || ambiguous(have) {
		return false // parentheses carry the meaning, and the server sets its own
	}
	wantKeys, wantWhere := split(want)
	haveKeys, haveWhere := split(have)
	if !slices.Contains(wantWhere, "::") && !slices.Contains(wantWhere, "cast") {
		haveWhere = withoutCasts(haveWhere)
	}
	return slices.Equal(keys(wantKeys), keys(haveKeys)) && slices.Equal(flat(wantWhere), flat(haveWhere))
}

// noise is words that change nothing.
var noise = []struct{ words, instead []string }{
	{words: []string{"on", "only"}, instead: []string{"on"}}, // the server's spelling for every partitioned table
	{words: []string{";"}}, {words: []string{"concurrently"}}, {words: []string{"if", "not", "exists"}},
	{words: []string{"using", "btree"}}, {words: []string{"asc", "nulls", "last"}}, {words: []string{"asc"}},
	{words: []string{"desc", "nulls", "first"}, instead: []string{"desc"}},
}

// reduce takes out the schema and what is the default anyway.
func reduce(t []string) []string {
	t = unqualified(t)
	for _, n := range noise {
		t = replaced(t, n.words, n.instead)
	}
	return t
}

// ambiguous reports whether leaving out parentheses could change a meaning.
func ambiguous(t []string) bool {
	operators := 0
	for _, w := range t {
		if slices.Contains([]string{"+", "-", "*", "/", "%", "|", "&", "^", "not"}, w) {
			operators++
		}
	}
	return operators > 1 || slices.Contains(t, "or")
}

// split parts the keys from the condition.
func split(t []string) (keys, where []string) {
	depth := 0
	for i, w := range t {
		switch w {
		case "(":
			depth++
		case ")":
			depth--
		case "where":
			if depth == 0 {
				return t[:i], t[i:]
			}
		}
	}
	return t, nil
}

// keys leaves of the parentheses only the ends of lists, so that the columns of
// INCLUDE stay apart.
func keys(t []string) []string {
	var out []string
	depth := 0
	for _, w := range t {
		switch w {
		case "(":
			depth++
			continue
		case ")":
			depth--
			if depth > 0 {
				continue
			}
		}
		out = append(out, w)
	}
	return out
}

func flat(t []string) []string {
	return slices.DeleteFunc(slices.Clone(t), func(w string) bool { return w == "(" || w == ")" })
}

func withoutCasts(t []string) []string {
	var out []string
	for i := 0; i < len(t); i++ {
		if t[i] == "::" {
			i = skipCast(t, i)
			continue
		}
		out = append(out, t[i])
	}
	return out
}

// skipCast is the index of the last token of the type after "::".
func skipCast(t []string, i int) int {
	i++
	for i+1 < len(t) &&
		slices.Contains([]string{"varying", "precision", "zone", "with", "without", "time", "[", "]"}, t[i+1]) {
		i++
	}
	return i
}

// unqualified drops the schema of the table: it was compared by oid and name.
func unqualified(t []string) []string {
	for i, w := range t {
		if w != "on" {
			continue
		}
		at := i + 1
		if at < len(t) && t[at] == "only" {
			at++
		}
		if at+2 < len(t) && t[at+1] == "." {
			return slices.Delete(slices.Clone(t), at, at+2)
		}
		break
	}
	return t
}

func replaced(t, seq, with []string) []string {
	for i := 0; i+len(seq) <= len(t); i++ {
		if slices.Equal(t[i:i+len(seq)], seq) {
			t = slices.Replace(slices.Clone(t), i, i+len(seq), with...)
			i += len(with) - 1
		}
	}
	return t
}

// tokens cuts SQL into words, quoted strings and signs. Unquoted words are
// folded as the server folds them; comments are left out.
func tokens(sql string) []string {
	var out []string
	for i := 0; i < len(sql); {
		n, word := token(sql[i:])
		if word != "" {
			out = append(out, word)
		}
		i += n
	}
	return out
}

// token reads one token: how long it is, and "" for blanks and comments.
func token(s string) (int, string) {
	switch c := s[0]; {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		return 1, ""
	case strings.HasPrefix(s, "--"):
		if end := strings.IndexByte(s, '\n'); end >= 0 {
			return end, ""
		}
		return len(s), ""
	case strings.HasPrefix(s, "/*"):
		if end := strings.Index(s, "*/"); end >= 0 {
			return end + 2, ""
		}
		return len(s), ""
	case c == '\'' || c == '"':
		return quoted(s)
	case strings.HasPrefix(s, "::"):
		return 2, "::"
	case isWord(c):
		n := 1
		for n < len(s) && isWord(s[n]) {
			n++
		}
		return n, strings.ToLower(s[:n])
	}
	return 1, s[:1]
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// quoted reads a string or a quoted identifier. An identifier that needs no
// quotes is given without them.
func quoted(s string) (int, string) {
	q := s[0]
	for i := 1; i < len(s); i++ {
		if s[i] != q {
			continue
		}
		if i+1 < len(s) && s[i+1] == q {
			i++
			continue
		}
		word := s[:i+1]
		if bare := word[1:i]; q == '"' && bare == strings.ToLower(bare) && bare != "" &&
			!strings.ContainsFunc(bare, func(r rune) bool {
				return r < 0x80 && !isWord(byte(r))
			}) {
			word = bare
		}
		return i + 1, word
	}
	return len(s), s
}

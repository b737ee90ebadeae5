package catalog

import (
	"slices"
	"strings"
	"unicode"
)

// Mentions reports whether the text of an expression names the column. A word
// that only looks like it (a function, a keyword) counts: better one too many.
func Mentions(expression, column string) bool {
	if expression == "" {
		return false
	}
	for _, t := range tokens(expression) {
		if t == column || strings.Trim(t, `"`) == column {
			return true
		}
	}
	return false
}

// Conjuncts takes a condition apart at its outer ANDs and writes each part in
// one way: blanks, outer parentheses, casts and quotes around numbers gone.
// Two conditions with the same conjuncts say the same; the reverse does not hold.
func Conjuncts(expression string) []string {
	parts := splitAnd(stripParens(tokens(expression)))
	all := make([]string, 0, len(parts))
	for _, p := range parts {
		if len(p) > 0 {
			all = append(all, strings.Join(plain(p), " "))
		}
	}
	return all
}

// Implies reports whether a condition proves every wanted conjunct word for word.
func Implies(expression string, wanted ...string) bool {
	have := Conjuncts(expression)
	for _, w := range wanted {
		for _, c := range Conjuncts(w) {
			if !slices.Contains(have, c) {
				return false
			}
		}
	}
	return len(wanted) > 0
}

// Denies reports whether a condition is NOT of the wanted conjuncts, word for word.
func Denies(expression string, wanted ...string) bool {
	words := stripParens(tokens(expression))
	if len(words) < 2 || !strings.EqualFold(words[0], "not") || words[1] != "(" || closes(words[1:]) != len(words)-2 {
		return false
	}
	var want, have []string
	for _, w := range wanted {
		want = append(want, Conjuncts(w)...)
	}
	for _, part := range splitAnd(stripParens(words[1:])) {
		have = append(have, strings.Join(plain(part), " "))
	}
	return len(want) > 0 && slices.Equal(sorted(want), sorted(have))
}

func splitAnd(words []string) [][]string {
	var parts [][]string
	depth, start := 0, 0
	for i, w := range words {
		switch {
		case w == "(":
			depth++
		case w == ")":
			depth--
		case depth == 0 && strings.EqualFold(w, "or"):
			return [][]string{words}
		case depth == 0 && strings.EqualFold(w, "and"):
			parts = append(parts, splitAnd(stripParens(words[start:i]))...)
			start = i + 1
		}
	}
	if start == 0 {
		return [][]string{words}
	}
	return append(parts, splitAnd(stripParens(words[start:]))...)
}

func stripParens(words []string) []string {
	for len(words) > 2 && words[0] == "(" && closes(words) == len(words)-1 {
		words = words[1 : len(words)-1]
	}
	return words
}

// closes finds the parenthesis that closes the first word; -1 = none.
func closes(words []string) int {
	depth := 0
	for i, w := range words {
		switch w {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// plain drops what does not change the meaning of a comparison with a constant.
func plain(words []string) []string {
	var out []string
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case w == "::":
			i = skipType(words, i)
		case w == "(" || w == ")":
		case strings.HasPrefix(w, "'") && numeric(strings.Trim(w, "'")):
			if n, negative := strings.CutPrefix(strings.Trim(w, "'"), "-"); negative {
				out = append(out, "-", n)
			} else {
				out = append(out, n)
			}
		case strings.HasPrefix(w, "'"):
			out = append(out, w)
		case strings.HasPrefix(w, `"`):
			out = append(out, strings.Trim(w, `"`))
		default:
			out = append(out, strings.ToLower(w))
		}
	}
	return out
}

// typeWords follow the first word of a type's name.
var typeWords = []string{"varying", "precision", "without", "with", "time", "zone", "."}

func skipType(words []string, i int) int {
	i++
	for i+1 < len(words) && (slices.Contains(typeWords, words[i+1]) || words[i] == ".") {
		i++
	}
	if i+1 < len(words) && words[i+1] == "(" {
		if n := closes(words[i+1:]); n >= 0 {
			i += 1 + n
		}
	}
	return i
}

func numeric(s string) bool {
	return s != "" && strings.Trim(s, "0123456789.-") == ""
}

// tokens cuts an expression into words, quoted strings, "::" and single marks.
func tokens(s string) []string {
	var out []string
	for i := 0; i < len(s); {
		c := rune(s[i])
		n := 1
		switch {
		case unicode.IsSpace(c):
			i++
			continue
		case c == '\'' || c == '"':
			n = quotedLen(s[i:])
		case wordByte(s[i]):
			n = spanLen(s[i:], wordByte)
		case strings.HasPrefix(s[i:], "::"):
			n = 2
		case strings.ContainsRune(operatorBytes, c):
			n = spanLen(s[i:], func(b byte) bool { return strings.IndexByte(operatorBytes, b) >= 0 })
		}
		out = append(out, s[i:i+n])
		i += n
	}
	return out
}

func wordByte(b byte) bool {
	return b == '_' || b == '$' || b >= 0x80 || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

func spanLen(s string, in func(byte) bool) int {
	n := 0
	for n < len(s) && in(s[n]) {
		n++
	}
	return n
}

func quotedLen(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] == s[0] {
			if i+1 < len(s) && s[i+1] == s[0] {
				i++
				continue
			}
			return i + 1
		}
	}
	return len(s)
}

// renameIn changes a column's name in the text of an expression.
func renameIn(expression, old, fresh string) string {
	if !Mentions(expression, old) {
		return expression
	}
	words := tokens(expression)
	for i, w := range words {
		if w == old || w == `"`+old+`"` {
			words[i] = fresh
		}
	}
	return strings.Join(words, " ")
}

// Call is the call of a function in a text.
type Call struct {
	// Name is as written, in lower case.
	Name string
	// Arguments counts them; Named is true where one is given by its name.
	Arguments int
	Named     bool
}

// Calls lists the functions that the text of an expression or a body calls. A keyword
// before a parenthesis is left out.
func Calls(text string) []Call {
	var all []Call
	words := tokens(text)
	for i := 1; i < len(words); i++ {
		if words[i] != "(" || !wordByte(words[i-1][0]) || notCalled[strings.ToLower(words[i-1])] {
			continue
		}
		name := strings.ToLower(words[i-1])
		if i > 2 && words[i-2] == "." {
			name = strings.ToLower(words[i-3]) + "." + name
		}
		if numeric(name) || i > 1 && words[i-2] == "::" {
			continue
		}
		c := Call{Name: name}
		c.Arguments, c.Named = argumentsIn(words[i+1:])
		all = append(all, c)
	}
	return all
}

// argumentsIn counts the arguments behind the parenthesis of a call.
func argumentsIn(words []string) (n int, named bool) {
	depth := 0
	for i, w := range words {
		switch {
		case w == "(" || w == "[":
			depth++
		case (w == ")" || w == "]") && depth == 0:
			return n, named
		case w == ")" || w == "]":
			depth--
		case w == "," && depth == 0:
			n++
		case (w == "=>" || w == ":=") && depth == 0:
			named = true
		}
		if i == 0 {
			n++
		}
	}
	return n, named
}

// Operators lists the operators in the text of an expression or a body, without those
// that say where an argument or an element stands.
func Operators(text string) []string {
	var all []string
	for _, w := range tokens(text) {
		if strings.IndexByte(operatorBytes, w[0]) < 0 {
			continue
		}
		if !strings.ContainsAny(w, "~!@#%^&|?") { // a sign belongs to what stands behind it
			for len(w) > 1 && (strings.HasSuffix(w, "-") || strings.HasSuffix(w, "+")) {
				w = w[:len(w)-1]
			}
		}
		if w != "=>" && !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	return all
}

const operatorBytes = "<>=!~+*/%^&|#@?-"

// notCalled are words that a parenthesis may follow without a call.
var notCalled = map[string]bool{
	"select": true, "and": true, "or": true, "not": true, "in": true, "any": true, "all": true, "some": true,
	"values": true, "then": true, "else": true, "when": true, "case": true, "as": true, "exists": true,
	"array": true, "row": true, "from": true, "where": true, "on": true, "over": true, "cast": true,
	"is": true, "like": true, "between": true, "return": true, "numeric": true, "varchar": true, "char": true,
}

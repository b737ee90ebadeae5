// Package secret finds in SQL what must not be shown: passwords of roles, of
// foreign servers, of subscriptions, connection strings, keys. What is shown,
// kept in a journal or handed on has *** in its place; the exact bytes stay in
// the file, and in the plan of its run. Where it is not sure, it hides.
package secret

import (
	"slices"
	"strings"

	"belay/sqlview/parse"
	"belay/sqlview/pattern"
)

// Mask stands for what is hidden.
const Mask = "***"

// quick are the words, in lower case, of which every secret has one in its statement:
// most SQL has none, and is returned without being read.
var quick = []string{
	"pass", "pwd", "secret", "token", "key", "credential", "conninfo", "auth", "bearer", "dblink", "crypt", "mapping",
	"subscription", "server", "foreign", "program", "role", "user", "group", "://", "scram-sha-256$", "md5",
	"akia", "asia", "hmac", "digest", "login", "account", "admin", "member", "signup", "sign_up",
	"sign_in", "log_in", "pw", "pin", "authenticate", "kennwort", "contrase", "senha",
	"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "eyj", "xox", "k_live_", "k_test_", "whsec_",
	"npm_", "dop_v1_", "shpat_", "shpss_", "sk-", "aiza", "sg.", "hvs.", "hvb.", "$2a$", "$2b$", "$2x$", "$2y$",
	"$argon2", "hooks.slack.com",
}

func suspicious(sql string) bool {
	low := strings.ToLower(sql)
	return slices.ContainsFunc(quick, func(w string) bool { return strings.Contains(low, w) })
}

// SQL is the text with every secret of it masked. It need not be whole, nor one
// statement, nor right.
func SQL(sql string) string {
	shown, _ := Split(sql)
	return shown
}

// In reports whether a text holds a secret.
func In(sql string) bool { return SQL(sql) != sql }

// Values are the secrets of a text, as their statements mean them; nil = none.
func Values(sql string) []string {
	_, values := Split(sql)
	return values
}

// Split is SQL and Values in one.
func Split(sql string) (shown string, values []string) {
	if !suspicious(sql) {
		return sql, nil
	}
	return split(sql, &context{inputs: map[string][]int{}})
}

// split reads a text within another, or for the first time.
func split(sql string, around *context) (shown string, values []string) {
	r := reader{src: []byte(sql), context: around}
	shown = r.read()
	slices.Sort(r.values)
	values = slices.Compact(r.values)
	return Without(shown, values), values
}

// shortest is the length from which a value is looked for in other texts: a
// shorter one is part of too many words.
const shortest = 4

// Text masks values in a text that may quote them, such as a server's error, and
// what looks like a secret by itself.
func Text(text string, values []string) string { return patterns(Without(text, values)) }

// Without masks values in a text, and nothing else.
func Without(text string, values []string) string {
	byLength := slices.Clone(values)
	slices.SortFunc(byLength, func(a, b string) int { return len(b) - len(a) })
	for _, v := range byLength {
		switch {
		case len(v) < shortest, v == Mask, !strings.Contains(text, v):
		case isWord.MatchString(v):
			text = withoutWord(text, v)
		default:
			text = strings.ReplaceAll(text, v, Mask)
		}
	}
	return text
}

// isWord is a value that may be part of other words: auth of authors.
var isWord = pattern.New(`^[A-Za-z]+$`)

// withoutWord masks a word where it stands for itself.
func withoutWord(text, word string) string {
	part := func(c byte) bool { return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }
	var out strings.Builder
	for {
		i := strings.Index(text, word)
		if i < 0 {
			return out.String() + text
		}
		end := i + len(word)
		out.WriteString(text[:i])
		if i > 0 && part(text[i-1]) || end < len(text) && part(text[end]) {
			out.WriteString(word)
		} else {
			out.WriteString(Mask)
		}
		text = text[end:]
	}
}

// reader masks one text.
type reader struct {
	*context
	src    []byte
	tokens []parse.Token
	values []string
	// budget is how many tokens may still be looked at for the statement in hand.
	budget int
}

// tokensLookedAt is how often a token of a statement may be looked at, on average: lists in
// lists are read once for each that is around them. Past that every string is hidden.
const tokensLookedAt = 100

// spend reports whether one more token may be looked at.
func (r *reader) spend() bool {
	r.budget--
	return r.budget >= 0
}

// read masks statement after statement. A body in dollar quotes is read as a
// text of its own.
func (r *reader) read() string {
	r.tokens = parse.Tokens(r.src)
	hide := make([]bool, len(r.tokens))
	begin := 0
	for i, t := range r.tokens {
		if t.Kind == parse.TokenSymbol && r.src[t.Start] == ';' {
			r.statement(begin, i, hide)
			begin = i + 1
		}
	}
	r.statement(begin, len(r.tokens), hide)
	var out strings.Builder
	done := 0
	for i, t := range r.tokens {
		out.Write(r.src[done:t.Start])
		out.WriteString(r.shown(t, hide[i]))
		done = t.End
	}
	out.Write(r.src[done:])
	return out.String()
}

// shown is a token as it may be seen.
func (r *reader) shown(t parse.Token, hide bool) string {
	text := string(r.src[t.Start:t.End])
	switch {
	case hide:
		r.values = append(r.values, value(t.Kind, text))
		if t.Kind == parse.TokenWord {
			return Mask
		}
		return "'" + Mask + "'"
	case t.Kind == parse.TokenDollarString:
		tag := strings.IndexByte(text[1:], '$') + 2
		body, values := split(text[tag:len(text)-tag], r.context)
		r.values = append(r.values, values...)
		return text[:tag] + forms(body) + text[len(text)-tag:]
	case t.Kind == parse.TokenComment, t.Kind == parse.TokenString, t.Kind == parse.TokenMeta,
		t.Kind == parse.TokenOpen:
		return patterns(text)
	}
	return text
}

// value is what a string means.
func value(kind parse.TokenKind, text string) string {
	switch {
	case kind == parse.TokenDollarString:
		tag := strings.IndexByte(text[1:], '$') + 2
		return text[tag : len(text)-tag]
	case kind == parse.TokenWord:
		return text
	}
	at := strings.IndexByte(text, '\'')
	if at < 0 {
		return text
	}
	text = strings.TrimSuffix(text[at+1:], "'")
	return strings.ReplaceAll(text, "''", "'")
}

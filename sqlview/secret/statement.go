package secret

import (
	"slices"
	"strings"

	"belay/sqlview/parse"
	"belay/sqlview/pattern"
)

// whole are the beginnings of statements whose every string may be a secret.
var whole = [][]string{
	{"role"}, {"user"}, {"group"}, {"subscription"}, {"server"}, {"foreign"}, {"user", "mapping"},
}

// private names what holds a secret: a column, a setting, an option, a function.
var private = pattern.New(
	`(?i)pass(word|wd|phrase|code|wort)|(^|_)(pass|pwd|pw|otp|senha)($|_)|(^|_)pin_(code|hash)|(user|card|login)_pin$|kennwort|contrase(n|ñ)a|secret|token|credential|conninfo|api[_-]?key|(private|access|secret|encryption|signing|auth)[_-]?key|authoriz|bearer`,
)

// Names reports whether a word, such as the name of a column, says that it holds a secret.
func Names(word string) bool { return holds([]byte(word)) }

// holds reports whether a word names what holds a secret. Most words have none of
// the letters that private looks for.
func holds(word []byte) bool {
	low := strings.ToLower(string(word))
	return slices.ContainsFunc(near, func(part string) bool { return strings.Contains(low, part) }) &&
		private.Match(word)
}

var near = []string{"pass", "pwd", "secret", "token", "credential", "conninfo", "key", "authoriz", "bearer",
	"pw", "otp", "pin", "senha", "kennwort", "contrase"}

// enciphers reports whether a word is one of ciphers.
func enciphers(word []byte) bool {
	return len(word) > 3 && strings.IndexByte("cpedhCPEDH", word[0]) >= 0 && ciphers.Match(word)
}

// ciphers are functions whose strings are keys and plain texts.
var ciphers = pattern.New(
	`(?i)^(crypt|digest|pgp_(sym|pub)_(en|de)crypt(_bytea)?|encrypt(_iv)?|decrypt(_iv)?|hmac|dblink_connect(_u)?)$`,
)

// speaks is a string that gives a password to something else: a statement in a
// string, or the text before one is appended.
var speaks = pattern.New(`(?i)\S\s*\b(password|passwd|pwd|passphrase)\b\s*(=|:|'|%|$)|://[^\s'/]*%`)

// statement marks what is to be hidden in the tokens from begin to end.
func (r *reader) statement(begin, end int, hide []bool) {
	if begin == end || r.known.Columns == nil && len(r.inputs) == 0 &&
		!suspicious(string(r.src[r.tokens[begin].Start:r.tokens[end-1].End])) {
		return
	}
	var at []int // the tokens but for comments
	for i := begin; i < end; i++ {
		if r.tokens[i].Kind != parse.TokenComment {
			at = append(at, i)
		}
	}
	r.budget = tokensLookedAt * (len(at) + 100)
	remark := len(at) > 1 && (r.is(at[0], "comment") || r.is(at[0], "security") && r.is(at[1], "label"))
	all := !remark && (r.hidesAll(at) || r.unlisted(at))
	r.learn(at)
	r.beside(at, hide)
	r.ofSetting(at, hide)
	r.calls(at, hide)
	r.getter(at, hide)
	r.listed(at, hide)
	for n, i := range at {
		hide[i] = hide[i] || all && (r.text(i) || n > 0 && r.bare(at[n-1], i))
		if r.names(at, n) && !remark {
			r.after(at, n, hide)
			r.alias(at, n, hide)
		}
		hide[i] = hide[i] && string(r.bytes(i)) != "''"
	}
	for _, i := range at {
		hide[i] = hide[i] || r.budget < 0 && r.text(i)
	}
}

// bare reports a password that somebody forgot to quote: the server's error would
// name it.
func (r *reader) bare(before, i int) bool {
	return r.is(before, "password") && r.tokens[i].Kind == parse.TokenWord && !r.is(i, "null")
}

// text reports a token that holds a string. A quote without its end is one.
func (r *reader) text(i int) bool {
	t := r.tokens[i]
	switch t.Kind {
	case parse.TokenString:
		return true
	case parse.TokenOpen:
		return !strings.HasPrefix(string(r.src[t.Start:t.End]), "/*")
	}
	return false
}

// hidesAll reports a statement whose every string is hidden: by what it is, by a
// string that speaks of a password, by a column that it fills.
func (r *reader) hidesAll(at []int) bool {
	words := r.words(at, 8)
	if i := slices.IndexFunc(words, func(w string) bool {
		return w == "create" || w == "alter" || w == "import"
	}); i >= 0 && i <= 1 {
		rest := words[i+1:]
		if len(rest) > 0 && rest[0] == "if" {
			rest = rest[min(3, len(rest)):] // IF NOT EXISTS
		}
		for _, w := range whole {
			if len(rest) >= len(w) && slices.Equal(rest[:len(w)], w) {
				return !r.sets(at)
			}
		}
	}
	fills, program := false, slices.Contains(words, "copy")
	for n, i := range at {
		// INSERT and UPDATE may stand in a WITH, in a MERGE and behind an IF.
		fills = fills || r.is(i, "insert") || r.is(i, "update")
		switch {
		case r.text(i) && speaks.MatchString(value(r.tokens[i].Kind, string(r.bytes(i)))):
			return true
		case program && r.is(i, "program"):
			return true
		case fills && r.names(at, n) && (r.follows(at, n, ",") || r.follows(at, n, ")")):
			return true
		}
	}
	return false
}

// sets reports ALTER ROLE … SET, whose setting tells by its name whether it is private.
func (r *reader) sets(at []int) bool {
	set := false
	for _, i := range at {
		if r.is(i, "password") || r.is(i, "options") || r.is(i, "connection") {
			return false
		}
		set = set || r.is(i, "set")
	}
	return set && len(at) > 2 && r.is(at[0], "alter") && (r.is(at[1], "role") || r.is(at[1], "user"))
}

// words are the first words of a statement, in lower case.
func (r *reader) words(at []int, most int) []string {
	var all []string
	for _, i := range at {
		if len(all) == most || r.tokens[i].Kind != parse.TokenWord {
			if len(all) > 0 {
				break
			}
			continue
		}
		all = append(all, strings.ToLower(string(r.bytes(i))))
	}
	return all
}

func (r *reader) bytes(i int) []byte { return r.src[r.tokens[i].Start:r.tokens[i].End] }

func (r *reader) is(i int, word string) bool { return strings.EqualFold(string(r.bytes(i)), word) }

// names reports a token that names something private, or calls a cipher.
func (r *reader) names(at []int, n int) bool {
	b := r.bytes(at[n])
	switch r.tokens[at[n]].Kind {
	case parse.TokenWord:
		return holds(b) || enciphers(b) || strings.EqualFold(string(b), "set_config") &&
			r.setsPrivate(at[n+1:])
	case parse.TokenQuotedName:
		return holds(b)
	}
	return false
}

// setsPrivate reports a call whose first string names something private.
func (r *reader) setsPrivate(at []int) bool {
	i := slices.IndexFunc(at, r.text)
	return i >= 0 && holds(r.bytes(at[i]))
}

// openers begin the value of a name: what assigns and what compares.
var openers = []string{
	"=", ":", ">", "<", "~", "!", "to", "is", "encrypted", "default", "in", "like", "ilike", "similar", "using",
}

// enders come after a value, or show that none comes.
var enders = []string{
	"add", "alter", "and", "begin", "check", "constraint", "drop", "else", "end", "except", "from", "generated",
	"group", "having", "if", "intersect", "into",
	"join", "limit", "loop", "on", "or", "order", "raise", "references", "rename",
	"returning", "select", "then", "union", "values", "when", "where", "window",
}

// after hides the value of a name: the strings of the expression behind it, or all
// strings of the call that it names.
func (r *reader) after(at []int, n int, hide []bool) {
	depth, begun, call := 0, false, false
	for k := n + 1; k < len(at) && r.spend(); k++ {
		i := at[k]
		word := strings.ToLower(string(r.bytes(i)))
		switch {
		case word == "(":
			call = call || k == n+1
			depth++
		case word == "case" && begun:
			depth++
		case word == "end" && depth > 0:
			depth--
		case word == ")":
			if depth--; depth < 0 || depth == 0 && call {
				return
			}
		case r.text(i), r.tokens[i].Kind == parse.TokenDollarString:
			hide[i] = hide[i] || begun || call || k == n+1
		case depth > 0:
		case word == ",", slices.Contains(enders, word), word == "set" && !r.follows(at, k, "default"):
			return
		case slices.Contains(openers, word):
			begun = true
		}
	}
}

// follows reports whether the next token is the word.
func (r *reader) follows(at []int, k int, word string) bool {
	return k+1 < len(at) && r.is(at[k+1], word)
}

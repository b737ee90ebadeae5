package highlight

import (
	"strings"

	"belay/sqlview/parse"
)

// block is SQL, or the body of a function, that is being cut into spans.
type block struct {
	spans *spans
	sql   string
	lexer *lexer
	body  bool // of a function: what is dollar-quoted in it is a string
	done  int

	words    []string // the first words of the statement, in lower case
	language string   // the word after LANGUAGE, before the body
	last     string
}

// add adds the spans of the text from start to end.
func (b *block) add(start, end int) {
	for _, t := range parse.Tokens([]byte(b.sql[start:end])) {
		t.Start, t.End = t.Start+start, t.End+start
		b.spans.add(b.done, t.Start, Plain)
		b.token(t, end)
		b.done = t.End
	}
	b.spans.add(b.done, end, Plain)
}

func (b *block) token(t parse.Token, end int) {
	switch t.Kind {
	case parse.TokenWord:
		b.word(t)
	case parse.TokenSymbol:
		b.symbol(t)
	case parse.TokenDollarString:
		b.dollar(t, end)
	case parse.TokenOpen:
		comment := strings.HasPrefix(b.sql[t.Start:], "/*")
		b.put(t, map[bool]Kind{true: Comment, false: String}[comment])
	default:
		b.put(t, exact[t.Kind])
	}
}

// exact is what a token is whatever stands around it.
var exact = map[parse.TokenKind]Kind{
	parse.TokenQuotedName: Identifier, parse.TokenString: String,
	parse.TokenComment: Comment, parse.TokenMeta: Meta,
}

func (b *block) put(t parse.Token, kind Kind) { b.spans.add(t.Start, t.End, kind) }

func (b *block) word(t parse.Token) {
	text := b.sql[t.Start:t.End]
	switch {
	case text[0] >= '0' && text[0] <= '9':
		b.put(t, Number)
	case t.Start > 0 && b.sql[t.Start-1] == '.':
		b.put(t, Identifier)
	default:
		b.put(t, b.lexer.kind(text))
	}
	b.follow(strings.ToLower(text))
}

// follow keeps what dollar needs to know.
func (b *block) follow(w string) {
	if len(b.words) < 4 {
		b.words = append(b.words, w)
	}
	if b.last == "language" {
		b.language = w
	}
	b.last = w
}

// symbol adds one byte that is no word, or a parameter such as $1.
func (b *block) symbol(t parse.Token) {
	switch c := b.sql[t.Start]; {
	case c == '$':
		b.put(t, Identifier)
	case c == ':' && (b.near(t, -1) == ':' || b.near(t, 1) == ':' || b.near(t, 1) == '='):
		b.put(t, Operator)
	case strings.IndexByte(";:()[]{},.", c) >= 0:
		b.put(t, Punctuation)
	default:
		b.put(t, Operator)
	}
	if b.sql[t.Start] == ';' {
		b.words, b.language, b.last = nil, "", ""
	}
}

// near is the byte so far from the token's first, 0 outside the text.
func (b *block) near(t parse.Token, by int) byte {
	if at := t.Start + by; at >= 0 && at < len(b.sql) {
		return b.sql[at]
	}
	return 0
}

// dollar adds a dollar-quoted string, or the code that it is.
func (b *block) dollar(t parse.Token, end int) {
	if b.body || !b.holdsCode() || !known(b.languageOf(t.End, end)) {
		b.spans.add(t.Start, t.End, String)
		return
	}
	tag := 2 + strings.IndexByte(b.sql[t.Start+1:], '$')
	b.spans.add(t.Start, t.Start+tag, String)
	inner := block{spans: b.spans, sql: b.sql, lexer: plpgsql, body: true, done: t.Start + tag}
	inner.add(t.Start+tag, t.End-tag)
	b.spans.add(t.End-tag, t.End, String)
}

// holdsCode says whether the statement is DO or CREATE [OR REPLACE] FUNCTION
// or PROCEDURE.
func (b *block) holdsCode() bool {
	words := strings.Join(b.words, " ") + " "
	words = strings.TrimPrefix(strings.Replace(words, "or replace ", "", 1), "create ")
	return strings.HasPrefix(words, "do ") || strings.HasPrefix(words, "function ") ||
		strings.HasPrefix(words, "procedure ")
}

// languageOf is the language named before the body or else behind it, "" if none.
func (b *block) languageOf(from, end int) string {
	if b.language != "" {
		return b.language
	}
	rest := b.sql[from:end]
	previous := ""
	for _, t := range parse.Tokens([]byte(rest[:min(len(rest), 200)])) {
		w := strings.ToLower(rest[t.Start:t.End])
		if previous == "language" {
			return w
		}
		if w == ";" {
			break
		}
		previous = w
	}
	return ""
}

// known says whether a body in this language is read as code. DO without a
// language is PL/pgSQL.
func known(language string) bool {
	switch strings.Trim(language, `'"`) {
	case "", "sql", "plpgsql":
		return true
	}
	return false
}

package highlight

import (
	"strings"

	"belay/sqlview/parse"
)

// block is SQL, or the body of a function, that is being cut into spans.
type block struct {
	spans *spans
	sql   string
	lexer lexer
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
		b.token(t, end)
	}
	b.code(end)
}

func (b *block) token(t parse.Token, end int) {
	switch t.Kind {
	case parse.TokenWord:
		b.word(b.sql[t.Start:t.End])
	case parse.TokenSymbol:
		if b.sql[t.Start] == ';' {
			b.words, b.language, b.last = nil, "", ""
		}
	case parse.TokenDollarString:
		b.code(t.Start)
		b.dollar(t, end)
	default:
		b.put(t, exact[t.Kind])
	}
}

// exact is what a token is whatever stands around it.
var exact = map[parse.TokenKind]Kind{
	parse.TokenQuotedName: Identifier, parse.TokenString: String,
	parse.TokenComment: Comment, parse.TokenMeta: Meta, parse.TokenOpen: String,
}

func (b *block) word(text string) {
	w := strings.ToLower(text)
	if len(b.words) < 4 {
		b.words = append(b.words, w)
	}
	if b.last == "language" {
		b.language = w
	}
	b.last = w
}

// put adds a token behind the code before it.
func (b *block) put(t parse.Token, kind Kind) {
	if t.Kind == parse.TokenOpen && strings.HasPrefix(b.sql[t.Start:], "/*") {
		kind = Comment
	}
	b.code(t.Start)
	b.spans.add(t.Start, t.End, kind)
	b.done = t.End
}

// code adds what lies between the last token and to.
func (b *block) code(to int) {
	if b.done < to {
		b.lexer.add(b.spans, b.sql, b.done, to)
	}
	b.done = to
}

// dollar adds a dollar-quoted string, or the code that it is.
func (b *block) dollar(t parse.Token, end int) {
	b.done = t.End
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
	return strings.HasPrefix(words, "do ") || strings.HasPrefix(words, "function ") || strings.HasPrefix(words, "procedure ")
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

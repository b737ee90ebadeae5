package parse

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"belay/sqlview/parse/child"
)

// Normalize is Parser.Normalize with a child process of its own.
func Normalize(ctx context.Context, sql string) string {
	var p Parser
	defer p.Close()
	return p.Normalize(ctx, sql)
}

// Fingerprint is Parser.Fingerprint with a child process of its own.
func Fingerprint(ctx context.Context, sql string) string {
	var p Parser
	defer p.Close()
	return p.Fingerprint(ctx, sql)
}

// Normalize gives sql without its data, for reports and logs: constants
// become $n, those that the grammar does not allow to be parameters too, and
// comments become a blank. It is "" where sql could not be read; it must then
// not be printed at all.
func (p *Parser) Normalize(ctx context.Context, sql string) string {
	a, ok := p.one(ctx, child.Normalize, sql)
	if ok {
		return maskConstants(string(a.Data), false)
	}
	if !a.Failed {
		return ""
	}
	s, is18 := newShim(sql)
	if !is18 {
		return ""
	}
	if _, ok := p.one(ctx, child.Normalize, s.text()); !ok {
		return ""
	}
	return maskConstants(sql, true)
}

// Fingerprint is a hexadecimal number that is the same for statements that
// differ only in constants, blanks and comments, as pg_query counts them. It
// is "" where sql could not be read by a grammar of PostgreSQL 17.
func (p *Parser) Fingerprint(ctx context.Context, sql string) string {
	a, ok := p.one(ctx, child.Fingerprint, sql)
	if !ok {
		return ""
	}
	return string(a.Data)
}

// one asks about one text. The parser would read text only up to a NUL.
func (p *Parser) one(ctx context.Context, op child.Op, sql string) (child.Answer, bool) {
	if strings.IndexByte(sql, 0) >= 0 || !utf8.ValidString(sql) {
		return child.Answer{}, false
	}
	replies, err := p.ask(ctx, op, []string{sql})
	if err != nil || replies[0].err != nil {
		return child.Answer{}, false
	}
	return replies[0].Answer, !replies[0].Failed
}

// Masked gives sql without its data and comments, by the lexer alone: strings and numbers
// become $n. It also takes text that no parser reads, such as one that was cut.
func Masked(sql string) string { return maskConstants(sql, true) }

// maskConstants replaces the strings of sql, and where numbers is set its
// numbers, by parameters numbered behind those it has.
func maskConstants(sql string, numbers bool) string {
	src := []byte(sql)
	tokens := allTokens(src)
	next := 1 + lastParameter(src, tokens)
	var b strings.Builder
	done := 0
	put := func(t token, text string) {
		b.Write(src[done:t.start])
		b.WriteString(text)
		done = t.end
	}
	for _, t := range tokens {
		switch {
		case t.kind == lineComment, t.kind == blockComment, t.kind == metaCommand:
			put(t, " ")
		case t.kind == stringConst, t.kind == foldedString, t.kind == dollarString, t.kind == openQuote,
			numbers && t.kind == word && isDigit(src[t.start]):
			put(t, "$"+strconv.Itoa(next))
			next++
		}
	}
	b.Write(src[done:])
	return strings.TrimSpace(b.String())
}

func allTokens(src []byte) []token {
	var list []token
	s := scanner{src: src}
	for t, ok := s.next(); ok; t, ok = s.next() {
		list = append(list, t)
	}
	return list
}

func lastParameter(src []byte, tokens []token) int {
	highest := 0
	for _, t := range tokens {
		if t.kind == symbol && src[t.start] == '$' {
			n, _ := strconv.Atoi(string(src[t.start+1 : t.end]))
			highest = max(highest, n)
		}
	}
	return highest
}

package parse

// Token is one piece of SQL as the server's lexer and psql cut it. Blanks are
// in no token.
type Token struct {
	Kind       TokenKind
	Start, End int // byte offsets
}

// TokenKind says what a Token is.
type TokenKind int

// The kinds of tokens.
const (
	TokenWord         TokenKind = iota // keyword, unquoted name or number
	TokenQuotedName                    // "name", U&"name"
	TokenString                        // 'a', E'a', U&'a'
	TokenDollarString                  // $$a$$, $tag$a$tag$
	TokenSymbol                        // one other byte, or a parameter such as $1
	TokenComment                       // line or block comment
	TokenMeta                          // psql meta-command
	TokenOpen                          // a quote or comment without its end, to the end of the text
)

var tokenKinds = map[tokenKind]TokenKind{
	word: TokenWord, quotedName: TokenQuotedName, stringConst: TokenString, dollarString: TokenDollarString,
	foldedString: TokenString,
	symbol:       TokenSymbol, lineComment: TokenComment, blockComment: TokenComment, metaCommand: TokenMeta,
	openQuote: TokenOpen,
}

// Tokens cuts SQL into tokens. It knows nothing of statements, so COPY data
// must not be in sql.
func Tokens(sql []byte) []Token {
	var list []Token
	s := scanner{src: sql}
	for t, ok := s.next(); ok; t, ok = s.next() {
		list = append(list, Token{tokenKinds[t.kind], t.start, t.end})
	}
	return list
}

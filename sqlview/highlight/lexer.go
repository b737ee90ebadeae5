package highlight

import (
	"embed"
	"strings"
	"sync"

	"github.com/alecthomas/chroma/v2"
)

// The two grammars are chroma's own, copied: importing chroma's registry reads
// all of its 297 grammars before main, which takes longer than all else that
// belay does at its start.
//
//go:embed grammar/*.xml
var grammars embed.FS

// lexer builds its chroma lexer once, with the first text.
type lexer func() chroma.Lexer

var (
	postgresql = lexer(sync.OnceValue(func() chroma.Lexer { return load("postgresql") }))
	plpgsql    = lexer(sync.OnceValue(func() chroma.Lexer { return load("plpgsql") }))
)

func load(name string) chroma.Lexer {
	return chroma.NewLexerRegistry().Register(chroma.MustNewXMLLexer(grammars, "grammar/"+name+".xml"))
}

// newKeywords are keywords that chroma takes for names.
var newKeywords = map[string]bool{
	"always": true, "atomic": true, "attach": true, "call": true, "compression": true, "detach": true,
	"enforced": true, "expression": true, "finalize": true, "generated": true, "include": true, "inherits": true,
	"logged": true, "merge": true, "overlaps": true, "period": true, "policy": true, "procedures": true, "publication": true,
	"refresh": true, "routine": true, "skip": true, "stored": true, "subscription": true, "tablesample": true,
	"virtual": true,
}

// add adds the spans of code, which holds no quote and no comment.
func (l lexer) add(s *spans, sql string, start, end int) {
	code := sql[start:end]
	if start > maxLexed || strings.TrimSpace(code) == "" {
		s.add(start, end, Plain)
		return
	}
	tokens, err := chroma.Tokenise(l(), &chroma.TokeniseOptions{State: "root", EnsureLF: false}, code)
	if err != nil {
		s.add(start, end, Plain)
		return
	}
	at, afterDot := start, start > 0 && sql[start-1] == '.'
	for _, t := range tokens {
		next := min(at+len(t.Value), end)
		s.add(at, next, kindOf(t, afterDot))
		at, afterDot = next, t.Value == "."
	}
	s.add(at, end, Plain)
}

// kindOf turns chroma's type into a Kind. After a dot every word is a name.
func kindOf(t chroma.Token, afterDot bool) Kind {
	switch {
	case t.Type.InCategory(chroma.Text) || t.Type == chroma.Error && strings.TrimSpace(t.Value) == "":
		return Plain
	case t.Type.InCategory(chroma.Operator):
		return Operator
	case t.Type.InCategory(chroma.Punctuation) || t.Value == ".": // a dot alone is a number to chroma
		return Punctuation
	case t.Type.InSubCategory(chroma.LiteralNumber):
		return Number
	case afterDot:
		return Identifier
	case t.Type.InCategory(chroma.Keyword) || newKeywords[strings.ToLower(t.Value)]:
		return Keyword
	case t.Type == chroma.NameBuiltin:
		return Type
	case t.Type.InCategory(chroma.Name) || t.Type == chroma.Error:
		return Identifier
	}
	return Plain
}

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
// They are lexers/embedded/postgresql_sql_dialect.xml and pl_pgsql.xml of the
// module; a test compares them.
//
//go:embed grammar/*.xml
var grammars embed.FS

// maxRemembered bounds how many words a lexer remembers.
const maxRemembered = 10_000

// lexer says what words are. It asks chroma once for each word: chroma takes
// about a millisecond for one statement.
type lexer struct {
	name  string
	mu    sync.Mutex
	inner chroma.Lexer
	kinds map[string]Kind
}

var (
	postgresql = &lexer{name: "postgresql"}
	plpgsql    = &lexer{name: "plpgsql"}
)

// more are the words that chroma takes for names, or knows only as a part of a
// longer one.
var more = map[string]Kind{"double": Type, "precision": Type, "varying": Type}

func init() {
	for _, w := range strings.Fields(`always atomic attach call compression detach enforced expression finalize
		generated include inherits logged merge overlaps period policy procedures publication refresh routine
		rowtype skip stored subscription tablesample virtual`) {
		more[w] = Keyword
	}
}

// kind is what a word is where no dot stands before it.
func (l *lexer) kind(word string) Kind {
	word = strings.ToLower(word)
	if k, ok := more[word]; ok {
		return k
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if k, ok := l.kinds[word]; ok {
		return k
	}
	k := l.ask(word)
	if len(l.kinds) < maxRemembered {
		l.kinds[word] = k
	}
	return k
}

// ask has chroma read one word. What it reads as several is a name to PostgreSQL.
func (l *lexer) ask(word string) Kind {
	if l.inner == nil {
		l.inner, l.kinds = load(l.name), map[string]Kind{}
	}
	tokens, err := chroma.Tokenise(l.inner, &chroma.TokeniseOptions{State: "root", EnsureLF: false}, word)
	if err != nil || len(tokens) != 1 {
		return Identifier
	}
	switch t := tokens[0].Type; {
	case t.InCategory(chroma.Keyword):
		return Keyword
	case t == chroma.NameBuiltin:
		return Type
	}
	return Identifier
}

func load(name string) chroma.Lexer {
	return chroma.NewLexerRegistry().Register(chroma.MustNewXMLLexer(grammars, "grammar/"+name+".xml"))
}

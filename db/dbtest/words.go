package dbtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"belay/sqlview/parse"
)

// spoken are the floors whose code sends SQL.
var spoken = []string{"cmd", "steps", "db"}

// SQLWords are the names and operators that stand in the SQL of belay's own code: in
// its .sql files and in every text of its Go code, whether that is SQL or not. What is
// written tomorrow is among them, and a word too many does no harm. They are sorted.
func SQLWords(t testing.TB) []string {
	t.Helper()
	words, err := wordsOfOurs()
	if err != nil {
		t.Fatal(err)
	}
	return words
}

var wordsOfOurs = sync.OnceValues(func() ([]string, error) {
	root, err := module()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, floor := range spoken {
		err := filepath.WalkDir(filepath.Join(root, floor), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil || d.IsDir() && d.Name() == "testdata":
				return errOrSkip(err)
			case filepath.Ext(path) == ".sql" && filepath.Base(filepath.Dir(path)) != "dbtest":
				text, err := os.ReadFile(path)
				wordsOf(string(text), seen)
				return err
			case filepath.Ext(path) == ".go" && !strings.HasSuffix(path, "_test.go"):
				return wordsOfCode(path, seen)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for word, operators := range implied {
		for _, o := range operators {
			seen[o] = seen[o] || seen[word]
		}
	}
	all := make([]string, 0, len(seen))
	for w, has := range seen {
		if has {
			all = append(all, w)
		}
	}
	slices.Sort(all)
	return all, nil
})

// implied are the operators that syntax stands for, by a word of it: the server looks
// for them by the search_path too.
var implied = map[string][]string{
	"in": {"=", "<>"}, "distinct": {"="}, "case": {"="}, "nullif": {"="}, "using": {"="},
	"between": {"<=", ">=", "<", ">"}, "like": {"~~", "!~~"}, "ilike": {"~~*", "!~~*"}, "similar": {"~", "!~"},
}

func errOrSkip(err error) error {
	if err != nil {
		return err
	}
	return fs.SkipDir
}

// module is the folder of the go.mod above the test that runs.
func module() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil || dir == filepath.Dir(dir) {
			return dir, missing
		}
	}
	return "", err
}

func wordsOfCode(path string, seen map[string]bool) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil {
				wordsOf(text, seen)
			}
		}
		return true
	})
	return nil
}

// operatorBytes are what PostgreSQL makes operators of.
const operatorBytes = "+-*/<>=~!@#%^&|`?"

// wordsOf also looks into strings, which may be bodies or queries for later, and a
// string that does not end is no SQL.
func wordsOf(text string, seen map[string]bool) {
	operator, end := "", 0
	tokens := append(parse.Tokens([]byte(text)), parse.Token{Start: len(text), End: len(text)})
	for _, tok := range tokens {
		piece := text[tok.Start:tok.End]
		part := tok.Kind == parse.TokenSymbol && strings.Contains(operatorBytes, piece)
		if operator != "" && (!part || tok.Start != end) {
			seen[operator], operator = true, ""
		}
		switch inner := strings.Trim(piece, `'"`); {
		case part:
			operator, end = operator+piece, tok.End
		case tok.Kind == parse.TokenWord:
			seen[strings.ToLower(piece)] = true
		case tok.Kind == parse.TokenQuotedName:
			seen[inner] = true
		case inner != piece && len(inner) < len(piece) && inner != "":
			wordsOf(inner, seen)
		}
	}
}

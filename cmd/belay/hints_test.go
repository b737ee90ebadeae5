package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"belay/steps"
)

// advice is a text of the program that a person may act on, and where it stands.
type advice struct{ place, text string }

// sources are the program's own files, without tests, read once.
var sources = sync.OnceValues(func() (*token.FileSet, []*ast.File) {
	files, root := token.NewFileSet(), filepath.Join("..", "..")
	var trees []*ast.File
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		parsed, err := parser.ParseFile(files, path, nil, 0)
		trees = append(trees, parsed)
		return err
	})
	if err != nil {
		panic(err)
	}
	return files, trees
})

// advices are all texts of the program's own code: whatever it prints is made of
// them, a hint that no test comes by too.
func advices(t *testing.T) []advice {
	t.Helper()
	var all []advice
	files, trees := sources()
	for _, parsed := range trees {
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.BinaryExpr: // a text put together is read as a whole
				if s, ok := joined(n); ok {
					all = append(all, advice{files.Position(n.Pos()).String(), s})
					return false
				}
			case *ast.BasicLit:
				if s, ok := literalOf(n); ok {
					all = append(all, advice{files.Position(n.Pos()).String(), s})
				}
			}
			return true
		})
	}
	if len(all) < 3000 {
		t.Fatalf("%d texts", len(all))
	}
	return all
}

// value stands for what is not known before the program runs.
const value = "\x00"

func literalOf(n ast.Expr) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// joined is a sum of texts with what is not a literal as a value.
func joined(n ast.Expr) (string, bool) {
	b, ok := n.(*ast.BinaryExpr)
	if !ok || b.Op != token.ADD {
		return literalOf(n)
	}
	left, isText := joined(b.X)
	right, alsoText := joined(b.Y)
	if !isText {
		left = value
	}
	if !alsoText {
		right = value
	}
	return left + right, isText || alsoText
}

// asked is an answer's name within a text.
var asked = regexp.MustCompile(
	`\b(?:target|tool|history|backup|rehearse|review\.accept|deploy|smoke|monitor|run|index|rollback|ledger|trust|preflight|estimate|verify|backfill|partition|campaign)\.[a-z_]+\b`,
)

// notQuestions are names of the same form: keys of belay.toml, files, parts of
// packages, kinds of events.
var notQuestions = regexp.MustCompile(
	`^(?:monitor\.(?:minutes|log_file|log_command|sqlstates)|smoke\.(?:sql|command)|run\.(?:opened|finished|parked|adopted|taken_over)|backfill\.done|backup\.sql|backfill\.(?:id|table_name|run_id|state|owner)|ledger\.opened)$`,
)

// TestQuestionsInTextsExist holds every answer that a text names against those
// that an answers file may give.
func TestQuestionsInTextsExist(t *testing.T) {
	n := 0
	for _, a := range advices(t) {
		if !strings.Contains(a.text, " ") || strings.Contains(a.text, "SELECT ") {
			continue // a name by itself is a key or a kind of event
		}
		for _, id := range asked.FindAllString(a.text, -1) {
			if notQuestions.MatchString(id) || strings.HasPrefix(id, "review.accept.") {
				continue
			}
			n++
			if !steps.KnownQuestion(id) {
				t.Errorf("%s names %s, which is no question: %.120q", a.place, id, a.text)
			}
		}
	}
	t.Logf("%d answers named", n)
}

package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strings"
	"testing"
	"unicode/utf8"
)

// tree is the module's files as the checks read them.
type tree struct {
	fsys  fs.FS
	set   *token.FileSet
	files []*source
}

// source is one file. Its path is slash-separated, from the module's root.
type source struct {
	path   string
	text   string // "" for a binary file
	test   bool   // ends in _test.go
	syntax *ast.File
}

// dir is the file's folder; "." is the root.
func (s *source) dir() string { return path.Dir(s.path) }

// data is true for a file that tests read and nothing compiles.
func (s *source) data() bool { return strings.Contains("/"+s.path, "/testdata/") }

// finding is one place that breaks a check.
type finding struct {
	path string
	name string // the declared name it is about; "" = the file
	line int    // counts from 1; 0 = the whole file
	what string
}

// key names the place in testdata/allowed.txt, where line numbers would age.
func (f finding) key() string {
	if f.name == "" {
		return f.path
	}
	return f.path + ":" + f.name
}

func (f finding) String() string {
	if f.line == 0 {
		return f.path + ": " + f.what
	}
	return fmt.Sprintf("%s:%d: %s", f.path, f.line, f.what)
}

// load reads every file but those of git and those that .gitignore names.
func load(t *testing.T, fsys fs.FS) *tree {
	t.Helper()
	house := &tree{fsys: fsys, set: token.NewFileSet()}
	ignored := readIgnored(fsys)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".git" || ignored.match(name):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		return house.add(name)
	})
	if err != nil {
		t.Fatal(err)
	}
	return house
}

func (house *tree) add(name string) error {
	text, err := fs.ReadFile(house.fsys, name)
	if err != nil {
		return err
	}
	s := &source{path: name, test: strings.HasSuffix(name, "_test.go")}
	if utf8.Valid(text) {
		s.text = string(text)
	}
	if strings.HasSuffix(name, ".go") && !s.data() {
		s.syntax, err = parser.ParseFile(house.set, name, text, parser.ParseComments|parser.SkipObjectResolution)
	}
	house.files = append(house.files, s)
	return err
}

// goFiles are the files that the compiler reads, tests too.
func (house *tree) goFiles() []*source {
	var all []*source
	for _, s := range house.files {
		if s.syntax != nil {
			all = append(all, s)
		}
	}
	return all
}

// line is where a node begins.
func (house *tree) line(n ast.Node) int { return house.set.Position(n.Pos()).Line }

package house

import (
	"go/ast"
	"go/token"
	"iter"
	"regexp"
	"strings"
)

// word is a way of writing that is not ours.
type word struct {
	found *regexp.Regexp
	what  string
}

// The first are looked for in every line of Go, split here so that they are
// not found; the second in the texts that a person may come to read.
var (
	lineWords = []word{
		{
			regexp.MustCompile(`\b(?:TO` + `DO|FIX` + `ME|XX` + `X)\b`),
			"unfinished work: do it, or say in the doc comment what is not done",
		},
		{regexp.MustCompile(`^// Code gen` + `erated .* DO NOT EDIT`), "generated Go: the module has none"},
	}
	textWords = []word{
		{regexp.MustCompile(`(?i)\bfailed to\b`), `"failed to": say what was done and what the cause was`},
		{regexp.MustCompile(`(?i)\bkill(?:s|ed|ing)?\b`), "a session is cancelled or terminated, never killed"},
	}
)

// words holds Go files to the words of this project.
func words(house *tree) []finding {
	var all []finding
	for _, s := range house.goFiles() {
		for number, line := range numbered(s.text) {
			all = append(all, s.say(lineWords, line, number)...)
		}
		if s.test {
			continue
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				all = append(all, s.say(textWords, lit.Value, house.line(lit))...)
			}
			return true
		})
	}
	return all
}

// say reports the words found in a text that begins on a line.
func (s *source) say(all []word, text string, line int) []finding {
	var found []finding
	for _, w := range all {
		if at := w.found.FindStringIndex(text); at != nil {
			found = append(found, finding{path: s.path, line: line + strings.Count(text[:at[0]], "\n"), what: w.what})
		}
	}
	return found
}

// numbered gives the lines of a text, counted from 1.
func numbered(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		number := 0
		for line := range strings.Lines(text) {
			number++
			if !yield(number, strings.TrimSuffix(line, "\n")) {
				return
			}
		}
	}
}

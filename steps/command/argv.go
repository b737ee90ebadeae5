package command

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
)

// Found reports whether a program is there under a name, in the PATH or by its
// path from dir.
func Found(dir, name string) bool {
	if strings.Contains(name, "/") && !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	_, err := exec.LookPath(name)
	return err == nil
}

// errQuote is returned for a quote that is opened and not closed.
var errQuote = errors.New("a quote is not closed")

// Argv splits a line into its words. Single and double quotes hold a word
// together and mean nothing else: there is no shell, so no variable, no pipe and
// no pattern in it.
func Argv(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	in, quote := false, rune(0)
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			in, quote = true, r
		case r == ' ' || r == '\t' || r == '\n':
			if in {
				words = append(words, word.String())
				word.Reset()
			}
			in = false
		default:
			in = true
			word.WriteRune(r)
		}
	}
	if quote != 0 {
		return nil, errQuote
	}
	if in {
		words = append(words, word.String())
	}
	return words, nil
}

package applog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"belay/steps/applog/sqlstate"
)

// Patterns say which lines count. The zero value counts every SQLSTATE that is
// an error; what is added can only make more lines count.
type Patterns struct {
	words []string
	regex []*regexp.Regexp
}

// NewPatterns reads the sqlstates of belay.toml: a SQLSTATE, which is counted
// anyway and then judged as a migration's own, or /a regular expression/ for
// lines that name none.
func NewPatterns(words []string) (Patterns, error) {
	p := Patterns{words: slices.Clone(words)}
	for _, w := range words {
		if sqlstate.Valid(w) {
			continue
		}
		body, ok := strings.CutPrefix(w, "/")
		if body, ok = cutSuffix(body, "/", ok); !ok {
			return p, fmt.Errorf("%q is neither a SQLSTATE such as 42703 nor a /regular expression/", w)
		}
		r, err := regexp.Compile(body)
		if err != nil {
			return p, fmt.Errorf("%q: %w", w, err)
		}
		p.regex = append(p.regex, r)
	}
	return p, nil
}

func cutSuffix(s, suffix string, ok bool) (string, bool) {
	cut, there := strings.CutSuffix(s, suffix)
	return cut, ok && there && cut != ""
}

// Asked reports whether a code or a pattern was asked for by name.
func (p Patterns) Asked(code string) bool { return slices.Contains(p.words, code) }

func (p Patterns) same(o Patterns) bool { return slices.Equal(p.words, o.words) }

func (p Patterns) in(line string) (sqlstate.Found, bool) {
	if f, ok := sqlstate.In(line); ok {
		return f, true
	}
	for _, r := range p.regex {
		if r.MatchString(line) {
			return sqlstate.Found{Code: "/" + r.String() + "/"}, true
		}
	}
	return sqlstate.Found{}, false
}

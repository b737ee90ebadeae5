// Package pattern has regular expressions that are compiled when they are first used: there
// are hundreds, a command needs few of them, and compiling all took a third of the time
// until its first word.
package pattern

import (
	"regexp"
	"sync"
)

// Pattern is a regular expression of package regexp, for a package's variables. It may be
// used by several goroutines.
type Pattern struct {
	text     string
	compiled func() *regexp.Regexp
}

// New is the pattern of a text that is known to be right: the first use of a wrong one
// panics. TestPatterns compiles each that the packages of the program have made.
func New(text string) *Pattern {
	p := &Pattern{text: text}
	p.compiled = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(p.text) })
	mu.Lock()
	defer mu.Unlock()
	all = append(all, p)
	return p
}

var (
	mu  sync.Mutex
	all []*Pattern
)

// CompileAll compiles each pattern that was made so far, and panics at a wrong one. It says
// how many there are.
func CompileAll() int {
	mu.Lock()
	defer mu.Unlock()
	for _, p := range all {
		p.compiled()
	}
	return len(all)
}

// String is the pattern's text.
func (p *Pattern) String() string { return p.text }

// Match is that of regexp.Regexp.
func (p *Pattern) Match(b []byte) bool { return p.compiled().Match(b) }

// MatchString is that of regexp.Regexp.
func (p *Pattern) MatchString(s string) bool { return p.compiled().MatchString(s) }

// Find is that of regexp.Regexp.
func (p *Pattern) Find(b []byte) []byte { return p.compiled().Find(b) }

// FindString is that of regexp.Regexp.
func (p *Pattern) FindString(s string) string { return p.compiled().FindString(s) }

// FindStringIndex is that of regexp.Regexp.
func (p *Pattern) FindStringIndex(s string) []int { return p.compiled().FindStringIndex(s) }

// FindStringSubmatch is that of regexp.Regexp.
func (p *Pattern) FindStringSubmatch(s string) []string { return p.compiled().FindStringSubmatch(s) }

// FindAllString is that of regexp.Regexp.
func (p *Pattern) FindAllString(s string, n int) []string { return p.compiled().FindAllString(s, n) }

// FindAllStringIndex is that of regexp.Regexp.
func (p *Pattern) FindAllStringIndex(s string, n int) [][]int {
	return p.compiled().FindAllStringIndex(s, n)
}

// FindAllStringSubmatch is that of regexp.Regexp.
func (p *Pattern) FindAllStringSubmatch(s string, n int) [][]string {
	return p.compiled().FindAllStringSubmatch(s, n)
}

// FindAllStringSubmatchIndex is that of regexp.Regexp.
func (p *Pattern) FindAllStringSubmatchIndex(s string, n int) [][]int {
	return p.compiled().FindAllStringSubmatchIndex(s, n)
}

// FindIndex is that of regexp.Regexp.
func (p *Pattern) FindIndex(b []byte) []int { return p.compiled().FindIndex(b) }

// FindSubmatch is that of regexp.Regexp.
func (p *Pattern) FindSubmatch(b []byte) [][]byte { return p.compiled().FindSubmatch(b) }

// FindAll is that of regexp.Regexp.
func (p *Pattern) FindAll(b []byte, n int) [][]byte { return p.compiled().FindAll(b, n) }

// FindAllIndex is that of regexp.Regexp.
func (p *Pattern) FindAllIndex(b []byte, n int) [][]int { return p.compiled().FindAllIndex(b, n) }

// FindAllSubmatch is that of regexp.Regexp.
func (p *Pattern) FindAllSubmatch(b []byte, n int) [][][]byte {
	return p.compiled().FindAllSubmatch(b, n)
}

// FindAllSubmatchIndex is that of regexp.Regexp.
func (p *Pattern) FindAllSubmatchIndex(b []byte, n int) [][]int {
	return p.compiled().FindAllSubmatchIndex(b, n)
}

// ReplaceAll is that of regexp.Regexp.
func (p *Pattern) ReplaceAll(src, repl []byte) []byte { return p.compiled().ReplaceAll(src, repl) }

// ReplaceAllString is that of regexp.Regexp.
func (p *Pattern) ReplaceAllString(src, repl string) string {
	return p.compiled().ReplaceAllString(src, repl)
}

// ReplaceAllStringFunc is that of regexp.Regexp.
func (p *Pattern) ReplaceAllStringFunc(src string, repl func(string) string) string {
	return p.compiled().ReplaceAllStringFunc(src, repl)
}

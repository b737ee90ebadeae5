package parse

import "strings"

// shim rewrites the syntax of PostgreSQL 18 in one statement into what the
// parser's grammar of 17 accepts, and keeps what was rewritten. It is tried
// only on what the parser refused.
type shim struct {
	src      []byte
	tokens   []token
	depth    []int // parentheses open before the token
	opener   []int // index of the innermost open parenthesis, -1 outside
	elements int   // the depth at which table elements stand, -1 where there are none
	edits    []edit
	features []Feature
	fixes    []fix
}

// edit replaces the bytes from start to end by text.
type edit struct {
	start, end int
	text       string
}

// shimRules each look at the tokens from i on. The first that knows them returns how
// many it took; 0 means that it does not know them.
var shimRules = []func(s *shim, i int) int{
	(*shim).generated, (*shim).tableNotNull, (*shim).columnNotNullNoInherit, (*shim).enforced,
	(*shim).alterInherit, (*shim).withoutOverlaps, (*shim).period, (*shim).returningWith, (*shim).vacuumOnly,
	(*shim).largeObjects,
}

// newShim reads sql; ok is false where nothing of 18 was found in it.
func newShim(sql string) (s *shim, ok bool) {
	s = &shim{src: []byte(sql)}
	s.scan()
	s.elements = s.elementDepth()
	for i := 0; i < len(s.tokens); {
		i += s.apply(i)
	}
	return s, len(s.edits) > 0
}

func (s *shim) apply(i int) int {
	for _, rule := range shimRules {
		if n := rule(s, i); n > 0 {
			return n
		}
	}
	return 1
}

func (s *shim) scan() {
	sc := scanner{src: s.src}
	var open []int
	for t, ok := sc.next(); ok; t, ok = sc.next() {
		if t.kind == lineComment || t.kind == blockComment {
			continue
		}
		if t.isSymbol(s.src, ')') && len(open) > 0 {
			open = open[:len(open)-1]
		}
		s.tokens = append(s.tokens, t)
		s.depth = append(s.depth, len(open))
		s.opener = append(s.opener, last(open))
		if t.isSymbol(s.src, '(') {
			open = append(open, len(s.tokens)-1)
		}
	}
}

func last(open []int) int {
	if len(open) == 0 {
		return -1
	}
	return open[len(open)-1]
}

func (s *shim) elementDepth() int {
	switch {
	case s.words(0, "create"):
		return 1
	case s.words(0, "alter"):
		return 0
	}
	return -1
}

// words says whether the tokens from i on are these; a name of one sign is
// that symbol.
func (s *shim) words(i int, names ...string) bool {
	for n, name := range names {
		if i+n < 0 || i+n >= len(s.tokens) {
			return false
		}
		t := s.tokens[i+n]
		if !t.is(s.src, name) && (len(name) != 1 || !t.isSymbol(s.src, name[0])) {
			return false
		}
	}
	return true
}

func (s *shim) isName(i int) bool {
	return i >= 0 && i < len(s.tokens) && (s.tokens[i].kind == quotedName ||
		s.tokens[i].kind == word && !isDigit(s.src[s.tokens[i].start]))
}

// atElement says whether the token stands where table constraints and the
// attributes of constraints do, and not inside an expression.
func (s *shim) atElement(i int) bool { return s.elements >= 0 && s.depth[i] == s.elements }

// closing is the index of the parenthesis that closes the one at i, -1 if none.
func (s *shim) closing(i int) int {
	for j := i + 1; j < len(s.tokens); j++ {
		if s.depth[j] == s.depth[i] && s.tokens[j].isSymbol(s.src, ')') {
			return j
		}
	}
	return -1
}

// replace puts text in the place of the tokens from i to j.
func (s *shim) replace(i, j int, text string) {
	s.edits = append(s.edits, edit{s.tokens[i].start, s.tokens[j].end, text})
}

// blank takes out the tokens from i to j.
func (s *shim) blank(i, j int) {
	s.replace(i, j, blanks(s.tokens[j].end-s.tokens[i].start))
}

func blanks(n int) string { return strings.Repeat(" ", n) }

func (s *shim) found(name FeatureName, i int) {
	s.features = append(s.features, Feature{Name: name, Offset: s.tokens[i].start, Node: s.tokens[i].start})
}

// text is the statement as the grammar of 17 reads it.
func (s *shim) text() string {
	var b strings.Builder
	done := 0
	for _, e := range s.edits {
		b.Write(s.src[done:e.start])
		b.WriteString(e.text)
		done = e.end
	}
	b.Write(s.src[done:])
	return b.String()
}

// original turns a byte offset into text() into one into the statement. What
// an edit put in maps to where the edit stands.
func (s *shim) original(off int) int {
	shift := 0 // by how much text() is ahead of the statement
	for _, e := range s.edits {
		begin := e.start + shift
		if off < begin {
			break
		}
		if off < begin+len(e.text) {
			return min(e.start+off-begin, max(e.start, e.end-1))
		}
		shift += len(e.text) - (e.end - e.start)
	}
	return off - shift
}

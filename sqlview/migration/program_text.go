package migration

import (
	"bytes"
	"strings"

	"belay/sqlview/pattern"
)

// literal is a text in a program: the bytes from..to are its content, and the code goes
// on at next.
type literal struct {
	at, from, to, next int
	// raw is true where a backslash is a backslash; open where its value is made when
	// the program runs.
	raw, open bool
}

// code is a program without what is no code: comments and the contents of texts are
// blank in bare, which has every other byte at its place.
type code struct {
	whole, bare []byte
	literals    map[int]literal // by the byte at which they begin
	// lost is where a text begins that has no end: from there on nobody can tell code
	// from text, and bare is blank. -1 = nowhere.
	lost int
}

// scan takes a program apart: only as far as it takes to tell code from texts and
// comments. Its time grows with the program's length alone.
func (l *language) scan(whole []byte) code {
	c := code{whole: whole, bare: bytes.Clone(whole), literals: map[int]literal{}, lost: -1}
	var heres []literal // the heredocs of this line, whose contents begin on the next
	deaf := map[string]int{}
	for i := 0; i < len(whole); {
		rest := whole[i:]
		if rest[0] == '\n' && len(heres) > 0 {
			i = c.heredoc(heres, i+1)
			heres = nil
			continue
		}
		if n := l.comment(rest); n > 0 {
			c.blank(i, i+n)
			i += n
			continue
		}
		if n := l.beginsHeredoc(rest); n > 0 {
			heres = append(heres, literal{at: i, next: i + n, open: len(heres) > 0})
			i += n
			continue
		}
		t, found := l.text(whole, i, deaf)
		switch {
		case found && t.next == 0:
			c.lost = i
			c.blank(i, len(whole))
			return c
		case found:
			c.literals[i] = t
			c.blank(t.from, t.to)
			i = t.next
		default:
			i++
		}
	}
	return c
}

// beginsHeredoc is the length of what begins a heredoc here; 0 = nothing does.
func (l *language) beginsHeredoc(rest []byte) int {
	if l.heredoc == nil || rest[0] != '<' {
		return 0
	}
	return len(l.heredoc.Find(rest))
}

func (c *code) blank(from, to int) {
	for i := from; i < to; i++ {
		if c.bare[i] != '\n' {
			c.bare[i] = ' '
		}
	}
}

var heredocTag = pattern.New(`[A-Z_]+`)

// heredoc reads the contents of a line's first heredoc, from byte at, and returns where
// the code goes on. A second one of the same line is not read.
func (c *code) heredoc(heres []literal, at int) int {
	for _, h := range heres {
		tag := string(heredocTag.Find(c.whole[h.at:h.next]))
		h.from, h.to = at, len(c.whole)
		end := len(c.whole)
		for i := at; i < len(c.whole); {
			line, _, _ := bytes.Cut(c.whole[i:], []byte("\n"))
			if strings.TrimSpace(string(line)) == tag {
				h.to, end = i, i+len(line)
				break
			}
			i += len(line) + 1
		}
		h.to, end = min(h.to, len(c.whole)), min(end, len(c.whole))
		h.open = h.open || bytes.Contains(c.whole[h.from:h.to], []byte("#{"))
		c.literals[h.at] = h
		c.blank(h.from, end)
		at = min(end+1, len(c.whole))
	}
	return at
}

// comment is the length of a comment that begins here; 0 = none does.
func (l *language) comment(rest []byte) int {
	for _, begin := range l.comments {
		if !bytes.HasPrefix(rest, []byte(begin)) {
			continue
		}
		if begin == "/*" {
			if end := bytes.Index(rest, []byte("*/")); end >= 0 {
				return end + 2
			}
			return len(rest)
		}
		if end := bytes.IndexByte(rest, '\n'); end >= 0 {
			return end
		}
		return len(rest)
	}
	return 0
}

// text is the text that begins at a byte; next 0 = it has no end. deaf is, by quotation
// mark, the end of a line in which one began no text: no later one of it is looked at,
// or a long line would be read once for each.
func (l *language) text(whole []byte, at int, deaf map[string]int) (t literal, ok bool) {
	for _, q := range l.quotes {
		if at < deaf[q] || !bytes.HasPrefix(whole[at:], []byte(q)) {
			continue
		}
		t = literal{at: at, from: at + len(q)}
		inLine := len(q) == 1 && q != "`" && !l.longTexts
		to, ended := l.textEnd(whole, t.from, q, inLine)
		switch {
		case ended:
			t.to, t.next = to, to+len(q)
		case inLine:
			deaf[q] = to
			return t, false // no text: a quotation mark in something else
		default:
			return t, true
		}
		prefix, insert, body := l.prefix(whole, at), l.inserts[q], whole[t.from:t.to]
		t.raw = strings.ContainsAny(prefix, "rR") || l.rawTexts && q == "`"
		t.open = strings.ContainsAny(prefix, "fF") && bytes.ContainsAny(body, "{") ||
			insert != "" && bytes.Contains(body, []byte(insert))
		return t, true
	}
	return t, false
}

// textEnd is where the closing quotation mark of a text stands, or where the looking
// for it ended.
func (l *language) textEnd(whole []byte, from int, q string, inLine bool) (at int, ended bool) {
	quote, insert := []byte(q), []byte(l.inserts[q])
	for i, depth := from, 0; i < len(whole); i++ {
		switch {
		case len(insert) > 0 && bytes.HasPrefix(whole[i:], insert):
			depth++
		case depth > 0 && whole[i] == '}':
			depth--
		case depth > 0: // code within the text, which may have texts of its own
		case bytes.HasPrefix(whole[i:], quote):
			return i, true
		case whole[i] == '\\' && i+1 < len(whole):
			i++
		case whole[i] == '\n' && inLine:
			return i, false
		}
	}
	return len(whole), false
}

// prefix are the letters before a quotation mark that belong to it.
func (l *language) prefix(whole []byte, at int) string {
	from := at
	for l.prefixes && from > 0 && strings.IndexByte("rRbBuUfF", whole[from-1]) >= 0 {
		from--
	}
	if from > 0 && wordByte(whole[from-1]) {
		return ""
	}
	return string(whole[from:at])
}

// value is what a literal means. ok is false where it has escapes that are not known.
func (c *code) value(t literal) (text []byte, ok bool) {
	body := c.whole[t.from:t.to]
	if t.raw || !bytes.ContainsRune(body, '\\') {
		return body, true
	}
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' || i+1 == len(body) {
			text = append(text, body[i])
			continue
		}
		i++
		switch body[i] {
		case '\'', '"', '`', '\\':
			text = append(text, body[i])
		case 'n', 't', 'r':
			text = append(text, ' ')
		case '\n':
			text = append(text, '\n')
		default:
			return nil, false
		}
	}
	return text, true
}

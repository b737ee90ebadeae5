package migration

import (
	"bytes"

	"belay/sqlview/pattern"
)

// reading is the SQL of a program as far as it was read.
type reading struct {
	*code
	back [][2]int
	// sql has the texts at their own places, up to byte end; calls those that stand there
	// out of their order, at the places where they are sent.
	sql   []byte
	end   int
	calls []sentText
	names map[string]*name
}

// sentText is a text that is sent at a byte.
type sentText struct {
	at  int
	sql []byte
}

// chain is a text of one part or of several that are joined; the code goes on at next.
type chain struct {
	parts []literal
	whole []byte
	next  int
}

// send reads the first argument of a call: a text, or the name of one. false = it is not
// all there to read.
func (r *reading) send(call, at int) bool {
	t, ok := r.chainAt(at)
	if !ok {
		if t, ok = r.constantAt(at); !ok {
			return false
		}
	}
	after := r.bare[t.next:]
	after = bytes.TrimLeft(after[len(shaped.Find(after)):], " \t\r")
	behind := bytes.TrimLeft(after, "\n) \t\r")
	given := len(behind) > 0 && bytes.IndexByte([]byte(",."), behind[0]) >= 0
	return ends(after, "\n),;}") && !(given && bound.Match(t.whole)) && r.put(call, t)
}

// ends reports whether a text is over where after begins: nothing is done to it there, nor
// on the next line.
func ends(after []byte, by string) bool {
	if len(after) > 0 && bytes.IndexByte([]byte(by), after[0]) < 0 {
		return false
	}
	next := bytes.TrimLeft(after, " \t\r\n")
	return len(next) == 0 || bytes.IndexByte([]byte("+.%<"), next[0]) < 0
}

// chainAt reads the text that begins at a byte, with what is joined to it.
func (c *code) chainAt(at int) (t chain, ok bool) {
	for {
		part, there := c.literals[at]
		if !there {
			break
		}
		t.parts, t.next = append(t.parts, part), part.next
		at = part.next + len(joined.Find(c.bare[part.next:]))
	}
	for _, part := range t.parts {
		text, known := c.value(part)
		if !known || part.open ||
			len(t.whole) > 0 && len(text) > 0 && wordByte(t.whole[len(t.whole)-1]) && wordByte(text[0]) {
			return t, false
		}
		t.whole = append(t.whole, text...)
	}
	// What would follow a comment at the end would be part of it.
	ending := t.whole[bytes.LastIndexByte(t.whole, '\n')+1:]
	return t, len(bytes.TrimSpace(t.whole)) > 0 && !bytes.Contains(ending, []byte("--"))
}

// put writes a text where it stands, as long as the texts are sent in that order; else
// where it is sent, in one line.
func (r *reading) put(call int, t chain) bool {
	first, last := t.parts[0], t.parts[len(t.parts)-1]
	if first.from < r.end || len(r.calls) > 0 && first.from < r.calls[len(r.calls)-1].at {
		flat, ok := inOneLine(t.whole)
		if !ok || call < r.end {
			return false
		}
		r.calls = append(r.calls, sentText{at: call, sql: append(flat, ';')})
		return true
	}
	for _, part := range t.parts {
		text, _ := r.value(part)
		copy(r.sql[part.from:part.to], bytes.Repeat([]byte(" "), part.to-part.from))
		copy(r.sql[part.from:part.to], text)
	}
	r.end = last.to
	if last.to < len(r.sql) {
		r.sql[last.to], r.end = ';', last.to+1
	}
	return true
}

// text is all that was read.
func (r *reading) text() []byte {
	if len(r.calls) == 0 {
		return r.sql
	}
	var all []byte
	from := 0
	for _, c := range r.calls {
		all = append(append(all, r.sql[from:c.at]...), c.sql...)
		from = c.at
	}
	return append(all, r.sql[from:]...)
}

// notInOneLine is what a line end may be a part of.
var notInOneLine = pattern.New(`--|/\*|\$|'[^']*\n|"[^"]*\n`)

// inOneLine has blanks for line ends, where these mean nothing else.
func inOneLine(sql []byte) ([]byte, bool) {
	if !bytes.Contains(sql, []byte("\n")) {
		return bytes.Clone(sql), true
	}
	return bytes.ReplaceAll(sql, []byte("\n"), []byte(" ")), !notInOneLine.Match(sql)
}

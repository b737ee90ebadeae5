package migration

import (
	"bytes"

	"belay/sqlview/pattern"
)

// name is what a program does with one of its names.
type name struct {
	// texts are the places where it becomes a text that can be read.
	texts []definition
	// other is true where anything else is done with it: then nobody can tell what it is.
	other bool
	// Of several texts: the one before the last call that was looked at, how far the lines
	// behind it were read, and whether its block has ended there.
	current, seen int
	left          bool
}

type definition struct {
	at, indentation int
	text            chain
}

var (
	nameAt = pattern.New(`^@?[A-Za-z_]\w*`)
	names  = pattern.New(`@?[A-Za-z_]\w*`)
	// defines stands before a name that is given a text, on its line.
	defines = pattern.New(`^[ \t]*(?:(?:export[ \t]+)?(?:const|let|var)[ \t]+)?$`)
	// becomes stands behind it, up to the text.
	becomes = pattern.New(`^(?:[ \t]*:[ \t]*[\w.\[\]]+|[ \t]+string)?[ \t]*:?=[ \t]*(?:sql)?` +
		`(?:(?:\w+\.)?(?:text|dedent|cleandoc)\([ \t]*|\(\s*)?[rRbBuUfF]{0,2}`)
	attribute = pattern.New(`^[ \t]+`)
	member    = pattern.New(`^\.[A-Z]`)
	tagBefore = pattern.New(`<<[~-]?['"]?$`)
	// handedBy stands before a name that is only handed over.
	handedBy = pattern.New(`(?:\(|\b(?:execute|exec_query|exec_update)|\bctx,|\(\),|\b(?:sql|query)=|^)$`)
	// A name in the brackets of a function is another one.
	takenBefore = pattern.New(`\b(?:function|def|defp|func)\b[^()]*\($`)
	takenBehind = pattern.New(`^[^()\n]*\)[ \t]*(?:=>|\{|:)`)
)

// nearby is how far around a name is looked at what is done with it.
const nearby = 200

// constantAt reads the text of the constant or variable whose name alone stands at a byte.
func (r *reading) constantAt(at int) (t chain, ok bool) {
	for at > 0 && wordByte(r.bare[at-1]) {
		at-- // a letter that might have stood before a text
	}
	spelled := nameAt.Find(r.bare[at:])
	if spelled == nil {
		return t, false
	}
	if r.names == nil {
		r.readNames()
	}
	n := r.names[string(spelled)]
	if n == nil || n.other || len(n.texts) == 0 {
		return t, false
	}
	d := n.texts[0]
	if len(n.texts) > 1 {
		if d, ok = r.latest(n, at); !ok {
			return t, false
		}
	}
	t = d.text
	t.next = at + len(spelled)
	return t, true
}

// latest is the text that a name was given last before a call, in the block of the call or
// in one around it.
func (r *reading) latest(n *name, call int) (definition, bool) {
	for n.current+1 < len(n.texts) && n.texts[n.current+1].at < call {
		n.current++
		n.seen, n.left = 0, false
	}
	d := n.texts[n.current]
	if d.at > call {
		return d, false
	}
	for at := max(n.seen, d.text.next); at < call && !n.left; {
		end := bytes.IndexByte(r.bare[at:], '\n') + 1
		if end == 0 {
			break
		}
		at += end
		line, _, _ := bytes.Cut(r.bare[at:], []byte("\n"))
		n.left = len(bytes.TrimSpace(line)) > 0 && indentation(line) < d.indentation
		n.seen = at
	}
	return d, !n.left
}

// readNames finds, on the way there, what every name of the program becomes.
func (r *reading) readNames() {
	r.names = map[string]*name{}
	back := r.back
	line, seen := 0, 0
	for _, at := range names.FindAllIndex(r.bare, -1) {
		for len(back) > 0 && back[0][1] <= at[0] {
			back = back[1:]
		}
		if len(back) > 0 && back[0][0] <= at[0] {
			continue
		}
		if i := bytes.LastIndexByte(r.bare[seen:at[0]], '\n'); i >= 0 {
			line = seen + i + 1
		}
		seen = at[0]
		spelled := string(r.bare[at[0]:at[1]])
		n := r.names[spelled]
		if n == nil {
			n = &name{}
			r.names[spelled] = n
		}
		r.use(n, line, at)
	}
}

// use says what one place does with a name: give it a text, hand it over, or something else.
func (r *reading) use(n *name, line int, at []int) {
	before, behind := r.bare[max(line, at[0]-nearby):at[0]], r.bare[at[1]:min(at[1]+nearby, len(r.bare))]
	if d, ok := r.definition(before, behind, at); ok {
		n.texts = append(n.texts, d)
		return
	}
	if tagBefore.Match(before[max(0, len(before)-4):]) || member.Match(behind) {
		return // the tag of a heredoc, or a package
	}
	after := bytes.TrimLeft(behind[len(shaped.Find(behind)):], " \t\r")
	before = bytes.TrimSpace(before)
	alone := len(after) == 0 || bytes.IndexByte([]byte("\n),;"), after[0]) >= 0
	n.other = n.other || !alone || !handedBy.Match(before) || takenBefore.Match(before) || takenBehind.Match(behind)
}

func (r *reading) definition(before, behind []byte, at []int) (d definition, ok bool) {
	if !defines.Match(before) {
		return d, false
	}
	opening := becomes.Find(behind)
	if opening == nil && r.bare[at[0]] == '@' {
		opening = attribute.Find(behind)
	}
	if opening == nil {
		return d, false
	}
	d = definition{at: at[0], indentation: indentation(before)}
	if d.text, ok = r.chainAt(at[1] + len(opening)); !ok {
		return d, false
	}
	after := r.bare[d.text.next:]
	for range bytes.Count(opening, []byte("(")) {
		after = bytes.TrimPrefix(bytes.TrimLeft(after, " \t\r\n,"), []byte(")"))
	}
	after = bytes.TrimLeft(after[len(shaped.Find(after)):], " \t\r")
	return d, ends(after, "\n;")
}

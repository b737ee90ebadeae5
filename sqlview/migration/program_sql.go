package migration

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"belay/sqlview/pattern"
)

// Spot is a place of a program whose SQL nobody can read.
type Spot struct {
	Line int
	// Call is what is called there; Made is true where it takes SQL that is put together
	// when the program runs.
	Call string
	Made bool
}

// ProgramSQL reads the SQL that stands in a program as it is sent, such as in
// op.execute("…"), or in a constant that is sent: a text of the file's lines, in which
// all else is blank. What is sent in another order than it is written stands in the line
// of its call. unread are the places on the way there of which only the
// tool knows what they send. known is false for a language that belay does not read.
func (f File) ProgramSQL() (sql []byte, unread []Spot, known bool) {
	l := languages[path.Ext(f.Path)]
	if l == nil {
		return nil, nil, false
	}
	c := l.scan(f.Whole)
	back := l.wayBack(c)
	r := reading{code: &c, back: back, sql: blanked(f.Whole)}
	line, counted := 1, 0
	lineOf := func(at int) int {
		line, counted = line+bytes.Count(f.Whole[counted:at], []byte("\n")), at
		return line
	}
	for _, at := range l.calls.FindAllSubmatchIndex(c.bare, -1) {
		for len(back) > 0 && back[0][1] <= at[0] {
			back = back[1:]
		}
		if len(back) > 0 && back[0][0] <= at[0] {
			continue
		}
		name := strings.Trim(string(c.bare[at[2]:at[3]]), ". \t\n")
		if l.reads.MatchString(name) {
			continue
		}
		spot := Spot{Line: lineOf(at[2]), Call: name}
		switch takes := l.takesSQL.MatchString(name); {
		case takes && !r.send(at[2], at[1]):
			spot.Made = true
			unread = append(unread, spot)
		case !takes:
			unread = append(unread, spot)
		}
	}
	if c.lost >= 0 {
		unread = append(unread, Spot{Line: lineOf(c.lost), Call: "what follows a text without an end"})
	}
	return r.text(), unread, true
}

// blanked is a text of which only the ends of its lines are left.
func blanked(whole []byte) []byte { return alone(whole, 0, 0) }

var (
	// joined is what stands between two texts that are one.
	joined = pattern.New(`^\s*(?:\+|\\|<>)?\s*[rRbBuUfF]?`)
	// shaped is called on a text and changes blanks of its alone.
	shaped = pattern.New(`^\.(?:squish|strip|chomp|freeze|trim)(?:\(\))?`)
	// bound are places in SQL for values that are given apart.
	bound = pattern.New(`\?|%s|%\(|\$[0-9]|\{\w|(?:^|[^:]):[a-zA-Z_]`)
)

// wayBack are the parts of a program that take it back, in their order; none reaches
// into another.
func (l *language) wayBack(c code) (all [][2]int) {
	ups := l.up.FindAllIndex(c.bare, -1)
	var line []byte // that of the last way back, which begins at byte begin
	begin, end := 0, 0
	for _, at := range l.down.FindAllIndex(c.bare, -1) {
		if at[0] < end {
			continue // within the last one, and it ends no later: its lines are indented more
		}
		if at[0] >= begin+len(line) {
			begin = bytes.LastIndexByte(c.bare[:at[0]], '\n') + 1
			line, _, _ = bytes.Cut(c.bare[begin:], []byte("\n"))
		}
		for len(ups) > 0 && ups[0][0] < at[1] {
			ups = ups[1:]
		}
		end = len(c.bare)
		if len(ups) > 0 {
			end = ups[0][0]
		}
		if l.indented {
			end = blockEnd(c.bare[:end], begin+len(line)+1, indentation(line))
		}
		all = append(all, [2]int{at[0], end})
	}
	return all
}

func indentation(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " \t")) }

// blockEnd is where a block ends whose second line begins at a byte: at the next line
// that is not indented more than its first.
func blockEnd(bare []byte, at, first int) int {
	for at < len(bare) {
		line, _, _ := bytes.Cut(bare[at:], []byte("\n"))
		if len(bytes.TrimSpace(line)) > 0 && indentation(line) <= first {
			return at
		}
		at += len(line) + 1
	}
	return len(bare)
}

// UnreadText says of a program which of its SQL is not known. "" = all that was found in
// it was read. tool is what the team calls the tool.
func UnreadText(f File, unread []Spot, known bool, tool string) string {
	switch {
	case !known:
		return "A program (" + path.Ext(f.Path) + "): which SQL it sends only " + tool + " knows."
	case len(unread) == 0:
		return ""
	}
	var calls, made []string
	for _, s := range unread {
		text := fmt.Sprintf("%s in line %d", s.Call, s.Line)
		if s.Made {
			made = append(made, text)
		} else {
			calls = append(calls, text)
		}
	}
	var parts []string
	if len(calls) > 0 {
		parts = append(parts, "only "+tool+" knows which SQL comes of "+few(calls))
	}
	if len(made) > 0 {
		parts = append(parts, "SQL is put together when it runs by "+few(made))
	}
	return "A program: " + strings.Join(parts, "; ") + "."
}

// few names at most five.
func few(all []string) string {
	const most = 5
	if len(all) <= most {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:most], ", "), len(all)-most)
}

package screen

import (
	"fmt"
	"path"
	"strings"
	"time"

	"belay/steps/state"
	"belay/tui/look"
)

// Card is one statement with everything known about it.
var Card = Screen{
	Name:  "card",
	Title: "statement",
	Over:  true,
	Doc:   reviewDoc,
	Keys:  []Hint{{Down, "scroll"}, {Accept, ""}, {Rewrite, ""}, {Copy, "copy SQL"}, {WhoWaits, ""}},
	Panels: func(p page) []look.Panel {
		it, ok := p.local.Reviewed()
		if !ok {
			return nil
		}
		f := p.f.Review.Result.Files[it.File]
		return []look.Panel{{Name: "card", Title: path.Base(f.Path), State: p.verdict(f.Hazards, f.Statements),
			Focus: true, Grow: true, Lines: func(w int) []string {
				return p.cardLines(it, w)
			}}}
	},
	Copy: func(_ *state.Run, l Local, _ time.Time) string { return selectedSQL(l) },
}

func (p page) cardLines(it Item, w int) []string {
	f := p.f.Review.Result.Files[it.File]
	var out []string
	if it.Statement >= 0 && it.Statement < len(f.Statements) {
		s := f.Statements[it.Statement]
		out = append(p.source(s.SQL, s.Line, w), "")
		out = append(out, p.statementRows(s, w)...)
	}
	for _, h := range f.Hazards {
		if h.Statement == it.Statement {
			out = append(out, "")
			out = append(out, p.hazard(Hazard{Finding: h, Path: f.Path}, w, true)...)
		}
	}
	return out
}

// source draws SQL with its line numbers, long lines wrapped and nothing left out.
func (p page) source(sql string, first, w int) []string {
	const maxLines = 2000
	tokens := p.tokens(sql)
	lines := look.Source(strings.TrimRight(sql, "\n"), first)
	digits := max(2, len(itoa(first+len(lines)-1)))
	var out []string
	for i, l := range lines {
		if i == maxLines {
			return append(out, p.Plain(p.Marks.Ellipsis+" the rest is in the file"))
		}
		head := fmt.Sprintf("%*d  ", digits, l.Number)
		for n, part := range look.Wrap(p.Code(l, tokens), w-len(head)) {
			if n > 0 {
				head = strings.Repeat(" ", len(head))
			}
			out = append(out, head+part)
		}
	}
	return out
}

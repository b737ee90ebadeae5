package screen

import (
	"path"

	"belay/tui/theme"
	"belay/tui/view"
)

// Card is one statement with everything known about it.
var Card = Screen{
	Name:  "card",
	Title: "statement",
	Over:  true,
	Doc:   Review.Doc,
	Keys:  []Hint{{Down, "scroll"}, {Accept, ""}, {Copy, "copy SQL"}, {WhoWaits, ""}},
	View:  draw("card", cardBody),
}

func cardBody(p page) []view.Block {
	it, ok := p.local.Reviewed()
	if !ok {
		return nil
	}
	f := p.f.Review.Result.Files[it.File]
	lines := []view.Line{view.L(view.S(theme.Strong, " "+view.Middle(path.Base(f.Path), p.w-20)))}
	if it.Statement >= 0 && it.Statement < len(f.Statements) {
		s := f.Statements[it.Statement]
		lines = append(lines, wrapped(p, s.SQL, s.Line)...)
		lines = append(lines, view.Line{})
		lines = append(lines, statementLines(s, p.w)...)
	}
	for _, h := range f.Hazards {
		if h.Statement == it.Statement {
			x := Hazard{Finding: h, Path: f.Path}
			lines = append(lines, view.Line{}, hazardHead(x, ""))
			lines = append(lines, hazardLines(p.f.Review, x, p.w)...)
		}
	}
	return []view.Block{p.scrolled("card", lines)}
}

// wrapped draws SQL with its line numbers, long lines wrapped and nothing left out.
func wrapped(p page, sql string, first int) []view.Line {
	const maxLines = 2000
	var out []view.Line
	tokens := p.tokens(sql)
	for i, l := range view.Source(sql, first) {
		if i == maxLines {
			return append(out, view.Text(" … the rest is in the file"))
		}
		if view.Width(l.Text) <= p.w-p.f.Sheet.Digits-5 {
			out = append(out, view.Numbered(l.Number, p.f.Sheet.Digits, view.Code(l, tokens), "  "))
			continue
		}
		for n, part := range view.Wrap(l.Text, p.w-p.f.Sheet.Digits-5, 4) {
			if n == 0 {
				out = append(out, view.Numbered(l.Number, p.f.Sheet.Digits, []view.Span{view.T(part)}, "  "))
				continue
			}
			out = append(out, view.Text(view.Pad("", p.f.Sheet.Digits+4)+part))
		}
	}
	return out
}

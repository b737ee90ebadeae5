package screen

import (
	"belay/tui/theme"
	"belay/tui/view"
)

// SQL is the exact text that would run, file after file.
var SQL = Screen{
	Name:  "sql",
	Title: "SQL",
	Over:  true,
	Doc:   Review.Doc,
	Keys:  []Hint{{Down, "scroll"}, {Copy, "copy"}},
	View:  draw("sql", sqlBody),
}

// sqlBody draws only the rows that are seen, and those wrapped.
func sqlBody(p page) []view.Block {
	rows := p.f.Sheet.Rows
	from := clamp(p.local.Scroll["sql"], len(rows))
	var out []view.Line
	for i := from; i < len(rows) && len(out) < p.h; i++ {
		r := rows[i]
		if r.Statement < 0 {
			out = append(out, view.L(view.S(theme.Strong, " "+p.f.Review.Result.Files[r.File].Path)))
			continue
		}
		out = append(out, wrappedRow(p, r)...)
	}
	return []view.Block{{Lines: out[:min(len(out), p.h)], Fill: true}}
}

func wrappedRow(p page, r Row) []view.Line {
	d := p.f.Sheet.Digits
	if view.Width(r.Text) <= p.w-d-5 {
		sql := p.f.Review.Result.Files[r.File].Statements[r.Statement].SQL
		return []view.Line{view.Numbered(r.Number, d, view.Code(r.SourceLine, p.tokens(sql)), "  ")}
	}
	var out []view.Line
	for n, part := range view.Wrap(r.Text, p.w-d-5, 4) {
		if n == 0 {
			out = append(out, view.Numbered(r.Number, d, []view.Span{view.T(part)}, "  "))
			continue
		}
		out = append(out, view.Text(view.Pad("", d+4)+part))
	}
	return out
}

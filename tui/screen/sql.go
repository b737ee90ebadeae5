package screen

import (
	"strings"
	"time"

	"belay/steps/state"
	"belay/tui/look"
)

// SQL is the exact text that would run, file after file.
var SQL = Screen{
	Name:   "sql",
	Title:  "SQL",
	Over:   true,
	Doc:    reviewDoc,
	Keys:   []Hint{{Down, "scroll"}, {PageDown, "a page"}, {Copy, "copy"}},
	Panels: func(p page) []look.Panel { return []look.Panel{p.allSQL()} },
	Copy: func(_ *state.Run, l Local, _ time.Time) string {
		if l.Facts.Review == nil {
			return ""
		}
		var all []string
		for _, file := range l.Facts.Review.Result.Files {
			for _, s := range file.Statements {
				all = append(all, s.SQL)
			}
		}
		return strings.Join(all, "\n") + "\n"
	},
}

// allSQL draws only the rows that are seen, and those wrapped.
func (p page) allSQL() look.Panel {
	rows := p.f.Sheet.Rows
	return look.Panel{
		Name: "sql", Title: "the exact SQL", Focus: true, Grow: true, Total: len(rows), Draw: func(w, h int) []string {
			from := clamp(p.local.Scroll["sql/sql"], max(len(rows)-h+1, 1))
			var out []string
			for i := from; i < len(rows) && len(out) < h; i++ {
				out = append(out, p.fullRow(rows[i], w)...)
			}
			return out[:min(len(out), h)]
		},
	}
}

func (p page) fullRow(r Row, w int) []string {
	if r.Statement < 0 {
		return []string{p.Text(look.Strong, p.f.Review.Result.Files[r.File].Path)}
	}
	sql := p.f.Review.Result.Files[r.File].Statements[r.Statement].SQL
	head := look.Pad("", p.f.Sheet.Digits-len(itoa(r.Number))) + itoa(r.Number) + "  "
	var out []string
	for _, part := range look.Wrap(p.Code(r.SourceLine, p.tokens(sql)), w-len(head)) {
		out = append(out, head+part)
		head = strings.Repeat(" ", len(head))
	}
	return out
}

// code draws at most n lines of a statement, wrapped; what has no room is said.
func (p page) code(sql string, w, n int) []string {
	if sql == "" {
		return nil
	}
	tokens := p.tokens(sql)
	var out []string
	for _, l := range look.Source(sql, 1) {
		line := p.Code(l, tokens)
		if look.Width(line) > w*(n+1) {
			line = p.Cut(line, w*(n+1)) // more of it is not seen
		}
		out = append(out, look.Wrap(line, w)...)
		if len(out) > n {
			rest := p.Plain(p.Marks.Ellipsis + " more")
			if cannotSQL(p.run, p.local) == "" {
				rest = p.Plain(p.Marks.Ellipsis+" more: ") + p.Text(look.Key, "s") + p.Plain(" shows all of it")
			}
			return append(out[:n-1], rest)
		}
	}
	return out
}

func (p page) tokens(sql string) []look.Token {
	if p.local.Tokens == nil {
		return nil
	}
	return p.local.Tokens(sql)
}

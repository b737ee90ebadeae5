package tui

import (
	tea "charm.land/bubbletea/v2"

	"belay/sqlview/lint/rules"
	"belay/tui/look"
	"belay/tui/screen"
)

// ruleDoc is the rule's own text.
func ruleDoc(id string) string {
	r, _ := rules.Find(id)
	return r.Doc
}

// colouredMsg brings the colours of a statement.
type colouredMsg struct {
	sql    string
	tokens []look.Token
}

// How much is coloured at once: a statement longer than maxColoured is shown
// without colours, and maxKept statements are remembered.
const (
	maxColoured = 64 << 10
	maxKept     = 400
	ahead       = 12
)

// colour starts colouring what is near the cursor and has no colours yet.
func (m *model) colour() tea.Cmd {
	if !m.colours {
		return nil
	}
	if len(m.tokens) > maxKept {
		m.tokens = map[string][]look.Token{}
	}
	var cmds []tea.Cmd
	for _, sql := range m.near() {
		if _, ok := m.tokens[sql]; ok || len(sql) > maxColoured {
			continue
		}
		m.tokens[sql] = nil
		lex := m.lex
		cmds = append(cmds, func() tea.Msg { return colouredMsg{sql, lex(sql)} })
	}
	return tea.Batch(cmds...)
}

// near are the statements that may be on the screen.
func (m *model) near() []string {
	f := m.local.Facts
	var out []string
	if f.Heart != nil && f.Heart.SQL != "" {
		out = append(out, f.Heart.SQL)
	}
	if u := m.run.InHand(); u != nil && u.SQL != "" {
		out = append(out, u.SQL)
	}
	if f.Plan != nil && m.local.Top() == "confirm" {
		for _, u := range f.Plan.Units[:min(len(f.Plan.Units), ahead)] {
			for _, s := range u.Statements[:min(len(u.Statements), ahead)] {
				out = append(out, s.SQL)
			}
		}
	}
	if d := m.local.Dialog; d != nil {
		out = append(out, d.Paper.Files[:min(len(d.Paper.Files), maxKept/2)]...)
	}
	out = append(out, screen.MendTexts(m.local)...)
	if f.Review == nil {
		return out
	}
	if r := screen.RewriteHere(m.local); r != nil && m.local.Top() == "rewrites" {
		return append(out, screen.RewriteTexts(m.local, *r)...)
	}
	rows := f.Sheet.Rows
	at := m.local.Scroll["sql/sql"]
	if m.local.Top() != "sql" {
		it, _ := m.local.Reviewed()
		at = it.Row - m.size.Height
	}
	last := [2]int{-1, -1}
	for i := max(at, 0); i < min(len(rows), max(at, 0)+2*m.size.Height+ahead); i++ {
		r := rows[i]
		if here := [2]int{r.File, r.Statement}; r.Statement >= 0 && here != last {
			last = here
			out = append(out, f.Review.Result.Files[r.File].Statements[r.Statement].SQL)
		}
	}
	return out
}

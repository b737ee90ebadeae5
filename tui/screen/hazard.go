package screen

import (
	"strings"

	"belay/sqlview"
	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/tui/look"
)

// Hazard is a finding with its file.
type Hazard struct {
	sqlview.Finding
	Path string
}

// label is a severity in reverse video.
func (p page) label(h sqlview.Finding) string {
	switch h.Level() {
	case lint.Stop:
		return p.Text(look.Stop, " STOP ")
	case lint.Warn:
		return p.Text(look.Warn, " WARN ")
	}
	return p.Text(look.Strong, h.Severity)
}

// hazard is what a hazard says: what happens, why, what instead, and whether somebody
// took it on.
func (p page) hazard(h Hazard, w int, why bool) []string {
	out := []string{p.Cut(p.label(h.Finding)+" "+p.Text(look.Strong, h.Rule)+"  "+p.Plain("line "+itoa(h.Line)), w)}
	out = append(out, p.Paragraph(look.Plain, h.Message, w, 0)...)
	if h.Why != "" && why {
		out = append(out, p.Row("why", p.Plain(h.Why), w)...)
	}
	if h.Instead != nil {
		label := "instead"
		for _, s := range strings.Split(strings.TrimRight(*h.Instead, "\n"), "\n") {
			out = append(out, p.Row(label, p.Text(look.OK, s), w)...)
			label = ""
		}
	}
	if s := p.settled(h.Finding); s != "" {
		label, rest, _ := strings.Cut(s, " ")
		out = append(out, p.Row(strings.TrimSuffix(label, ":"), p.Plain(rest), w)...)
	}
	return out
}

// statementRows is a statement's card: what it locks, blocks, rewrites, scans, what the
// way back costs and which code it breaks.
func (p page) statementRows(s sqlview.StatementResult, w int) []string {
	var out []string
	add := func(label, text string) {
		if text != "" {
			out = append(out, p.Row(label, p.Plain(text), w)...)
		}
	}
	if !s.Analysed {
		out = append(out, p.Paragraph(look.Danger, "not analysed: belay cannot say what this statement does", w, 2)...)
	}
	for i, l := range s.Locks {
		label := ""
		if i == 0 {
			label = "locks"
		}
		out = append(out,
			p.Row(label, p.Text(look.Strong, l.Mode.String())+p.Plain(" on "+l.Relation+": "+whoWaits(l, s.Duration)),
				w)...)
	}
	if len(s.Locks) == 0 && s.Analysed {
		add("locks", "nothing that existed before")
	}
	add("rewrites", strings.Join(s.Rewrites, ", "))
	add("scans", strings.Join(s.Scans, ", "))
	if !s.Transactional {
		add("runs", "on its own, outside a transaction")
	}
	back := string(s.Reversible)
	if s.Inverse != "" {
		back += ": " + s.Inverse
	}
	add("way back", back)
	add("breaks", breaks(s.Breaks))
	for _, n := range s.Notes {
		add("note", n)
	}
	return out
}

func whoWaits(l effect.On, d effect.Duration) string {
	who := "only other schema changes, VACUUM and ANALYZE wait"
	switch {
	case l.Mode.BlocksReads():
		who = "reads and writes wait"
	case l.Mode.BlocksWrites():
		who = "writes wait"
	}
	return who + " (" + string(d) + ")"
}

func breaks(b effect.Breaks) string {
	switch b {
	case effect.BreaksOld:
		return "OLD code: what runs now and expects the schema as it is"
	case effect.BreaksNew:
		return "NEW code, until this has run"
	case effect.BreaksNeither:
		return "neither old nor new code"
	}
	return ""
}

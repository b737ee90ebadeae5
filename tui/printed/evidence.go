package printed

import (
	"belay/steps/evidence"
	"belay/steps/fact"
	"belay/tui/look"
)

// Evidence is who still uses a thing: each source with its period, what it saw, and what
// it cannot see; those that speak against a drop first.
func (p Paper) Evidence(r evidence.Report) []string {
	out := []string{p.head(r.Subject, p.Plain(r.Kind)), ""}
	worst := fact.OK
	for _, s := range r.Shown() {
		if s.Level == fact.Stop || s.Level == fact.Look && worst == fact.OK {
			worst = s.Level
		}
		out = append(out, p.source(s)...)
	}
	mark, role, text := p.level(worst)
	return append(out, p.Marked(role, mark, p.Text(text, r.Says), p.Width)...)
}

func (p Paper) source(s evidence.Shown) []string {
	mark, role, _ := p.level(s.Level)
	out := p.Marked(role, mark, p.Text(look.Strong, s.Name)+p.Plain(" ")+p.Text(role, s.Verdict), p.Width)
	const in = 2
	row := func(label, text string) {
		if text != "" {
			out = append(out, p.indented(in, p.Row(label, p.Plain(text), p.Width-in))...)
		}
	}
	row("period", s.Period)
	for i, f := range s.Found {
		label := ""
		if i == 0 {
			label = "saw"
		}
		row(label, f)
	}
	for i, b := range s.Blind {
		label := ""
		if i == 0 {
			label = "blind to"
		}
		row(label, b)
	}
	return append(out, "")
}

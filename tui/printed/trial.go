package printed

import (
	"fmt"

	"belay/sqlview/measure"
	"belay/steps/campaign"
	"belay/tui/look"
)

// Trial is which statements of the application live through a phase: those that do not
// first, each with why and who sends it.
func (p Paper) Trial(t campaign.Trial) []string {
	state := p.Text(look.OK, p.Marks.Done+" all live")
	switch {
	case t.Tried == 0:
		state = p.Text(look.Attention, p.Marks.Look+" none is known")
	case len(t.Broken) > 0:
		state = p.Text(look.Danger, fmt.Sprintf("%s %d of %d break", p.Marks.Failed, len(t.Broken), t.Tried))
	}
	out := append([]string{p.head("after the phase: "+t.Phase, state)}, "")
	for _, b := range t.Broken {
		word := "gives other columns"
		if b.Fails {
			word = "fails"
		}
		out = append(out, p.Marked(look.Danger, p.Marks.Failed, p.Text(look.Danger, word)+p.Plain("  "+b.Shown()),
			p.Width)...)
		row := func(label, text string) {
			out = append(out, p.indented(2, p.Row(label, p.Plain(text), p.Width-2))...)
		}
		row("why", b.Why)
		row("from", b.Sender())
		out = append(out, "")
	}
	if t.Why != "" {
		out = append(out, p.Marked(look.Attention, p.Marks.Look,
			p.Plain("what the application sent is not known: "+t.Why), p.Width)...)
	}
	if t.Untried > 0 {
		out = append(out, p.Marked(look.Attention, p.Marks.Look, p.Plain(measure.Plural(t.Untried, "statement")+
			" could not be prepared as the schema is now, and say nothing"), p.Width)...)
	}
	sum := fmt.Sprintf("%d of %s live through it; not tried: what nobody counted, and what an ORM makes later",
		t.Tried-len(t.Broken), measure.Plural(t.Tried, "statement"))
	return append(out, p.Marked(look.Quiet, p.Marks.Dot, p.Plain(sum), p.Width)...)
}

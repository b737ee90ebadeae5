package screen

import (
	"belay/tui/look"
)

// Log is the story of the run in sentences, the newest at the bottom.
var Log = Screen{
	Name:  "log",
	Title: "log",
	Over:  true,
	Doc: `Advice: keep a record.
In practice: this is the journal in sentences: what was done, answered, waited for and found, with its time. It is the same for every screen of the run.
Measured: decisions are on the disk before belay acts on them.`,
	Keys: []Hint{{Down, "scroll"}, {PageUp, "a page"}, {Copy, "copy"}},
	Panels: func(p page) []look.Panel {
		panel := p.newest()
		panel.Focus, panel.Give = true, 0
		return []look.Panel{panel}
	},
}

// mostLines is how much of a log is drawn, the newest.
const mostLines = 2000

// logLines are the sentences of a step; "" = all.
func (p page) logLines(step string, w int) []string {
	all := p.run.Log
	all = all[max(0, len(all)-mostLines):]
	var out []string
	for _, l := range all {
		if step != "" && l.Step != step {
			continue
		}
		text := p.Plain(l.Text)
		if l.By != "" {
			text += p.Plain(" (by " + l.By + ")")
		}
		out = append(out, p.RowOf(10, p.clockAt(l.At), text, w)...)
	}
	return out
}

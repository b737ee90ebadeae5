package screen

import (
	"belay/tui/theme"
	"belay/tui/view"
)

// Log is the story of the run in sentences, the newest at the bottom.
var Log = Screen{
	Name:  "log",
	Title: "log",
	Over:  true,
	Doc: `Advice: keep a record.
In practice: this is the journal in sentences: what was done, answered, waited for and found, with its time. It is the same for every screen of the run.
Measured: decisions are on the disk before belay acts on them.`,
	Keys: []Hint{{Down, "scroll"}, {Copy, "copy"}},
	View: draw("log", logBody),
}

func logBody(p page) []view.Block {
	lines := logLines(p, "")
	back := min(max(p.local.Scroll["log"], 0), max(0, len(lines)-p.h))
	end := len(lines) - back
	from := max(0, end-p.h)
	return []view.Block{{Lines: lines[from:end], Fill: true}}
}

// logLines are the sentences of a step; "" = all. Only the newest 2000 are kept.
func logLines(p page, step string) []view.Line {
	all := p.run.Log
	if len(all) > 2000 {
		all = all[len(all)-2000:]
	}
	var out []view.Line
	for _, l := range all {
		if step != "" && l.Step != step {
			continue
		}
		text := l.Text
		if l.By != "" {
			text += " (by " + l.By + ")"
		}
		for i, s := range view.Wrap(text, p.w-11, 0) {
			at := "          "
			if i == 0 {
				at = " " + l.At.In(p.now.Location()).Format("15:04:05") + " "
			}
			out = append(out, view.L(view.S(theme.Plain, at), view.T(" "+s)))
		}
	}
	if len(out) == 0 {
		out = append(out, view.Text(" nothing was written down yet"))
	}
	return out
}

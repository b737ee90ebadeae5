package screen

import (
	"belay/steps/state"
	"belay/tui/look"
)

// leftOpen are what was begun on this database and is not over: runs that were left, and
// backfills.
func (p page) leftOpen() look.Panel {
	items := p.f.Preflight.LeftOpen()
	panel := look.Panel{Name: "left", Title: "left open", Give: 4, Min: 1, Lines: func(w int) []string {
		var out []string
		for _, i := range items {
			if p.crowded() { // each has one line where there is little room: b goes on, and preflight shows all
				out = append(out, p.Cut(p.Text(look.Attention, p.Marks.Look)+" "+p.Plain(i.Text), w))
				continue
			}
			out = append(out, p.item(i, w)...)
		}
		return out
	}}
	if _, why := onward(p.run, p.local); why == "" {
		panel.State = p.Text(look.Key, "b") + p.Plain(" goes on with it")
		if len(items) > 1 {
			panel.State = p.Text(look.Key, "b") + p.Plain(" goes on with the first")
		}
	}
	return panel
}

// onward is the command that goes on with what was left open first, and why there is none.
func onward(run *state.Run, l Local) (command, why string) {
	if run.Opened != nil || Over(run, l) || l.Facts == nil {
		return "", "only the start screen of a new look goes on with what was left open"
	}
	for _, i := range l.Facts.Preflight.LeftOpen() {
		if i.Next != "" {
			return i.Next, ""
		}
	}
	return "", "nothing was left open on this database"
}

// Onward is the command that goes on with what was left open first; "" = none.
func Onward(run *state.Run, l Local) string {
	command, _ := onward(run, l)
	return command
}

func cannotGoOn(run *state.Run, l Local) string {
	_, why := onward(run, l)
	return why
}

package screen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/steps/state"
	"belay/tui/theme"
	"belay/tui/view"
)

// railWidth is the column of steps at the left of a wide terminal.
const railWidth = 24

// draw puts a body into the frame that all screens share.
func draw(name string, b body) func(*state.Run, Local, Size, time.Time) string {
	return func(run *state.Run, local Local, size Size, now time.Time) string {
		if size.Width < Smallest.Width || size.Height < Smallest.Height {
			return tooSmall(run, size)
		}
		if local.Facts == nil {
			local.Facts = Read(run, nil)
		}
		p := page{run: run, local: local, f: local.Facts, now: now, w: size.Width, h: size.Height - 6}
		p.wide = size.Width >= 100 && size.Height >= 30 && len(run.Steps) > 0
		if p.wide {
			p.w -= railWidth + 2
		}
		lines := []view.Line{banner(p, size.Width), where(p, name, size.Width), view.Rule(size.Width)}
		main := b.blocks(p)
		if p.wide {
			main = beside(rail(p), main)
		}
		lines = append(lines, main...)
		lines = append(lines, view.Rule(size.Width), said(p, name), footer(p, name, size.Width))
		out := make([]string, len(lines))
		for i, l := range lines {
			out[i] = l.Draw(size.Width, local.Theme)
		}
		return strings.Join(out, "\n")
	}
}

func tooSmall(run *state.Run, size Size) string {
	goes := ""
	if Underway(run) {
		goes = "; the run goes on"
	}
	text := fmt.Sprintf("belay needs %dx%d, this is %dx%d%s; q leaves", Smallest.Width, Smallest.Height, size.Width, size.Height, goes)
	return view.Cut(text, max(size.Width, 1))
}

// beside puts the rail at the left of the body.
func beside(rail, main []view.Line) []view.Line {
	for i := range main {
		left := view.Line{}
		if i < len(rail) {
			left = rail[i]
		}
		text := cutTo(left.Left, railWidth)
		main[i].Left = append(append(text, view.S(theme.Rule, "│ ")), main[i].Left...)
	}
	return main
}

// cutTo makes spans exactly n columns wide.
func cutTo(spans []view.Span, n int) []view.Span {
	var out []view.Span
	for _, s := range spans {
		text := view.Cut(s.Text, n)
		out = append(out, view.Span{Text: text, Role: s.Role})
		n -= view.Width(text)
	}
	return append(out, view.T(strings.Repeat(" ", max(n, 0))))
}

func rail(p page) []view.Line {
	out := []view.Line{view.L(view.S(theme.Strong, " steps"))}
	for i, s := range p.run.Steps {
		mark := stepMark(p.run, s)
		role := theme.Plain
		at := " "
		if s.ID == p.local.Screen {
			role, at = theme.Selected, ">"
		}
		out = append(out, view.L(view.T(at), mark, view.S(role, fmt.Sprintf(" %d %s", i+1, s.Title))))
	}
	if p.run.Opened != nil {
		out = append(out, view.Line{}, view.L(view.T(" run "+Short(p.run.ID))))
		for _, id := range confirms {
			yes, ok := p.run.Answers[id]
			if !ok {
				continue
			}
			out = append(out, view.L(view.T(" confirmed "+yes.At.In(p.now.Location()).Format("15:04:05"))), view.L(view.T(" by "+yes.By)))
		}
	}
	return out
}

// Short is a run's id as people name it.
func Short(id string) string {
	if len(id) > 8 {
		return id[:8]
	}
	return id
}

// footer is the line of keys: those that do something here and now, as many as
// fit, with why and leave always.
func footer(p page, name string, w int) view.Line {
	hints := hintsOf(p, name)
	own := len(hints)
	switch d := p.local.Dialog; {
	case Named(name).Over:
		hints = append(hints, Hint{Why, "why and keys"}, Hint{Back, "back"})
	case d != nil && d.Typed() && !d.Buttons:
		// Letters are text here: no letter may be offered as a key.
	case d != nil:
		hints = append(hints, Hint{Why, "why and keys"})
	default:
		hints = append(hints, Hint{Why, "why and keys"}, Hint{Leave, ""})
	}
	l := keysLine(hints)
	for i := range hints {
		if lineWidth(l) > w && hints[i].Action == Why {
			hints[i].Label = "why"
			l = keysLine(hints)
		}
	}
	for drop := own - 1; lineWidth(l) > w && drop > 0; drop-- {
		hints = slices.Delete(hints, drop, drop+1)
		l = keysLine(hints)
	}
	return l
}

func lineWidth(l view.Line) int {
	n := 0
	for _, s := range l.Left {
		n += view.Width(s.Text)
	}
	return n
}

func keysLine(hints []Hint) view.Line {
	l := view.L(view.T(" "))
	for i, h := range hints {
		k, _ := KeyOf(h.Action)
		label := h.Label
		if label == "" {
			label = k.Label
		}
		if i > 0 {
			l.Left = append(l.Left, view.T("   "))
		}
		shown := k.Shown
		switch h.Action {
		case Down:
			shown = "j k"
		case Longer:
			shown = "+ -"
		}
		l.Left = append(l.Left, view.S(theme.Key, shown), view.T(" "+label))
	}
	return l
}

// hintsOf are the screen's hints that would do something now.
func hintsOf(p page, name string) []Hint {
	var out []Hint
	switch d := p.local.Dialog; {
	case d != nil && d.Typed() && name == "ask":
		return []Hint{{Open, "answer"}, {Back, "not now"}}
	case d != nil && !d.Typed() && name == "confirm":
		return []Hint{{Tab, "other button"}, {Open, "press it"}, {Back, "no, go back"}}
	}
	for _, h := range Named(name).Keys {
		k, ok := KeyOf(h.Action)
		switch {
		case h.Action == Open && (name == "run" || name == "monitor" && Watching(p.run)) && question(p.run, name) == nil,
			h.Action == Open && name == "backfill" && Filling(p.run, p.f) != nil:
			continue
		case h.Action == Open && name == "start" && MenuHere(p.run, p.f):
			h.Label = "open"
		case h.Action == Open && (name == "step" || name == "backfill") && len(presetsOf(p.run, p.local.Screen)) > 0:
			h.Label = "choose"
		case h.Action == Pause && h.Label == "":
			h.Label = pauseWord(p.run, p.f)
		}
		if ok && k.Why(p.run, p.local) == "" {
			out = append(out, h)
		}
	}
	return out
}

// said is the line above the keys: while something runs what remains, else what
// just happened or where a fact comes from.
func said(p page, name string) view.Line {
	if p.local.Searching {
		return view.L(view.S(theme.Strong, " / "), view.T(p.local.Search+"_"))
	}
	if p.local.Message != "" {
		return view.L(view.S(theme.Attention, " "+p.local.Message))
	}
	if d := p.local.Dialog; d != nil && d.Expect != "" && d.Typed() && name == "confirm" {
		return view.Text(" paste is refused here; nothing runs before the name is exact")
	}
	if p.local.Lost {
		return view.L(view.S(theme.Danger, " the engine ended without a word; `belay attach "+Short(p.run.ID)+"` asks the database"))
	}
	if Busy(p.run) {
		return view.Text(" " + stopLine(p))
	}
	return view.Text(" " + source(p, name))
}

func stopLine(p page) string {
	if s := p.run.StopAsked; s != nil {
		if s.Now {
			return "stop was asked: waiting for the server's word"
		}
		return "stop was asked: no further unit starts"
	}
	if f := Filling(p.run, p.f); f != nil {
		return fillRemains(p.run, f)
	}
	if r := Remains(p.run, p.f); r != "" {
		return "if you stop now: " + r
	}
	return "if you stop now: nothing has changed, nothing remains"
}

// source says where what is seen comes from.
func source(p page, name string) string {
	if p.run.Finished != nil {
		return p.run.Finished.Outcome + ": " + p.run.Finished.Summary
	}
	if p.run.Parked != "" {
		return "parked: " + p.run.Parked + "; `belay attach " + Short(p.run.ID) + "` goes on"
	}
	if name == "monitor" && Watching(p.run) {
		return "it stays applied; counted by the server's clock; you may leave, it goes on"
	}
	if p.run.Opened != nil {
		return "run " + Short(p.run.ID) + " is open; nothing runs at this moment"
	}
	if t := p.f.Target; t != nil && t.DSNFrom != "" {
		return "connection from " + t.DSNFrom + " (password hidden); nothing has been written"
	}
	return "nothing has been written to any database"
}

func itoa(n int) string { return strconv.Itoa(n) }

func plural(n int, noun string) string { return measure.Plural(n, noun) }

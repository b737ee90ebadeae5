package screen

import (
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"

	"belay/sqlview/measure"
	"belay/tui/look"
)

// footer is the line of keys: those that do something here and now, as many as
// fit, with why and leave always.
func footer(p page, s Screen, w int) string {
	hints := hintsOf(p, s)
	own := len(hints)
	switch d := p.local.Dialog; {
	case s.Over:
		hints = append(hints, Hint{Why, ""}, Hint{Back, "back"})
	case d != nil && d.Typed() && !d.Buttons:
		// Letters are text here: no letter may be offered as a key.
	case d != nil:
		hints = append(hints, Hint{Why, ""})
	default:
		hints = append(hints, Hint{Why, ""}, Hint{Leave, ""})
	}
	line := keysLine(p, hints)
	for drop := own - 1; look.Width(line) > w && drop > 0; drop-- {
		hints = slices.Delete(hints, drop, drop+1)
		line = keysLine(p, hints)
	}
	return line
}

// keysLine is a line of keys as Bubbles' help draws it.
func keysLine(p page, hints []Hint) string {
	bindings := make([]key.Binding, 0, len(hints))
	for _, h := range hints {
		k, _ := KeyOf(h.Action)
		label := h.Label
		if label == "" {
			label = k.Label()
		}
		shown := k.Shown()
		switch h.Action {
		case Down:
			shown = "j k"
		case Longer:
			shown = "+ -"
		}
		b := k.Binding
		b.SetHelp(shown, label)
		bindings = append(bindings, b)
	}
	return " " + KeysHelp(p.Look).ShortHelpView(bindings)
}

// KeysHelp is the Bubble that draws keys, in belay's styles.
func KeysHelp(k *look.Look) help.Model {
	m := help.New()
	m.ShortSeparator = " " + k.Marks.Dot + " "
	m.Styles.ShortKey, m.Styles.ShortDesc, m.Styles.ShortSeparator = k.Style(look.Key), k.Style(look.Plain),
		k.Style(look.Quiet)
	m.Styles.FullKey, m.Styles.FullDesc, m.Styles.FullSeparator = m.Styles.ShortKey, m.Styles.ShortDesc,
		m.Styles.ShortSeparator
	return m
}

// hintsOf are the screen's hints that would do something now.
func hintsOf(p page, s Screen) []Hint {
	switch d := p.local.Dialog; {
	case d != nil && d.ID == EndDialog && d.Expect == "":
		return []Hint{{Back, "back, nothing is ended"}, {PageDown, "scroll"}}
	case d != nil && d.Typed() && s.Name == atAsk:
		return []Hint{{Open, "answer"}, {Back, "not now"}}
	case d != nil && !d.Typed() && s.Name == atConfirm:
		return []Hint{{Tab, "other button"}, {Open, "press it"}, {Back, "no, go back"}}
	}
	hints := s.Keys
	if s.Hints != nil {
		hints = s.Hints(p.run, p.local)
	}
	var out []Hint
	for _, h := range hints {
		if k, ok := KeyOf(h.Action); ok && k.Why(p.run, p.local) == "" {
			out = append(out, h)
		}
	}
	return out
}

// said is the line above the keys: while something runs what remains, else what
// just happened or where a fact comes from.
func said(p page, s Screen) string {
	if p.local.Searching {
		return " " + p.Text(look.Strong, "/ ") + p.local.Search.View()
	}
	if p.local.Message != "" {
		return " " + p.Text(look.Attention, p.local.Message)
	}
	if d := p.local.Dialog; d != nil && d.Expect != "" && d.Typed() && s.Name == atConfirm {
		return " " + p.Plain("paste is refused here; nothing runs before the name is exact")
	}
	if f := p.run.Finished; p.local.Lost && f != nil {
		return " " + p.Text(look.Danger, strings.TrimSuffix(f.Summary+"; "+f.Hint, "; "))
	}
	if Busy(p.run) {
		head, text := stopLine(p)
		return " " + p.Text(look.OK, head) + p.Plain(text)
	}
	return " " + p.Plain(source(p, s))
}

func stopLine(p page) (head, text string) {
	if s := p.run.StopAsked; s != nil {
		if s.Now {
			return "", "stop requested: waiting for the server's answer"
		}
		return "", "stop requested: no further file starts"
	}
	if f := Filling(p.run, p.f); f != nil {
		return fillRemains(p.run, f)
	}
	if r := Remains(p.run, p.f); r != "" {
		return "if you stop now: ", r
	}
	return "if you stop now: ", "nothing has changed, nothing remains"
}

// source says where what is seen comes from.
func source(p page, s Screen) string {
	if p.run.Finished != nil {
		return string(p.run.Finished.Outcome) + ": " + p.run.Finished.Summary
	}
	if p.run.Parked != "" {
		return "left open: " + p.run.Parked + "; `belay attach " + Short(p.run.ID) + "` goes on"
	}
	if s.Name == atMonitor && Watching(p.run) {
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

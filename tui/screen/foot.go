package screen

import (
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"

	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/state"
	"belay/tui/look"
)

// footer is the line of keys: those that do something here and now, as many as
// fit, with why and leave always.
func footer(p page, s Screen, placed []look.Placed, w int) string {
	hints := append(append(pairHints(p), hintsOf(p, s)...), handHint(p)...)
	hints = tabbed(hints, placed)
	own := len(hints)
	switch d := p.local.Dialog; {
	case s.Name == atHelp:
		hints = append(hints, Hint{Back, "back"})
	case s.Over:
		hints = append(hints, Hint{Why, ""}, Hint{Back, "back"})
	case d != nil && d.Typed() && !d.Buttons:
		// Letters are text here: no letter may be offered as a key.
	case d != nil:
		hints = append(hints, Hint{Why, ""})
	case goesOnAlone(p) && !p.narrow() && !Reads(p.run, p.local):
		hints = append(hints, Hint{Why, ""}, Hint{Leave, "leave, it goes on"})
	default:
		hints = append(hints, Hint{Why, ""}, Hint{Leave, ""})
	}
	return FitKeys(p.Look, w, bindings(p, hints), len(hints)-own)
}

// tabbed leaves out the key that scrolls where all is seen, and the one to the next panel
// where there is no other to scroll.
func tabbed(hints []Hint, placed []look.Placed) []Hint {
	scrolls := 0
	for _, x := range placed {
		if x.Name != "" && x.Scrolls() {
			scrolls++
		}
	}
	return slices.DeleteFunc(hints, func(h Hint) bool {
		return scrolls < 2 && h == Hint{Tab, ""} || scrolls == 0 && h.Action == PageDown
	})
}

// goesOnAlone reports whether what is seen goes on when the person leaves.
func goesOnAlone(p page) bool {
	f := Filling(p.run, p.f)
	return (Outlives(p.run) || Watching(p.run)) && !asks(p) && (f == nil || f.State == fact.FillRunning)
}

// bindings are hints as Bubbles' help takes them.
func bindings(p page, hints []Hint) []key.Binding {
	all := make([]key.Binding, 0, len(hints))
	for _, h := range hints {
		k, _ := KeyOf(h.Action)
		label := h.Label
		switch {
		case label == "" && h.Action == EndIt:
			label = endLabel(p.run, p.local, p.w >= boxedWidth)
		case h.Action == Open && slices.Contains([]string{"next", "answer", "choose"}, label) && enterAsks(p):
			label = strings.Replace(label, "next", "answer", 1) + "…"
		case label == "" && h.Action == Cancel && (Awaits(p.run) || Remains(p.run, p.f) != ""):
			label = k.Label() + "…"
		case label == "" && h.Action == Reload && Resumes(p.run, p.local):
			label = "go on with it"
		case label == "" && h.Action == Reload && Over(p.run, p.local) && !well(p.run):
			label = "begin anew"
		case label == "":
			label = k.Label()
		}
		shown := k.Shown()
		switch h.Action {
		case Down:
			shown = "j k"
		case Longer:
			shown = "+ -"
		case NextStep:
			shown = "[ ]"
		}
		b := k.Binding
		b.SetHelp(shown, p.Plain(label)) // the Bubble styles it: names are of the database
		all = append(all, b)
	}
	return all
}

// enterAsks reports whether enter opens a question: one of the step that is looked at, or
// the next one that waits. Those of the review are opened beside its SQL.
func enterAsks(p page) bool {
	at := p.local.Screen
	switch {
	case p.local.Dialog != nil || Reads(p.run, p.local):
		return false
	case at == atReview:
		return reviewQuestion(p.run) != nil
	}
	for _, q := range p.run.Questions {
		if q.Step == at && !q.Dialog && !Accepts(q.ID) {
			return true
		}
	}
	next := Attention(p.run)
	return next != atReview && question(p.run, next) != nil
}

// well reports whether a run came to its end as it should.
func well(run *state.Run) bool { return run.Finished != nil && run.Finished.Exit == 0 }

// FitKeys is a footer of at most w columns where that can be: the last keys of it always
// stay, of the others the first one and as many as fit. The dots between them go where
// that lets one more stay.
func FitKeys(k *look.Look, w int, all []key.Binding, last int) string {
	h := keysHelp(k)
	dotted, n := fitted(h, w, all, last)
	if n == len(all) {
		return dotted
	}
	h.ShortSeparator = "  "
	if line, more := fitted(h, w, all, last); more > n {
		return line
	}
	return dotted
}

// fitted are as many of the keys as fit, and how many.
func fitted(h help.Model, w int, all []key.Binding, last int) (line string, n int) {
	line = " " + h.ShortHelpView(all)
	for own := len(all) - last; own > 1 && look.Width(line) > w; own-- {
		all = slices.Concat(all[:own-1], all[own:])
		line = " " + h.ShortHelpView(all)
	}
	return line, len(all)
}

// keysHelp is the Bubble that draws keys, in belay's styles.
func keysHelp(k *look.Look) help.Model {
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
	case d != nil && d.ID == EndDialog && Ending(p.run, d.PID, p.now).Done():
		return []Hint{{Back, "back"}, {PageDown, "scroll"}}
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
	if Over(p.run, p.local) && p.local.Anew && !s.Over {
		out = append(out, Hint{Reload, ""})
	}
	for _, h := range hints {
		if h.Action == Reload && len(out) > 0 && out[0] == h {
			continue
		}
		if h.Action == Open && Reads(p.run, p.local) && question(p.run, p.local.Screen) != nil {
			continue // who reads answers nothing
		}
		if h.Action == Detach && Outlives(p.run) {
			continue // q does the same, and says so
		}
		if k, ok := KeyOf(h.Action); ok && k.Why(p.run, p.local) == "" {
			out = append(out, h)
		}
	}
	return append(out, everywhere(p, s, out)...)
}

// everywhere are the keys that work on each step before a run: the run dialog, and the
// way from step to step. They come last, and go first where there is no room.
func everywhere(p page, s Screen, have []Hint) (out []Hint) {
	if s.Over || p.local.Dialog != nil || p.run.Opened != nil || p.run.Finished != nil {
		return nil
	}
	run := Hint{RunIt, ""}
	named := slices.ContainsFunc(have, func(h Hint) bool { return h.Action == RunIt })
	if k, ok := KeyOf(RunIt); ok && !named && k.Why(p.run, p.local) == "" && Confirmable(p.run) != nil {
		out = append(out, run)
	}
	if len(p.run.Steps) > 1 {
		out = append(out, Hint{NextStep, "steps"})
	}
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }

func plural(n int, noun string) string { return measure.Plural(n, noun) }

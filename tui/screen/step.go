package screen

import (
	"strings"

	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/look"
)

// Step is the screen of a step that has none of its own: its state, its
// question, what the log says of it.
var Step = Screen{
	Name: "step",
	Doc: `Advice: go through the list from top to bottom.
In practice: a step that only reads runs by itself; one that needs you says so with a question mark.
Measured: this step has no screen of its own; the log holds all that it did.`,
	Hints:  stepHints,
	Panels: func(p page) []look.Panel { return p.stepPanels(p.local.Screen) },
}

// stepHints are the keys of a step: answer it, go on, or stop what works.
func stepHints(run *state.Run, l Local) []Hint {
	open := "next"
	switch {
	case question(run, l.Screen) != nil:
		open = "answer"
	case len(presetsOf(run, l.Screen)) > 0:
		open = "choose"
	}
	return []Hint{{Open, open}, {RunIt, ""}, {Cancel, ""}, {Tab, ""}, {Reload, ""}, {ShowLog, ""}, {WhoWaits, ""}}
}

func (p page) stepPanels(id string) []look.Panel {
	items := itemsOf(p.run, id)
	return []look.Panel{
		p.standing(id), p.asked(id), p.presets(id),
		{
			Name: "items", Title: "what was found", State: p.tally(items), Give: 1, Min: 1, Focus: true,
			Lines: func(w int) []string { return p.items(items, w) },
		},
		{
			Name: "log", Title: "log of this step", Give: 5, Grow: true, Tail: true, Right: true,
			Lines: func(w int) []string { return p.logLines(id, w) },
		},
	}
}

// standing is a step's own word: its summary, and what would lift it.
func (p page) standing(id string) look.Panel {
	s := p.run.Step(id)
	if s == nil {
		return look.Panel{Bare: true, Lines: func(int) []string { return nil }}
	}
	status := standing(p.run, *s)
	sign, role := p.sign(status)
	return look.Panel{Title: s.Title, State: p.Text(role, sign+" "+string(status)), Lines: func(w int) []string {
		text := s.Summary
		if text == "" {
			text = stepText(p.run, *s, p.now)
		}
		if q := question(p.run, id); q != nil && q.Text == text && s.Hint == "" {
			return nil // the panel below it asks that
		}
		if f := Filling(p.run, p.f); status == journal.Running && !p.idle() && (f == nil || !isPaused(f)) {
			text = p.spin() + " " + p.Plain(text) + p.Plain(", for "+running(p.now.Sub(s.Since)))
		} else {
			text = p.Plain(text)
		}
		out := look.Wrap(text, w)
		if s.Hint != "" {
			out = append(out, p.Row("do", p.Plain(s.Hint), w)...)
		}
		return out
	}}
}

// asked is the open question of a step, on its screen.
func (p page) asked(step string) look.Panel {
	q := question(p.run, step)
	if q == nil {
		return look.Panel{Bare: true, Lines: func(int) []string { return nil }}
	}
	return look.Panel{Name: "asked", Title: "needs you", State: p.Text(look.Key, "enter") + p.Plain(" answers"),
		Give: 2, Min: 2, Lines: func(w int) []string {
			out := p.Marked(look.Attention, p.Marks.Asking, p.Text(look.Attention, q.Text), w)
			if q.Why != "" {
				out = append(out, p.Marked(look.Plain, " ", p.Plain(prose(q.Why)), w)...)
			}
			return out
		}}
}

// prose is what a reason says before its SQL, which stands in the question's own dialog,
// line by line.
func prose(why string) string {
	said, sql, _ := strings.Cut(why, "\n")
	switch {
	case sql == "":
		return why
	case strings.HasPrefix(said, "--"), strings.HasSuffix(said, ";"), strings.HasSuffix(said, "("):
		return "enter shows its SQL"
	}
	return strings.TrimSuffix(said, ":") + "; enter shows its SQL"
}

// presetsOf are the questions of a step that the yes which opens the run answers.
func presetsOf(run *state.Run, step string) []state.Question {
	var out []state.Question
	for _, q := range run.Questions {
		if q.Step == step && q.Preset {
			out = append(out, q)
		}
	}
	return out
}

// presets are those questions, each with its answers, so that another can be chosen
// before.
func (p page) presets(step string) look.Panel {
	return look.Panel{Name: "presets", Title: "proposed",
		State: p.Text(look.Key, "enter") + p.Plain(" chooses another"), Give: 3, Min: 2, Lines: func(w int) []string {
			var out []string
			for _, q := range presetsOf(p.run, step) {
				if len(out) > 0 {
					out = append(out, "")
				}
				out = append(out, p.Paragraph(look.Strong, q.Text, w, 0)...)
				if q.Why != "" {
					out = append(out, p.Paragraph(look.Plain, prose(q.Why), w, 0)...)
				}
				options, preset := Options(q)
				for n, o := range options {
					mark, role := " ", look.Plain
					if n == preset {
						mark, role = p.Marks.Done, look.OK
					}
					out = append(out, p.Marked(role, mark, p.option(o), w)...)
				}
			}
			if len(out) > 0 {
				out = append(out,
					p.Marked(look.OK, p.Marks.Done,
						p.Plain("counts once you confirm the run, unless you choose another"), w)...)
			}
			return out
		}}
}

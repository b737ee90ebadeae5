package screen

import (
	"fmt"
	"strings"

	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/look"
)

// mark is a status as a sign with its meaning. Its word always stands near it.
func (p page) mark(s journal.Status) string {
	sign, role := p.sign(s)
	return p.Text(role, sign)
}

func (p page) sign(s journal.Status) (string, look.Role) { return Sign(p.Look, s) }

// Sign is a status as a mark, and the meaning of its colour.
func Sign(p *look.Look, s journal.Status) (string, look.Role) {
	switch s {
	case journal.Done:
		return p.Marks.Done, look.OK
	case journal.Running:
		return p.Marks.Running, look.Accent
	case journal.Paused:
		return p.Marks.Paused, look.Attention
	case journal.Asking, journal.Unknown:
		return p.Marks.Asking, look.Attention
	case journal.Look:
		return p.Marks.Look, look.Attention
	case journal.Failed:
		return p.Marks.Failed, look.Danger
	case journal.Waived:
		return p.Marks.Waived, look.Plain
	case journal.Stale:
		return p.Marks.Stale, look.Stale
	}
	return p.Marks.Todo, look.Plain
}

// standing is a step's status; an open question counts more.
func standing(run *state.Run, s state.Step) journal.Status {
	if question(run, s.ID) != nil {
		return journal.Asking
	}
	return s.Status
}

// at is the step that is looked at; "" = none is.
func (p page) at() string {
	if d := p.local.Dialog; d != nil {
		if q := p.run.Question(d.ID); q != nil {
			return q.Step
		}
	}
	return p.local.Screen
}

// stepper is the steps on one line, the one that is looked at by its name, and beside them
// what the panels that are seen do not say.
func stepper(p page, s Screen, placed []look.Placed, w int) string {
	if len(p.run.Steps) == 0 {
		return " " + p.Text(look.Plain, "reading the migrations folder")
	}
	var parts []string
	at := 0
	for i, step := range p.run.Steps {
		sign, role := p.sign(standing(p.run, step))
		if step.ID == p.at() {
			at = i + 1
			if role == look.Plain {
				role = look.Strong
			}
			parts = append(parts, p.Text(role, sign+" "+step.Title))
			continue
		}
		parts = append(parts, p.Text(role, sign))
	}
	line := " " + strings.Join(parts, " ")
	right := fmt.Sprintf("step %d of %d", at, len(p.run.Steps))
	if at == 0 {
		right = plural(len(p.run.Steps), "step")
	}
	if s.Over && s.Title != "" {
		right = p.Text(look.Strong, s.Title)
	}
	if room := w - look.Width(line) - look.Width(right) - 6; room > 0 {
		line += "   " + p.doing(placed, room)
	}
	return p.Ends(line, right+" ", w)
}

// stepList is the rail at the left of a large terminal.
func stepList(p page, w int) []string {
	state := ""
	for i, s := range p.run.Steps {
		if s.ID == p.at() {
			state = fmt.Sprintf("%d/%d", i+1, len(p.run.Steps))
		}
	}
	out, _ := p.Stack([]look.Panel{
		{Title: "steps", State: state, Lines: func(w int) []string { return railLines(p, w) }},
		{Title: "tables", Give: 3, Lines: func(w int) []string { return railTables(p, w) }},
		{Title: "sessions", State: sessionsState(p), Give: 2, Lines: func(w int) []string {
			return railSessions(p, w)
		}},
		{Title: "run", State: railRun(p), Give: 1, Grow: true, Lines: func(w int) []string {
			return railConfirmed(p, w)
		}},
	}, w, p.h, true)
	return out
}

func railLines(p page, w int) []string {
	var out []string
	for _, s := range p.run.Steps {
		status := standing(p.run, s)
		sign, role := p.sign(status)
		cursor, title := " ", look.Plain
		if s.ID == p.at() {
			cursor, title = p.Text(look.Accent, p.Marks.Cursor), look.Strong
		}
		if status == journal.Running {
			title = look.Accent
		}
		line := cursor + p.Text(role, sign) + " " + p.Text(title, s.Title)
		if room := w - look.Width(line) - 2; room > 5 && status != journal.Todo && status != journal.Done {
			word := string(status)
			if status == journal.Look {
				word = "look"
			}
			line += "  " + p.Cut(p.Plain(word), room)
		}
		out = append(out, p.Cut(line, w))
	}
	return out
}

func railRun(p page) string {
	if p.run.Opened == nil {
		return ""
	}
	return p.Text(look.Plain, Short(p.run.ID))
}

func railConfirmed(p page, w int) []string {
	if p.run.Opened == nil {
		return p.Paragraph(look.Plain, "nothing has been written to any database", w, 0)
	}
	var out []string
	for _, id := range confirms {
		yes, ok := p.run.Answers[id]
		if !ok {
			continue
		}
		out = append(out, p.RowOf(11, "confirmed", p.Plain(yes.At.In(p.now.Location()).Format("15:04:05")), w)...)
		out = append(out, p.RowOf(11, "by", p.Plain(yes.By), w)...)
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

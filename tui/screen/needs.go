package screen

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/look"
)

// needsYou is the panel of what waits for a person, first things first.
func (p page) needsYou() look.Panel {
	return look.Panel{Name: "needs", Title: p.needsTitle(), Give: 3, Min: 3, Lines: func(w int) []string {
		wide, wanted := 0, 0
		for _, s := range p.run.Steps {
			wide = max(wide, look.Width(s.Title))
			if wants(standing(p.run, s)) {
				wanted++
			}
		}
		var out []string
		if p.ready() && Attention(p.run) == "" {
			rest := " opens the run dialog; nothing runs before the typed name"
			if p.crowded() {
				rest, _, _ = strings.Cut(rest, ";") // in one line, which is never cut
			}
			out = append(out, p.Marked(look.OK, p.Marks.Done,
				p.Plain("nothing else needs you: ")+p.Text(look.Key, "R")+p.Plain(rest), w)...)
		}
		if a := p.run.Unapproved(); a != nil {
			out = append(out, p.Marked(look.Attention, p.Marks.Asking, p.Text(look.Strong, "approval")+
				p.Plain("  a second person must approve: "+a.Why), w)...)
			out = append(out, p.Marked(look.Plain, " ", p.Plain(a.How), w)...)
		}
		for _, s := range askingFirst(p.run) {
			status := standing(p.run, s)
			sign, role := p.sign(status)
			text := p.Text(look.Strong, look.Pad(s.Title, wide)) + "  " + p.Plain(stepText(p.run, s, p.now))
			if p.crowded() && wanted > 2 {
				// Each has one line where there is little room: enter shows all of it.
				text = p.Cut(text, w-look.Width(sign)-1)
			}
			out = append(out, p.Marked(role, sign, text, w)...)
		}
		return out
	}}
}

// askingFirst are the steps that a person should see: those that need an answer, then the
// others.
func askingFirst(run *state.Run) []state.Step {
	var asking, rest []state.Step
	for _, s := range run.Steps {
		switch status := standing(run, s); {
		case status == journal.Asking:
			asking = append(asking, s)
		case wants(status):
			rest = append(rest, s)
		}
	}
	return append(asking, rest...)
}

// ready reports whether the run dialog can be opened.
func (p page) ready() bool { return p.run.Opened == nil && cannotRun(p.run, p.local) == "" }

func (p page) needsTitle() string {
	answers, look := 0, 0
	for _, s := range p.run.Steps {
		n := asked(p.run, s.ID)
		if answers += n; n == 0 && wants(standing(p.run, s)) {
			look++
		}
	}
	switch {
	case answers > 0 && look > 0:
		return fmt.Sprintf("needs you: %s, %d to look at", plural(answers, "answer"), look)
	case answers > 0:
		return "needs you: " + plural(answers, "answer")
	}
	if p.ready() {
		return "ready"
	}
	return "to look at"
}

// asked counts the questions of a step that wait for an answer.
func asked(run *state.Run, step string) int {
	n := 0
	for _, q := range run.Questions {
		if q.Step == step && q.Waits() {
			n++
		}
	}
	return n
}

// wants reports whether a status is one a person should see.
func wants(s journal.Status) bool {
	switch s {
	case journal.Todo, journal.Done, journal.Waived:
		return false
	}
	return true
}

// stepText is what a step has to say in one line.
func stepText(run *state.Run, s state.Step, now time.Time) string {
	if q := question(run, s.ID); q != nil {
		return q.Text
	}
	if s.Summary != "" {
		return s.Summary
	}
	if age := now.Sub(s.Since); s.Status == journal.Running && age > time.Second {
		return "running for " + measure.Duration(age)
	}
	return string(s.Status)
}

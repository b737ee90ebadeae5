package screen

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/state"
	"belay/tui/look"
)

// byWhom is the row of who runs the files, where that is the team's own command.
func (p page) byWhom(w int) []string {
	c := p.f.Command
	if c == nil || p.f.Plan == nil || p.f.Plan.Command == "" {
		return nil
	}
	text := p.Text(look.Strong, c.Line) + p.Plain(" ("+commandFrom(c)+"), watched")
	out := p.Row("by", text, w)
	if len(c.Unseen) > 0 {
		out = append(out, p.Row("unseen", p.Text(look.Attention, strings.Join(c.Unseen, ", "))+
			p.Plain(": which SQL is sent is not known"), w)...)
	}
	return out
}

func commandFrom(c *fact.Command) string {
	if c.Script == "" {
		return c.From
	}
	return c.From + ": " + c.Script
}

// working is the team's command at work: its sessions, its limits, its last words.
func (p page) working(c *fact.Command, u *state.Unit) look.Panel {
	state := "not started"
	if !c.Since.IsZero() {
		state = fmt.Sprintf("start %d, for %s", max(c.Try, 1), measure.Duration(max(p.now.Sub(c.Since), 0)))
	}
	if c.Ended != "" {
		state = c.Ended
	}
	return look.Panel{
		Name: "command", Title: c.Line, State: p.Plain(state), Give: 1, Min: 1,
		Lines: func(w int) []string {
			out := p.commandSessions(c, w)
			if p.h >= tallFrom {
				out = append(out, p.Row("limits", p.Plain(c.Limits), w)...)
			}
			if p.h >= tallFrom && c.Ended == "" && len(u.Tries) > 0 {
				out = append(out, p.Row("before", p.triesText(u), w)...)
			}
			label := "says"
			for _, line := range p.lastWords(c.Output) {
				rows := p.Row(label, p.Plain(line), w)
				out = append(out, rows[:min(len(rows), 1)]...)
				label = ""
			}
			return out
		},
	}
}

// lastWords are the newest lines that say something, as many as there is room for.
func (p page) lastWords(output []string) (all []string) {
	for _, line := range output {
		if strings.TrimSpace(line) != "" {
			all = append(all, line)
		}
	}
	return all[max(0, len(all)-p.commandLines()):]
}

// tallFrom is from how many lines on there is room for more than its session and its
// last word.
const tallFrom = 30

// commandLines is how many lines of the output there is room for.
func (p page) commandLines() int {
	if p.h < tallFrom {
		return 1
	}
	return 6
}

func (p page) commandSessions(c *fact.Command, w int) []string {
	if len(c.Sessions) == 0 {
		return p.Row("session", p.Plain("none on the server now"), w)
	}
	var out []string
	label := "session"
	for _, s := range c.Sessions {
		text := p.Text(look.Strong, "pid "+itoa(s.PID)) + p.Plain(" "+s.State)
		if s.Waits {
			text += p.Plain(", ") + p.Text(look.Attention,
				"waits for a lock "+measure.Duration(time.Duration(s.WaitMS)*time.Millisecond))
		}
		out = append(out, p.Row(label, text+p.Plain("; known by "+s.How), w)...)
		label = ""
	}
	return out
}

// unseenCard is the heart of a file of which nobody knows which SQL it sends.
func (p page) unseenCard(h fact.Heart, w int) []string {
	out := p.Row("needs", p.Text(look.Attention, "not known")+p.Plain(": a program sends its SQL"), w)
	out = append(out, p.Row("blocks", p.Text(look.Attention, "not known")+p.Plain("; belay watches what it waits "+
		"for and who "+
		"waits behind it"), w)...)
	return append(out, p.Row("limits", p.limits(h), w)...)
}

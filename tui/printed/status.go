package printed

import (
	"fmt"

	"belay/steps/fact"
	"belay/tui/look"
)

// Status is how a folder and its runs stand.
type Status struct {
	// Target is nil where no database is named.
	Target *fact.Target
	// Folder is nil where it was not looked at; Shown names it then, and Empty says
	// that there is nothing in it.
	Folder *fact.Folder
	Shown  string
	Empty  bool
	Runs   []OpenRun
	// Holder is a session that runs on this database and of whose run nothing else is
	// known; "" = none.
	Holder string
	Checks []fact.Item
	// Campaigns are those that are open, one line each.
	Campaigns []string
}

// OpenRun is a run that is not over.
type OpenRun struct {
	ID, Where, State, Since string
	// More is how far it is, and what was last heard of it.
	More string
	// Next is the command that goes on with it; "" = there is none.
	Next string
	// Live is true where its engine works.
	Live bool
}

// Status is what runs or was left open, then the folder: what is pending, and what there
// is to look at.
func (p Paper) Status(s Status) []string {
	out := p.target(s.Target)
	for _, r := range s.Runs {
		out = append(out, p.openRun(r)...)
	}
	if s.Holder != "" {
		out = append(out,
			p.Marked(look.Accent, p.Marks.Running,
				p.Text(look.Strong, "a run is open on this database: ")+p.Plain(s.Holder), p.Width)...)
		out = append(out, "")
	}
	for _, c := range s.Campaigns {
		out = append(out, p.Marked(look.Attention, p.Marks.Asking, p.Plain(c), p.Width)...)
	}
	if len(s.Campaigns) > 0 {
		out = append(out, "")
	}
	return append(out, p.folder(s)...)
}

func (p Paper) target(t *fact.Target) []string {
	if t == nil {
		return nil
	}
	if !t.Connected {
		out := p.item(0, fact.Item{Level: fact.Stop, Text: t.Error, Hint: t.Hint})
		return append(out, "")
	}
	where := p.Plain(fmt.Sprintf(" on %s:%d", t.Host, t.Port))
	kind := "primary"
	if t.Standby {
		kind = "standby"
	}
	parts := []string{
		p.environment(t.Environment) + p.Text(look.Strong, t.Database) + where,
		p.Plain("PostgreSQL " + t.Version + " " + kind), p.Plain("role " + t.Role),
	}
	return append(look.Wrap(p.join(parts), p.Width), "")
}

// environment is the word of where this is; nothing is said where nobody said it.
func (p Paper) environment(word string) string {
	switch word {
	case "production":
		return p.Text(look.Production, " PRODUCTION ") + " "
	case "staging":
		return p.Text(look.Staging, " STAGING ") + " "
	case "local":
		return p.Text(look.Local, " LOCAL ") + " "
	}
	return ""
}

func (p Paper) openRun(r OpenRun) []string {
	mark, role := p.Marks.Asking, look.Attention
	if r.Live {
		mark, role = p.Marks.Running, look.Accent
	}
	out := p.Marked(role, mark, p.Text(look.Strong, "run "+r.ID)+p.Plain(" "+r.Where+": ")+p.Text(role, r.State),
		p.Width)
	row := func(label, text string) { out = append(out, p.indented(2, p.Row(label, text, p.Width-2))...) }
	row("since", p.Plain(r.Since))
	row("so far", p.Plain(r.More))
	row("next", p.Text(look.Strong, r.Next))
	return append(out, "")
}

func (p Paper) folder(s Status) []string {
	f := s.Folder
	switch {
	case f == nil && s.Empty:
		return []string{p.Text(look.Strong, s.Shown) + p.Plain(": nothing pending, the folder is empty")}
	case f == nil:
		return nil
	case !f.Read:
		return []string{
			p.Text(look.Strong, f.Path) + p.Plain(" "+f.Tool+": ") +
				p.Text(look.Attention, "what is applied is unknown"),
		}
	}
	pending := p.Text(look.OK, "nothing pending")
	if n := len(f.Pending); n > 0 {
		pending = p.Text(look.Attention, fmt.Sprintf("%d pending", n))
	}
	parts := []string{
		p.Text(look.Strong, f.Path), p.Plain(f.Tool), p.Plain(fmt.Sprintf("%d applied", f.Applied)), pending,
	}
	if f.Dirty != "" {
		parts = append(parts, p.Text(look.Danger, "DIRTY at "+f.Dirty))
	} else {
		parts = append(parts, p.Plain("not dirty"))
	}
	out := look.Wrap(p.join(parts), p.Width)
	if f.Missing != "" {
		out = append(out, look.Wrap(p.Text(look.Attention, "no history table "+f.Missing+" here"), p.Width)...)
	}
	for _, m := range f.Pending {
		name := p.Middle(p.Plain(m.Path), p.Width-2-look.Width(p.Marks.Todo))
		out = append(out, p.indented(1, []string{p.Text(look.Quiet, p.Marks.Todo) + " " + name})...)
	}
	some := false
	for _, c := range s.Checks {
		if c.Level == fact.OK {
			continue
		}
		if !some {
			out, some = append(out, "", p.Text(look.Strong, "to look at")), true
		}
		out = append(out, p.item(1, c)...)
	}
	return out
}

package screen

import (
	"fmt"
	"strings"

	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/theme"
	"belay/tui/view"
)

// environment is the word of the first line, in reverse video.
func environment(t *fact.Target) view.Span {
	if t == nil {
		return view.S(theme.Unset, " ? ")
	}
	switch t.Environment {
	case "production":
		return view.S(theme.Production, " PRODUCTION ")
	case "staging":
		return view.S(theme.Staging, " STAGING ")
	case "local":
		return view.S(theme.Local, " LOCAL ")
	}
	return view.S(theme.Unset, " PRODUCTION? ")
}

// banner names the target. What matters less goes first where the line is short.
func banner(p page, w int) view.Line {
	t := p.f.Target
	clock := p.now.Format("15:04 -07:00")
	word := environment(t)
	parts := []string{"connecting to the database"}
	switch {
	case t == nil && p.run.Engine.PID == 0:
		parts = []string{"belay is starting"}
	case t != nil && !t.Connected:
		parts = []string{"NOT CONNECTED", address(t)}
	case t != nil:
		parts = []string{strings.TrimSpace(t.Database + " on " + address(t)), roleOf(t) + t.Version, "role " + t.Role}
	}
	for {
		text := " " + strings.Join(parts, "  ")
		room := w - view.Width(word.Text) - view.Width(text)
		switch {
		case clock != "" && room >= len(clock)+1:
			return view.L(word, view.S(theme.Strong, text)).Ends(view.T(clock))
		case len(parts) > 2:
			parts = parts[:len(parts)-1]
		case clock != "":
			clock = ""
		case room >= 0 || len(parts) == 1:
			return view.L(word, view.S(theme.Strong, text))
		default:
			parts = parts[:1]
		}
	}
}

func address(t *fact.Target) string {
	if t.Port == 0 || strings.HasPrefix(t.Host, "/") {
		return t.Host
	}
	return fmt.Sprintf("%s:%d", t.Host, t.Port)
}

func roleOf(t *fact.Target) string {
	switch {
	case t.Standby:
		return "STANDBY "
	case t.Pooler:
		return "POOLER "
	}
	return "primary "
}

// where is the second line: the step and its marks, or the folder.
func where(p page, name string, w int) view.Line {
	if len(p.run.Steps) == 0 || (p.local.Screen == "start" && p.local.Dialog == nil && !Named(name).Over) {
		return folderLine(p, w)
	}
	at := p.local.Screen
	if p.local.Dialog != nil && p.run.Question(p.local.Dialog.ID) != nil {
		at = p.run.Question(p.local.Dialog.ID).Step
	}
	var l view.Line
	var status view.Span
	for i, s := range p.run.Steps {
		if s.ID != at {
			continue
		}
		l.Left = append(l.Left, view.S(theme.Strong, fmt.Sprintf(" %d/%d %s", i+1, len(p.run.Steps), s.Title)), view.T("  "))
		status = stepWord(p, s)
	}
	if len(l.Left) == 0 {
		l.Left = append(l.Left, view.T(" "))
	}
	for _, s := range p.run.Steps {
		l.Left = append(l.Left, stepMark(p.run, s))
	}
	if s := Named(name); s.Over && s.Title != "" {
		l.Left = append(l.Left, view.S(theme.Strong, "  "+s.Title))
		return l
	}
	if p.f.Plan != nil && p.f.Plan.SHA256 != "" {
		l.Left = append(l.Left, view.T("  sha "+Short(p.f.Plan.SHA256)))
	}
	l.Right = []view.Span{status}
	return l
}

func stepWord(p page, s state.Step) view.Span {
	if question(p.run, s.ID) != nil {
		return view.Word(journal.Asking)
	}
	if p.local.Dialog != nil && p.local.Dialog.Confirms() {
		return view.Word(journal.Asking)
	}
	word := view.Word(s.Status)
	switch s.Status {
	case journal.Running, journal.Paused:
		word.Text += " " + clock(p.now.Sub(s.Since))
	}
	return word
}

// stepMark is a step's mark; an open question counts more than its status.
func stepMark(run *state.Run, s state.Step) view.Span {
	if question(run, s.ID) != nil {
		return view.Mark(journal.Asking)
	}
	return view.Mark(s.Status)
}

func folderLine(p page, w int) view.Line {
	f := p.f.Folder
	switch b := p.f.Backfill; {
	case f == nil && b != nil:
		return view.L(view.T(" backfill of "), view.S(theme.Strong, b.Relation))
	case f == nil && p.run.Step("backfill") != nil:
		return view.Text(" reading the table")
	case f == nil:
		return view.Text(" reading the migrations folder")
	}
	counts := []string{f.Tool}
	if f.Tool == "" && f.Read {
		counts = []string{"no migration in it yet"}
	} else if f.Read {
		dirty := "not dirty"
		if f.Dirty != "" {
			dirty = "DIRTY at " + f.Dirty
		}
		counts = append(counts, fmt.Sprintf("%d applied", f.Applied), fmt.Sprintf("%d pending", len(f.Pending)), dirty)
	} else {
		counts = append(counts, plural(len(f.Pending), "file"), "history not read yet")
	}
	text := strings.Join(counts, "   ")
	path := view.Middle(f.Path, max(12, w-view.Width(text)-3))
	role := theme.Plain
	if f.Dirty != "" {
		role = theme.Danger
	}
	return view.L(view.T(" "+path+" "), view.S(role, text))
}

package printed

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/steps/campaign"
	"belay/steps/evidence"
	"belay/steps/fact"
	"belay/tui/look"
)

// Campaign is the board of a campaign: its phases with what was done and whether the next
// one is safe to do, then who uses the old.
func (p Paper) Campaign(b campaign.Board) []string {
	out := []string{p.head(b.Says, p.Plain("campaign "+b.ID+" "+string(b.State)))}
	out = append(out, look.Wrap(p.Plain("by "+b.Owner+", since "+stampOf(b.Since)+", as of "+stampOf(b.At)),
		p.Width)...)
	for _, r := range b.Rows {
		out = append(append(out, ""), p.phase(r)...)
	}
	out = append(out, "")
	if b.Seen != nil {
		out = append(append(out, p.brief(*b.Seen)...), "")
	}
	return append(out, p.Row("next", p.nextOf(b), p.Width)...)
}

// Due is what waits for whom: each campaign with its phase and what comes next.
func (p Paper) Due(all []campaign.Board) []string {
	var out []string
	for _, b := range all {
		mark, role := p.Marks.Asking, look.Attention
		switch {
		case b.Wrong():
			mark, role = p.Marks.Failed, look.Danger
		case b.State != "open":
			mark, role = p.Marks.Done, look.OK
		case b.Waits():
			mark, role = p.Marks.Todo, look.Quiet
		}
		out = append(out,
			p.Marked(role, mark, p.Text(look.Strong, b.Says)+p.Plain("  campaign "+b.ID+" "+string(b.State)),
				p.Width)...)
		row := func(label, text string) { out = append(out, p.indented(2, p.Row(label, text, p.Width-2))...) }
		for _, r := range b.Rows {
			if r.Now {
				row("phase", p.Plain(fmt.Sprintf("%d of %d, %s", r.N, len(b.Rows), r.Title)))
			}
		}
		if b.State == "open" {
			row("next", p.nextOf(b))
		}
		out = append(out, "")
	}
	return out
}

// Phases are the phases of a campaign, the ones that are done on a line each.
func (p Paper) Phases(b campaign.Board) []string {
	var out []string
	for _, r := range b.Rows {
		out = append(out, p.phase(r)...)
	}
	return out
}

// Next is what comes next, with the command for it.
func (p Paper) Next(b campaign.Board) string { return p.nextOf(b) }

// Uses is who uses the old; nil where nobody asked.
func (p Paper) Uses(b campaign.Board) []string {
	if b.Seen == nil {
		return nil
	}
	return p.brief(*b.Seen)
}

// nextOf is what comes next, with the command for it.
func (p Paper) nextOf(b campaign.Board) string {
	next := p.Text(look.Strong, b.Next)
	if b.Do != "" {
		next += p.Plain(": ") + p.Text(look.Accent, b.Do)
	}
	return next
}

// brief is who uses the old on a line for each source; what was seen stands below those
// that speak against a drop.
func (p Paper) brief(r evidence.Report) []string {
	out := []string{p.Text(look.Strong, "who uses "+r.Subject)}
	for _, s := range r.Shown() {
		mark, role, _ := p.level(s.Level)
		line := p.Text(look.Plain, s.Name) + p.Plain(" ") + p.Text(role, s.Verdict)
		out = append(out, p.indented(1, p.Marked(role, mark, line, p.Width-1))...)
		if s.Level == fact.OK {
			continue
		}
		for _, f := range s.Found {
			out = append(out, p.indented(3, look.Wrap(p.Plain(f), p.Width-3))...)
		}
	}
	all := p.Plain("periods and blind spots: ") + p.Text(look.Accent, r.Command())
	return append(out, p.indented(1, look.Wrap(all, p.Width-1))...)
}

// phase is one phase of the board.
func (p Paper) phase(r campaign.Row) []string {
	mark, role := p.Marks.Todo, look.Quiet
	switch {
	case r.State == "done":
		mark, role = p.Marks.Done, look.OK
	case r.Now && r.State == "written":
		mark, role = p.Marks.Running, look.Accent
	case r.Now:
		mark, role = p.Marks.Asking, look.Attention
	}
	title := p.Text(look.Strong, fmt.Sprintf("%d %s", r.N, r.Title))
	if verb, _, _ := strings.Cut(r.Stage, " "); !strings.HasPrefix(r.Title, verb) {
		title += p.Plain(" (" + r.Stage + ")")
	}
	out := p.Marked(role, mark, title, p.Width)
	const in = 2
	row := func(label, text string) {
		out = append(out, p.indented(in, p.Row(label, p.Plain(text), p.Width-in))...)
	}
	if r.State == "done" {
		row("done", strings.TrimPrefix(r.Safe, "done at ")+filesOf(r))
	} else if len(r.Waits) > 0 {
		row("safe?", "not yet: it waits for "+strings.Join(r.Waits, ", "))
	} else {
		row("safe?", r.Safe)
	}
	for i, f := range r.Files {
		if r.State != "done" {
			row(first(i, "files"), f)
		}
	}
	for i, d := range r.Did {
		row(first(i, "did"), d)
	}
	for i, g := range r.Gates {
		word := "waits: "
		if g.Open {
			word = "open: "
		}
		row(first(i, "gates"), word+g.Name+": "+g.Says)
	}
	return out
}

// filesOf counts the files of a phase that is done.
func filesOf(r campaign.Row) string {
	if len(r.Files) == 0 {
		return ""
	}
	return ", " + measure.Plural(len(r.Files), "file")
}

func stampOf(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// first is a label for the first of several rows.
func first(i int, label string) string {
	if i > 0 {
		return ""
	}
	return label
}

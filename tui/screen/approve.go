package screen

import (
	"fmt"

	"belay/steps/state"
	"belay/tui/look"
)

// Approve is where a second person reads all that would run, and then types their name.
var Approve = Screen{
	Name:  "approve",
	Title: "approve",
	Doc: `Advice: whoever approves answers for it as much as who runs it.
In practice: all of it is read before the name can be typed: the files as they would run, the database, the settings, and what was accepted. The approval counts for just that, for a day and for one run; any change voids it. Nobody approves their own run, and who approved does not also say the run's yes.
Measured: a second look that cannot be skipped finds what a glance at the title does not.`,
	Hints: func(_ *state.Run, l Local) []Hint {
		if d := l.Dialog; d != nil && d.AllSeen() {
			return []Hint{{Open, "approve, once the name is exact"}, {Back, "not now"}, {PageUp, "read again"}}
		}
		return []Hint{{PageDown, "read on"}, {Down, "a line"}, {Back, "not now"}}
	},
	Panels: approvePanels,
}

func approvePanels(p page) []look.Panel {
	d := p.local.Dialog
	if d == nil {
		return nil
	}
	return []look.Panel{
		{Name: "paper", Title: "what would run", State: p.seenState(d), Focus: true, Grow: true, Give: 1, Min: 3,
			Lines: func(w int) []string {
				var out []string
				for _, line := range d.Paper.Head {
					out = append(out, look.Wrap(p.Plain(line), w)...)
				}
				for _, file := range d.Paper.Files {
					tokens := p.tokens(file)
					for _, line := range look.Source(file, 1) {
						out = append(out, look.Wrap(p.Code(line, tokens), w)...)
					}
				}
				return out
			}},
		{Name: "consent", Title: "your name", Lines: func(w int) []string {
			if !d.AllSeen() {
				return p.Paragraph(look.Attention, "read it to its end: then your name can be typed here", w, 0)
			}
			return append(d.Field.Lines(w), p.Plain("only this approves it: ")+p.Text(look.Strong, d.Expect))
		}},
	}
}

// Paper is what a second person reads: what stands above the files, and their texts.
type Paper struct {
	Head, Files []string
}

func (p page) seenState(d *Dialog) string {
	if d.AllSeen() {
		return p.Text(look.OK, p.Marks.Done+" all of it was seen")
	}
	return p.Plain(fmt.Sprintf("%d of %s seen", d.Seen, plural(d.Total, "line")))
}

// AllSeen reports whether the whole paper of an approval was on the screen.
func (d *Dialog) AllSeen() bool { return d.Total > 0 && d.Seen >= d.Total }

// See notes which lines of the paper are on the screen now. What lies behind lines that
// were passed over does not count.
func (d *Dialog) See(at look.Placed) {
	d.Total = at.Total
	if at.From <= d.Seen {
		d.Seen = max(d.Seen, min(at.From+at.Height, at.Total))
	}
}

// CanApprove reports whether a second person's approval is asked for, and this screen is
// one's who may give it.
func CanApprove(run *state.Run, l Local) bool {
	a, me := run.Unapproved(), run.Watcher(l.Me)
	return a != nil && me != nil && me.UID != a.UID
}

// approvalCall says what stands before everything else: a second person's approval; "" =
// it does not.
func (p page) approvalCall() string {
	a := p.run.Unapproved()
	switch {
	case a == nil || p.local.Dialog != nil:
		return ""
	case CanApprove(p.run, p.local):
		return a.Who + " needs your approval: a"
	}
	return "waits for a second person: " + a.How
}

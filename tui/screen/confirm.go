package screen

import (
	"strings"

	"belay/sqlview/measure"
	"belay/tui/theme"
	"belay/tui/view"
)

// Confirm is the run dialog, the only place where the database's name is typed.
var Confirm = Screen{
	Name: "confirm",
	Doc: `Advice: know what runs, where, what it blocks and how to go back, before you say yes.
In practice: the name is typed so that a hand that is faster than the eye cannot start a write; a paste is refused, and keys meant for the screen before are not heard. Everything shown here is read again before the first statement is sent.
Measured: most wrong-window accidents are one key long; nobody types a database name by accident.`,
	Keys: []Hint{{Open, "runs once the name is exact"}, {Back, "no, go back"}, {Tab, "buttons"}},
	View: draw("confirm", confirmBody),
}

func confirmBody(p page) []view.Block {
	d := p.local.Dialog
	if d == nil {
		return nil
	}
	env := "a database nobody has named yet"
	if t := p.f.Target; t != nil && t.Environment != "" {
		env = strings.ToUpper(t.Environment)
	}
	verb := "run on "
	switch d.ID {
	case "rollback.confirm":
		verb = "roll back on "
	case "run.takeover":
		verb = "take over on "
	}
	if p.run.Step("backfill") != nil {
		verb = "fill on "
	}
	head := []view.Line{view.L(view.S(theme.Strong, "  "+verb), view.S(environment(p.f.Target).Role, " "+env+" "))}
	if p.h < 14 {
		return []view.Block{
			{Lines: head, Give: 3}, {Lines: tightHeart(p)},
			{Lines: fieldLines(p, d), Fill: true},
		}
	}
	return []view.Block{
		{Lines: head}, view.Gap(),
		{Lines: fromFacts(p, d)},
		{Lines: targetFacts(p), Give: 3, Min: 1},
		{Lines: heartFacts(p)},
		{Lines: fillFacts(p), Give: 2, Min: 1},
		{Lines: undoFacts(p), Give: 2, Min: 1},
		view.Gap(),
		{Lines: fieldLines(p, d), Fill: true},
	}
}

// fromFacts say whose run it is that this host would take over.
func fromFacts(p page, d *Dialog) []view.Line {
	if d.ID != "run.takeover" {
		return nil
	}
	whose, _, _ := strings.Cut(d.Text, "? type")
	return view.Labelled(" asks", 9, theme.Attention, whose+"?", p.w)
}

// targetFacts say where, and which bytes.
func targetFacts(p page) []view.Line {
	var out []view.Line
	if t := p.f.Target; t != nil {
		text := t.Database + " on " + address(t) + ", " + strings.TrimSpace(roleOf(t)) + ", " + t.Version
		if t.SystemID != "" {
			text += ", system " + view.Middle(t.SystemID, 9)
		}
		if t.PinnedAt.IsZero() {
			text += " (first time here)"
		} else {
			text += " (pinned " + t.PinnedAt.In(p.now.Location()).Format("2 Jan") + ")"
		}
		out = append(out, view.Labelled(" target", 9, theme.Plain, text, p.w)...)
	}
	if l := p.f.Plan; l != nil {
		n := 0
		for _, u := range l.Units {
			n += len(u.Statements)
		}
		text := plural(n, "statement") + " in " + plural(len(l.Units), "file") + ", sha " + Short(l.SHA256)
		out = append(out, view.Labelled(" SQL", 9, theme.Plain, text, p.w)...)
		if h := p.f.Heart; h != nil && h.SQL != "" {
			out = append(out, view.L(append([]view.Span{view.T("          ")}, view.Code(view.Source(view.Clean(h.SQL), 1)[0], nil)...)...))
		}
	}
	return out
}

// heartFacts is the heart sentence in the dialog's labelled form. It never gives way.
func heartFacts(p page) []view.Line {
	h := p.f.Heart
	if h == nil {
		return nil
	}
	c := h.Clauses(p.now)
	var out []view.Line
	add := func(label, text string, role theme.Role) {
		if text != "" {
			out = append(out, view.Labelled(label, 9, role, text, p.w)...)
		}
	}
	role := theme.Plain
	now := c.Now
	if len(c.Behind) > 0 {
		now, role = now+" "+strings.Join(c.Behind, ", "), theme.Attention
	}
	if c.Queue != "" {
		now += "; " + c.Queue
	}
	needs := strings.TrimPrefix(c.Needs, "needs ")
	if c.Blocks != "" {
		needs += "; " + c.Blocks
	}
	add(" needs", needs, theme.Plain)
	add(" now", now, role)
	limits := c.Limits
	if l := p.f.Plan; l != nil && l.Limits.Attempts > 0 && !h.Concurrent && h.BatchMS == 0 {
		limits += "; at most " + tries(l.Limits.Attempts)
	}
	add(" limits", limits, theme.Plain)
	return out
}

func tightHeart(p page) []view.Line {
	if p.f.Heart == nil {
		return nil
	}
	return view.HeartTight(*p.f.Heart, p.now, p.w)
}

// undoFacts say what the way back costs and what was accepted.
func undoFacts(p page) []view.Line {
	r := p.f.Review
	if r == nil {
		return nil
	}
	var ways []string
	for _, f := range r.Result.Files {
		for _, s := range f.Statements {
			text := string(s.Reversible)
			if s.Inverse != "" {
				text += ": " + s.Inverse
			}
			if len(ways) == 0 || ways[len(ways)-1] != text {
				ways = append(ways, text)
			}
		}
	}
	var out []view.Line
	if len(ways) > 3 {
		ways = append(ways[:3], "and "+itoa(len(ways)-3)+" more (s)")
	}
	if len(ways) > 0 {
		out = append(out, view.Labelled(" undo", 9, theme.Plain, strings.Join(ways, "; "), p.w)...)
	}
	for rule, reason := range sortedMap(r.Accepted) {
		out = append(out, view.Labelled(" accepted", 10, theme.Plain, rule+": "+reason, p.w)...)
	}
	if h := p.f.Heart; h != nil && h.AcceptedHoldMS > 0 {
		out = append(out, view.Labelled(" hold", 9, theme.Plain, "up to "+measure.MS(h.AcceptedHoldMS)+", accepted", p.w)...)
	}
	return out
}

// fillFacts say what a backfill would do beside its batches.
func fillFacts(p page) []view.Line {
	b := p.f.Backfill
	if b == nil {
		return nil
	}
	out := view.Labelled(" new", 9, theme.Plain, covers(b), p.w)
	var makes []string
	if b.Ledger != "" {
		makes = append(makes, "schema belay for the cursor")
	}
	if p.run.Answers["backfill.trigger"].Answer == "yes" {
		makes = append(makes, "a sync trigger, dropped at the end")
	}
	if len(makes) > 0 {
		out = append(out, view.Labelled(" creates", 9, theme.Plain, strings.Join(makes, "; "), p.w)...)
	}
	if p.f.Review == nil {
		out = append(out, view.Labelled(" undo", 9, theme.Plain, "none without a copy of the values before", p.w)...)
	}
	return out
}

// fieldLines are the field and the two buttons.
func fieldLines(p page, d *Dialog) []view.Line {
	var out []view.Line
	if d.Typed() {
		cursor := "_"
		if d.Buttons {
			cursor = ""
		}
		out = append(out, view.L(view.T("  type the database name to run:  "), view.S(theme.Strong, d.Input+cursor)))
		if p.h >= 14 {
			out = append(out, view.Line{})
		}
	}
	no, yes := "  No, go back  ", ""
	switch {
	case d.Exact() || !d.Typed():
		yes = "  Run on " + d.Expect + "  "
	default:
		yes = "  runs only on: " + d.Expect
	}
	onYes := (d.Buttons && d.Yes) || (!d.Buttons && d.Exact())
	noRole, yesRole := theme.Selected, theme.Plain
	if onYes {
		noRole, yesRole = theme.Plain, theme.Selected
		yes = " >" + yes[1:len(yes)-1] + "< "
	} else {
		no = " > No, go back < "
	}
	indent := strings.Repeat(" ", max(1, p.w/2-28))
	return append(out, view.L(view.T(indent), view.S(noRole, no), view.T("      "), view.S(yesRole, yes)))
}

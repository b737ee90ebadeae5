package screen

import (
	"strings"

	"belay/sqlview"
	"belay/sqlview/effect"
	"belay/steps/fact"
	"belay/tui/theme"
	"belay/tui/view"
)

// Hazard is a finding with its file.
type Hazard struct {
	sqlview.Finding
	Path string
}

// hazardWord sums up hazards: "1 stop, 2 warn", or low where nothing is to see.
func hazardWord(r *fact.Review, hs []sqlview.Finding) view.Span {
	stop, warn := 0, 0
	for _, h := range hs {
		if h.Waived != nil || r.Accepted[h.Rule] != "" {
			continue
		}
		switch h.Severity {
		case "stop":
			stop++
		case "warn":
			warn++
		}
	}
	switch {
	case stop > 0 && warn > 0:
		return view.S(theme.Danger, itoa(stop)+" stop, "+itoa(warn)+" warn")
	case stop > 0:
		return view.S(theme.Danger, itoa(stop)+" stop")
	case warn > 0:
		return view.S(theme.Attention, itoa(warn)+" warn")
	}
	return view.S(theme.OK, "no hazards")
}

// hazardHead is the first line of a hazard's card.
func hazardHead(h Hazard, right string) view.Line {
	role := view.Severity(h.Severity)
	return view.L(view.S(role, " "+h.Severity), view.T("   line "+itoa(h.Line)+"   "), view.S(theme.Strong, h.Rule)).Ends(view.T(right))
}

// hazardLines is what a hazard says: what happens, why, what instead, and
// whether somebody took it on.
func hazardLines(r *fact.Review, h Hazard, w int) []view.Line {
	out := view.Paragraph(theme.Plain, h.Message, w, 1, 0)
	if h.Why != "" {
		out = append(out, view.Labelled("  why", 10, theme.Plain, h.Why, w)...)
	}
	if h.Instead != nil {
		label := "  instead"
		for _, s := range strings.Split(strings.TrimRight(*h.Instead, "\n"), "\n") {
			out = append(out, view.Labelled(label, 10, theme.OK, s, w)...)
			label = ""
		}
	}
	if h.Waived != nil {
		out = append(out, view.Labelled("  waived", 10, theme.Plain, "in the file until "+h.Waived.Until+": "+h.Waived.Reason, w)...)
	}
	if reason := r.Accepted[h.Rule]; reason != "" {
		out = append(out, view.Labelled("  [-]", 10, theme.Plain, "accepted: "+reason, w)...)
	}
	return out
}

// statementLines is a statement's card: what it locks, blocks, rewrites, scans,
// what the way back costs and which code it breaks.
func statementLines(s sqlview.StatementResult, w int) []view.Line {
	var out []view.Line
	add := func(label, text string) {
		if text != "" {
			out = append(out, view.Labelled(label, 11, theme.Plain, text, w)...)
		}
	}
	if !s.Analysed {
		out = append(out, view.Paragraph(theme.Danger, "not analysed: belay cannot say what this statement does", w, 1, 2)...)
	}
	for i, l := range s.Locks {
		label := ""
		if i == 0 {
			label = "locks"
		}
		add(label, l.Mode.String()+" on "+l.Relation+", "+holds(l, s.Duration))
	}
	if len(s.Locks) == 0 && s.Analysed {
		add("locks", "nothing that existed before")
	}
	if len(s.Rewrites) > 0 {
		add("rewrites", strings.Join(s.Rewrites, ", "))
	}
	if len(s.Scans) > 0 {
		add("reads all", strings.Join(s.Scans, ", "))
	}
	if !s.Transactional {
		add("runs", "on its own, outside a transaction")
	}
	back := string(s.Reversible)
	if s.Inverse != "" {
		back += ": " + s.Inverse
	}
	add("way back", back)
	add("breaks", breaks(s.Breaks))
	for _, n := range s.Notes {
		add("note", n)
	}
	return out
}

func holds(l effect.On, d effect.Duration) string {
	who := "only other schema changes wait"
	switch {
	case l.Mode.BlocksReads():
		who = "reads and writes wait"
	case l.Mode.BlocksWrites():
		who = "writes wait"
	}
	return who + " (" + string(d) + ")"
}

func breaks(b effect.Breaks) string {
	switch b {
	case effect.BreaksOld:
		return "OLD code: what runs now and knows the schema before"
	case effect.BreaksNew:
		return "NEW code, as long as this has not run"
	case effect.BreaksNeither:
		return "neither old nor new code"
	}
	return ""
}

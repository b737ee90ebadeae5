package screen

import (
	"slices"
	"strings"

	"belay/steps/journal"
	"belay/tui/look"
)

// Ask is a question: a choice with the cursor on the safe answer, or a field.
var Ask = Screen{
	Name: "ask",
	Doc: `Advice: decide what a machine cannot know.
In practice: every question has a stable name, says what its answer changes, and starts on the safe answer. The answer, and who gave it, goes into the report.
Measured: a preselected yes is answered without being read.`,
	Keys:   []Hint{{Down, "choose"}, {Open, "answer"}, {Back, "not now"}, {PageDown, "scroll"}, {WhoWaits, ""}},
	Panels: askPanels,
}

func askPanels(p page) []look.Panel {
	d := p.local.Dialog
	if d == nil {
		return nil
	}
	why, sql := parted(d.Why)
	return []look.Panel{
		{Name: "question", Title: "needs you", State: p.answerID(d), Give: 1, Min: 4, Lines: func(w int) []string {
			out := p.Paragraph(look.Attention, d.Text, w, 0)
			if why != "" {
				out = append(out, "")
				out = append(out, p.Listing(why, w)...)
			}
			return out
		}},
		{Name: "answer", Title: "your answer", Focus: sql == "", Lines: func(w int) []string {
			return p.answerLines(d, w)
		}},
		p.whole(sql),
		p.context(),
	}
}

// mostSQL is how many lines of SQL stand within a question.
const mostSQL = 6

// parted is what a reason says, and apart from it the SQL that would make the question
// longer than what one must know.
func parted(why string) (says, sql string) {
	lines := strings.Split(strings.TrimRight(why, "\n"), "\n")
	if len(lines) <= mostSQL+1 {
		return why, ""
	}
	from := slices.IndexFunc(lines, func(l string) bool {
		return strings.HasPrefix(l, "--") || strings.HasSuffix(l, ";") || strings.HasSuffix(l, "(")
	})
	if from < 0 {
		return why, ""
	}
	return strings.TrimRight(strings.Join(lines[:from], "\n"), "\n"), strings.Join(lines[from:], "\n")
}

// whole is that SQL, all of it. Of what it makes the title says how much.
func (p page) whole(sql string) look.Panel {
	if sql == "" {
		return look.Panel{Bare: true, Lines: func(int) []string { return nil }}
	}
	return look.Panel{Name: "sql", Title: "its SQL: " + made(sql), Give: 3, Min: 3, Focus: true,
		Lines: func(w int) []string { return p.Listing(sql, w) }}
}

// made is what an SQL text creates, by kind: "1 schema, 9 tables".
func made(sql string) string {
	var kinds []string
	n := map[string]int{}
	for l := range strings.SplitSeq(sql, "\n") {
		rest, ok := strings.CutPrefix(l, "CREATE ")
		if !ok {
			continue
		}
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, "OR REPLACE "), "UNIQUE ")
		kind, _, _ := strings.Cut(strings.ToLower(rest), " ")
		if n[kind]++; n[kind] == 1 {
			kinds = append(kinds, kind)
		}
	}
	for i, k := range kinds {
		kinds[i] = plural(n[k], k)
	}
	if len(kinds) == 0 {
		return plural(strings.Count(sql, "\n")+1, "line")
	}
	return strings.Join(kinds, ", ")
}

// context is what helps to answer: the card of the lock, as long as it is of this
// moment; in a run that waits who was in its way, else what happened last.
func (p page) context() look.Panel {
	h := p.f.Heart
	if p.run.Opened != nil && (h == nil || p.run.InHand() == nil || p.now.Sub(h.At) > staleAfter) {
		if len(p.holds(80)) > 0 {
			return look.Panel{Name: "holds", Title: "who was in the way", Give: 2, Grow: true, Lines: p.holds}
		}
		return p.newest()
	}
	if h == nil {
		return look.Panel{Bare: true, Grow: true, Lines: func(int) []string { return nil }}
	}
	head := "first to run"
	if p.run.InHand() != nil {
		head = "it runs now"
		if p.stands() {
			head = "it was begun, and nothing of it runs now"
		}
	}
	panel := p.heart(p.heartTitle(head))
	panel.Give, panel.Grow = 2, true
	return panel
}

// answerID says how an answers file names the question.
func (p page) answerID(d *Dialog) string {
	if d.Own() {
		return ""
	}
	return p.Plain("in an answers file: " + d.ID)
}

func (p page) answerLines(d *Dialog, w int) []string {
	if !d.Typed() {
		return p.choices(d.Options, clamp(d.Cursor, len(d.Options)), w)
	}
	out := d.Field.Lines(w)
	switch {
	case d.Expect != "":
		out = append(out, "", p.Plain("only this counts as a yes: ")+p.Text(look.Strong, d.Expect))
	case d.Wants == journal.Words:
		out = append(out, "", p.Plain("in your own words; it goes into the report"))
	case d.Wants == journal.Span:
		out = append(out, "", p.Plain("a time, such as 40s or 2min"))
	}
	return out
}

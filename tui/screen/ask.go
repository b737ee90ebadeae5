package screen

import (
	"iter"
	"maps"
	"slices"

	"belay/steps/journal"
	"belay/tui/theme"
	"belay/tui/view"
)

// Ask is a question: a choice with the cursor on the safe answer, or a field.
var Ask = Screen{
	Name: "ask",
	Doc: `Advice: decide what a machine cannot know.
In practice: every question has a stable name, says what its answer changes, and starts on the safe answer. The answer, and who gave it, goes into the report.
Measured: a preselected yes is answered without being read.`,
	Keys: []Hint{{Down, "choose"}, {Open, "answer"}, {Back, "not now"}, {WhoWaits, ""}},
	View: draw("ask", askBody),
}

func askBody(p page) []view.Block {
	d := p.local.Dialog
	if d == nil {
		return nil
	}
	head := append([]view.Line{{}}, view.Paragraph(theme.Attention, d.Text, p.w, 2, 0)...)
	if d.Why != "" {
		head = append(head, view.Line{})
		head = append(head, view.Listing(theme.Plain, d.Why, p.w, 2)...)
	}
	head = append(head, view.Line{})
	var foot []view.Line
	if d.Typed() {
		for i, s := range view.Wrap(d.Input+"_", p.w-6, 0) {
			mark := "    "
			if i == 0 {
				mark = "  > "
			}
			foot = append(foot, view.L(view.T(mark), view.S(theme.Strong, s)))
		}
		foot = append(foot, view.Line{})
		if d.Wants == journal.Words && d.Why == "" {
			foot = append(foot, view.Text("  a reason in your own words; it goes into the report"))
		}
		foot = append(foot, view.L(view.T("  "), view.S(theme.Key, "enter"), view.T(" answers   "), view.S(theme.Key, "esc"), view.T(" not now")))
	} else {
		foot = choices(d.Options, clamp(d.Cursor, len(d.Options)), p.w)
	}
	name := ""
	if d.ID != "stop" && d.ID != "back" {
		name = "  in an answers file: " + d.ID
	}
	return []view.Block{{Lines: passed(head, d.Scroll, p.h-len(foot)-1)}, {Lines: foot, Fill: true}, {Lines: []view.Line{view.Text(name)}, Give: 3}}
}

// passed is the part of a text that is seen in n lines, with the way to the rest.
func passed(lines []view.Line, scroll, n int) []view.Line {
	if n = max(n, 3); len(lines) <= n {
		return lines
	}
	from := min(max(scroll, 0), len(lines)-n+1)
	rest := len(lines) - from - n + 1
	word := "pgup goes back"
	if rest > 0 {
		word = "pgdn shows " + plural(rest, "more line")
	}
	return append(slices.Clone(lines[from:from+n-1]), view.L(view.S(theme.Attention, "  … "+word)))
}

// sortedMap goes through a map in the order of its keys.
func sortedMap(m map[string]string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}

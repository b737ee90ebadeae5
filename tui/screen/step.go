package screen

import (
	"encoding/json"
	"maps"
	"slices"

	"belay/steps/fact"
	"belay/steps/state"
	"belay/tui/theme"
	"belay/tui/view"
)

// Step is the screen of a step that has none of its own: its state, its
// question, what the log says of it.
var Step = Screen{
	Name: "step",
	Doc: `Advice: go through the list from top to bottom.
In practice: a step that only reads runs by itself; one that needs you says so with [?].
Measured: this step has no screen of its own; the log holds all that it did.`,
	Keys: []Hint{{Open, "next"}, {RunIt, ""}, {ShowLog, ""}, {WhoWaits, ""}},
	View: draw("step", stepBody),
}

func stepBody(p page) []view.Block {
	preset := presets(p, p.local.Screen)
	blocks := append(stepBlocks(p, p.local.Screen), view.Block{Lines: asked(p, p.local.Screen), Give: 2, Min: 2},
		view.Block{Lines: preset, Give: 3, Min: 2})
	var lines []view.Line
	for _, i := range sorted(itemsOf(p.run, p.local.Screen)) {
		lines = append(lines, itemLines(i, p.w)...)
	}
	if len(lines) > 0 {
		lines = append(lines, view.Line{})
	}
	said := logLines(p, p.local.Screen)
	if len(preset) == 0 {
		return append(blocks, p.scrolled(p.local.Screen, append(lines, said...)))
	}
	// What may still be chosen stays before what was said.
	items := p.scrolled(p.local.Screen, lines)
	items.Fill = false
	return append(blocks, items, view.Block{Lines: said, Give: 5, Fill: true})
}

// itemsOf are the items of a step's observations.
func itemsOf(run *state.Run, step string) []fact.Item {
	var out []fact.Item
	for _, name := range slices.Sorted(maps.Keys(run.Facts)) {
		var has struct {
			Items []fact.Item `json:"items"`
		}
		if f := run.Facts[name]; f.Step == step && json.Unmarshal(f.Value, &has) == nil {
			out = append(out, has.Items...)
		}
	}
	return out
}

// stepBlocks is a step's own word: its summary, and what would lift it.
func stepBlocks(p page, id string) []view.Block {
	s := p.run.Step(id)
	if s == nil || s.Summary == "" {
		return nil
	}
	lines := view.Paragraph(view.Mark(s.Status).Role, string(s.Status)+": "+s.Summary, p.w, 1, 2)
	if s.Hint != "" {
		lines = append(lines, view.Paragraph(theme.Plain, "-> "+s.Hint, p.w, 1, 3)...)
	}
	return []view.Block{{Lines: append(lines, view.Line{})}}
}

// presetsOf are the questions of a step that the yes which opens the run answers.
func presetsOf(run *state.Run, step string) []state.Question {
	var out []state.Question
	for _, q := range run.Questions {
		if q.Step == step && q.Preset {
			out = append(out, q)
		}
	}
	return out
}

// presets are those questions, each with its answers, so that another can be chosen
// before.
func presets(p page, step string) []view.Line {
	var out []view.Line
	for _, q := range presetsOf(p.run, step) {
		out = append(out, view.Paragraph(theme.Strong, q.Text, p.w, 1, 0)...)
		if q.Why != "" {
			out = append(out, view.Paragraph(theme.Plain, q.Why, p.w, 1, 0)...)
		}
		out = append(out, view.Line{})
		options, preset := Options(q, p.run.ID)
		for n, o := range options {
			mark, role := "    ", theme.Plain
			if n == preset {
				mark, role = "  * ", theme.Strong
			}
			out = append(out, view.Paragraph(role, mark+o.Label, p.w, 1, 6)...)
		}
		out = append(out, view.Line{},
			view.L(view.T(" * is taken with the yes that opens the run; "), view.S(theme.Key, "enter"), view.T(" chooses another")), view.Line{})
	}
	return out
}

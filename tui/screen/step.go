package screen

import (
	"encoding/json"

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
	blocks := append(stepBlocks(p, p.local.Screen), view.Block{Lines: asked(p, p.local.Screen), Give: 2, Min: 2})
	var lines []view.Line
	for _, i := range sorted(itemsOf(p.run, p.local.Screen)) {
		lines = append(lines, itemLines(i, p.w)...)
	}
	if len(lines) > 0 {
		lines = append(lines, view.Line{})
	}
	return append(blocks, p.scrolled(p.local.Screen, append(lines, logLines(p, p.local.Screen)...)))
}

// itemsOf are the items of the observation that is called as the step is.
func itemsOf(run *state.Run, step string) []fact.Item {
	var has struct {
		Items []fact.Item `json:"items"`
	}
	if json.Unmarshal(run.Facts[step].Value, &has) != nil {
		return nil
	}
	return has.Items
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

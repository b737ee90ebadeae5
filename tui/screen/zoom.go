package screen

import "belay/tui/look"

// Zoom is the live pane on the whole screen.
var Zoom = Screen{
	Name:  "zoom",
	Title: "live",
	Over:  true,
	Doc:   waitsDoc,
	Keys:  []Hint{{Cancel, ""}, {WhoWaits, ""}, {EndIt, ""}, {Copy, "copy"}},
	Panels: func(p page) []look.Panel {
		var panels []look.Panel
		if u := p.run.InHand(); u != nil && Filling(p.run, p.f) == nil {
			panels = append(panels, p.trying(u))
		}
		tree := p.waiting()
		tree.Give, tree.Min, tree.Right = 1, 4, false
		return append(panels, tree, p.tables(), p.builds(), p.newest())
	},
}

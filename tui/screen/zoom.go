package screen

import (
	"belay/tui/view"
)

// Zoom is the live pane on the whole screen.
var Zoom = Screen{
	Name:  "zoom",
	Title: "live",
	Over:  true,
	Doc:   Waits.Doc,
	Keys:  []Hint{{Cancel, ""}, {WhoWaits, ""}, {Copy, "copy"}},
	View:  draw("zoom", zoomBody),
}

func zoomBody(p page) []view.Block {
	blocks := []view.Block{}
	if u := p.run.InHand(); u != nil {
		blocks = append(blocks, view.Block{Lines: tryLines(p, u), Give: 5, Min: 1}, view.Block{Lines: []view.Line{view.Rule(p.w)}, Give: 5})
	}
	return append(blocks,
		view.Block{Lines: treeLines(p), Give: 1, Min: 4},
		view.Block{Lines: []view.Line{view.Rule(p.w)}, Give: 3},
		view.Block{Lines: tableLines(p, 0), Give: 2, Min: 3},
		view.Block{Lines: progressLines(p), Give: 1},
		view.Block{Lines: sessionLine(p), Give: 1, Fill: true})
}

package screen

import (
	"slices"

	"belay/sqlview/measure"
	"belay/steps/state"
	"belay/tui/look"
)

// Preflight is what was checked just before a run.
var Preflight = Screen{
	Name: "preflight",
	Doc: `Advice: look at the server before you change it: long transactions, a running backup, invalid indexes, room for connections.
In practice: one forgotten transaction is enough to hold up an ALTER TABLE, and everybody behind it. belay reads all of this again in the moment of the run.
Measured: an ALTER TABLE that waits for a lock stalls every later reader of the table, although it has not begun.`,
	Hints: func(run *state.Run, l Local) []Hint {
		return slices.Insert(stepHints(run, l), 1, Hint{Unedit, ""}, Hint{Number, ""})
	},
	Panels: func(p page) []look.Panel {
		f := p.f.Preflight
		if f == nil {
			return p.stepPanels(atPreflight)
		}
		state := p.tally(f.Items) + "  " + p.Plain(measure.Age(p.now.Sub(p.f.At[f.Fact()])))
		return []look.Panel{
			p.asked(atPreflight), p.presets(atPreflight),
			{
				Name: "checks", Title: plural(len(f.Items), "check"), State: state, Focus: true, Give: 1, Min: 3,
				Grow: true, Lines: func(w int) []string { return p.items(f.Items, w) },
			},
		}
	},
}

package screen

import (
	"belay/sqlview/measure"
	"belay/tui/theme"
	"belay/tui/view"
)

// Preflight is what was checked just before a run.
var Preflight = Screen{
	Name: "preflight",
	Doc: `Advice: look at the server before you change it: long transactions, a running backup, invalid indexes, room for connections.
In practice: one forgotten transaction is enough to hold up an ALTER TABLE, and everybody behind it. belay reads all of this again in the moment of the run.
Measured: an ALTER TABLE that waits for a lock stalls every later reader of the table, although it has not begun.`,
	Keys: []Hint{{Open, "next"}, {RunIt, ""}, {WhoWaits, ""}, {Down, "scroll"}, {ShowLog, ""}},
	View: draw("preflight", preflightBody),
}

func preflightBody(p page) []view.Block {
	f := p.f.Preflight
	if f == nil {
		return []view.Block{{Lines: []view.Line{{}, view.Text(" not checked yet")}}}
	}
	stop, look := 0, 0
	var lines []view.Line
	for _, i := range sorted(f.Items) {
		switch i.Level {
		case "stop":
			stop++
		case "look":
			look++
		}
		lines = append(lines, itemLines(i, p.w)...)
	}
	head := view.L(view.S(theme.Strong, " "+plural(len(f.Items), "check")), view.T(": "+itoa(stop)+" stop, "+itoa(look)+" to look at")).
		Ends(view.T(measure.Age(p.now.Sub(p.f.At["preflight"]))))
	return []view.Block{{Lines: asked(p, "preflight"), Give: 2, Min: 2}, {Lines: []view.Line{head, {}}}, p.scrolled("preflight", lines)}
}

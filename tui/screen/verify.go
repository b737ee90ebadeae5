package screen

import (
	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/tui/theme"
	"belay/tui/view"
)

// Verify is what the database answered after the run.
var Verify = Screen{
	Name: "verify",
	Doc: `Advice: check that the migration was recorded: the newest rows of the history table.
In practice: a row in a table is not the change itself. belay reads the row and the catalog: the column, the index and whether it is valid, the constraint and whether it is validated.
Measured: an index build that was cancelled leaves an INVALID index, and IF NOT EXISTS then calls it done.`,
	Keys: []Hint{{Open, "next"}, {Down, "scroll"}, {ShowLog, ""}, {WhoWaits, ""}},
	View: draw("verify", verifyBody),
}

func verifyBody(p page) []view.Block {
	v := p.f.Verified
	if v == nil {
		return append(stepBlocks(p, "verify"), p.scrolled("verify", []view.Line{{}, view.Text(" not asked yet: this follows the run by itself")}))
	}
	lines := []view.Line{}
	for _, i := range sorted(v.Items) {
		lines = append(lines, itemLines(i, p.w)...)
	}
	if len(v.History) > 0 {
		lines = append(lines, view.Line{}, view.L(view.S(theme.Strong, " newest rows of the history table")))
		lines = append(lines, historyLines(v.History, p.w)...)
	}
	head := view.L(view.S(theme.Strong, " asked the database")).Ends(view.T(measure.Age(p.now.Sub(p.f.At["verified"]))))
	return []view.Block{{Lines: []view.Line{head, {}}}, p.scrolled("verify", lines)}
}

func historyLines(rows []fact.HistoryRow, w int) []view.Line {
	cols := []view.Column{{Head: "version"}, {Head: "name"}, {Head: "at"}, {Head: "dirty"}}
	var cells [][]string
	for _, r := range rows {
		dirty := "no"
		if r.Dirty {
			dirty = "YES"
		}
		cells = append(cells, []string{r.Version, dash(r.Name), dash(r.At), dirty})
	}
	return view.Table(cols, cells, w)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

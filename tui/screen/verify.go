package screen

import (
	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/tui/look"
)

// Verify is what the database answered after the run.
var Verify = Screen{
	Name: "verify",
	Doc: `Advice: check that the migration was recorded: the newest rows of the history table.
In practice: a row in a table is not the change itself. belay reads the row and the catalog: the column, the index and whether it is valid, the constraint and whether it is validated.
Measured: an index build that was cancelled leaves an INVALID index, and IF NOT EXISTS then calls it done.`,
	Keys: []Hint{{Open, "next"}, {Down, "scroll"}, {ShowLog, ""}, {WhoWaits, ""}},
	Panels: func(p page) []look.Panel {
		v := p.f.Verified
		if v == nil {
			return p.stepPanels(atVerify)
		}
		state := p.tally(v.Items) + "  " + p.Plain(measure.Age(p.now.Sub(p.f.At[v.Fact()])))
		return []look.Panel{
			p.result(),
			{
				Name: "answers", Title: "what the database says", State: state, Focus: true, Give: 1, Min: 2,
				Lines: func(w int) []string { return p.items(v.Items, w) },
			},
			{Name: "history", Title: "newest rows of the history table", Give: 2, Min: 2, Lines: func(w int) []string {
				return p.history(v.History, w)
			}},
			p.newest(),
		}
	},
}

func (p page) history(rows []fact.HistoryRow, w int) []string {
	cols := []look.Column{{Head: "version"}, {Head: "name", Least: 8, Name: true}, {Head: "at"}, {Head: "dirty"}}
	var cells [][]string
	for _, r := range rows {
		dirty := p.Plain("no")
		if r.Dirty {
			dirty = p.Text(look.Danger, "YES")
		}
		cells = append(cells, []string{
			p.Text(look.Strong, r.Version), p.Plain(dash(r.Name)), p.Plain(dash(r.At)), dirty,
		})
	}
	return p.Table(cols, cells, w)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

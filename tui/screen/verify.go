package screen

import (
	"slices"

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
	// Not every tool's table has a name and a time: a column without any is left out.
	named := slices.ContainsFunc(rows, func(r fact.HistoryRow) bool { return r.Name != "" })
	timed := slices.ContainsFunc(rows, func(r fact.HistoryRow) bool { return r.At != "" })
	cols := []look.Column{{Head: "version"}}
	if named {
		cols = append(cols, look.Column{Head: "name", Least: 8, Name: true})
	}
	if timed {
		cols = append(cols, look.Column{Head: "at"})
	}
	cols = append(cols, look.Column{Head: "dirty"})
	var cells [][]string
	for _, r := range rows {
		dirty := p.Plain("no")
		if r.Dirty {
			dirty = p.Text(look.Danger, "YES")
		}
		row := []string{p.Text(look.Strong, r.Version)}
		if named {
			row = append(row, p.Plain(dash(r.Name)))
		}
		if timed {
			row = append(row, p.Plain(dash(r.At)))
		}
		cells = append(cells, append(row, dirty))
	}
	return p.Table(cols, cells, w)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

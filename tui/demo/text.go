package demo

import (
	"fmt"

	"belay/sqlview/lane"
	"belay/sqlview/measure"
	"belay/tui/theme"
	"belay/tui/view"
)

func (p picture) paragraph(role theme.Role, text string) []view.Line {
	return view.Paragraph(role, text, p.size.Width-1, 1, 0)
}

func (p picture) starting() []view.Line {
	out := append([]view.Line{{}}, p.paragraph(theme.Strong, p.state.Doing)...)
	return append(out, p.paragraph(theme.Plain, "no network; "+gone)...)
}

func (p picture) failed() []view.Line {
	out := append([]view.Line{{}}, p.paragraph(theme.Danger, p.state.Err)...)
	if p.state.Hint != "" {
		out = append(out, p.paragraph(theme.Plain, p.state.Hint)...)
	}
	return out
}

// opening is what stands before the first lane.
func (p picture) opening() []view.Line {
	out := p.paragraph(theme.Plain, fmt.Sprintf("orders has %s rows and is in use. A monthly report has read it and was "+
		"left in its transaction; an export reads another table in one snapshot. Two statements are to be run:",
		measure.Grouped(p.state.Server.Rows)))
	out = append(out, view.Line{},
		view.L(view.T("   "), view.S(theme.Strong, "ALTER TABLE"), view.T(" orders ADD COLUMN note text")),
		view.L(view.T("   "), view.S(theme.Strong, "CREATE INDEX CONCURRENTLY"), view.T(" orders_customer_id_idx ON orders (customer_id)")),
		view.Line{})
	return append(out, p.paragraph(theme.Plain, "The same server and the same two sessions in the way, three times: as most "+
		"people run it, by a good runbook, and by belay. Watch the line.")...)
}

// outcome is the lane in one sentence, once it is over.
func (p picture) outcome() []view.Line {
	if p.state.Phase != lane.Ready {
		return nil
	}
	text, good := verdict(p.state.Lane, p.state.Results)
	if text == "" {
		return nil
	}
	mark := view.S(theme.Danger, " [!] ")
	if good {
		mark = view.S(theme.OK, " [x] ")
	}
	var out []view.Line
	for i, s := range view.Wrap(text, p.size.Width-6, 0) {
		l := view.L(view.T("     "), view.S(theme.Strong, s))
		if i == 0 {
			l.Left[0] = mark
		}
		out = append(out, l)
	}
	return append([]view.Line{{}}, out...)
}

// verdict is a lane's result in words.
func verdict(name lane.Name, r lane.Results) (text string, good bool) {
	switch {
	case name == lane.Careless && r.Careless != nil:
		return fmt.Sprintf("stopped: %s waited over 1 s, the longest %s, and nothing is done",
			measure.Plural(r.Careless.Blocked, "request"), lane.Seconds(r.Careless.MaxMS)), false
	case name == lane.Runbook && r.Runbook != nil:
		index := "valid"
		if !r.Runbook.IndexValid {
			index = "INVALID, and nobody was told"
		}
		return fmt.Sprintf("exit %d; %s waited over 1 s, the longest %s; the index is %s", r.Runbook.Exit,
			measure.Plural(r.Runbook.Blocked, "request"), lane.Seconds(r.Runbook.MaxMS), index), r.Runbook.IndexValid
	case name == lane.Belay && r.Belay != nil:
		word := "not applied"
		if r.Belay.Applied {
			word = fmt.Sprintf("applied at attempt %d", r.Belay.Attempts)
		}
		return fmt.Sprintf("%s; the longest request took %s; the index is %s", word, lane.Seconds(r.Belay.MaxMS),
			map[bool]string{true: "valid", false: "INVALID"}[r.Belay.IndexValid]), r.Belay.Applied && r.Belay.IndexValid
	case name == lane.Cut && r.Cut != nil:
		return fmt.Sprintf("%s; how it knows: %s, read by a fresh connection. Nothing was sent twice.", r.Cut.Said, r.Cut.How),
			r.Cut.Said == r.Cut.Truth
	}
	return "", false
}

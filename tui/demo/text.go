package demo

import (
	"fmt"

	"belay/sqlview/measure"
	"belay/steps/demo/lane"
	"belay/tui/look"
)

func (p picture) starting(w int) []string {
	return []string{
		p.Spin(p.now.UnixMilli()/250) + " " + p.Cut(p.Text(look.Strong, p.state.Doing), w-2), "",
		p.Plain("no network; " + gone),
	}
}

func (p picture) failed(w int) []string {
	out := p.Paragraph(look.Danger, p.state.Err, w, 0)
	if p.state.Hint != "" {
		out = append(out, p.Row("do", p.Plain(p.state.Hint), w)...)
	}
	return out
}

// opening is what stands before the first lane.
func (p picture) opening(w int) []string {
	out := p.Paragraph(look.Plain,
		fmt.Sprintf("orders has %s rows and is in use. A monthly report has read it and was "+
			"left in its transaction; an export reads another table in one snapshot. Two statements are to be run:",
			measure.Grouped(p.state.Server.Rows)), w, 0)
	out = append(out, "",
		"  "+p.Text(look.Keyword, "ALTER TABLE")+p.Plain(" orders ADD COLUMN note text"),
		"  "+p.Text(look.Keyword, "CREATE INDEX CONCURRENTLY")+
			p.Plain(" orders_customer_id_idx ON orders (customer_id)"), "")
	return append(out,
		p.Paragraph(look.Plain, "The same server and the same two sessions in the way, three times: as most "+
			"people run it, by a good runbook, and by belay. Watch how many are answered.", w, 0)...)
}

// outcome is the lane in one sentence, once it is over.
func (p picture) outcome(w int) []string {
	if p.state.Phase != lane.Ready {
		return nil
	}
	text, good := verdict(p.state.Lane, p.state.Results)
	if text == "" {
		return nil
	}
	sign, role := p.Marks.Failed, look.Danger
	if good {
		sign, role = p.Marks.Done, look.OK
	}
	return append([]string{""}, p.Marked(role, sign, p.Text(look.Strong, text), w)...)
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
		return fmt.Sprintf("%s; how it knows: %s, read by a fresh connection. Nothing was sent twice.", r.Cut.Said,
				r.Cut.How),
			r.Cut.Said == r.Cut.Truth
	}
	return "", false
}

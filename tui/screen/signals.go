package screen

import (
	"slices"
	"strings"

	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/tui/look"
)

// signals are the throttle signals, those over their limit first.
func (p page) signals(f *fact.Filling) look.Panel {
	panel := look.Panel{Name: "signals", Title: "slows down or waits when", Give: 4, Min: 2}
	if f.State == fact.FillDone || f.State == fact.FillElsewhere {
		panel.Lines = func(int) []string { return nil }
		return panel
	}
	over := slices.ContainsFunc(f.Signals, func(s fact.Reading) bool { return overLimit(s) == 0 })
	switch age := p.fillAge(f); {
	case over:
		panel.State = p.Text(look.Attention, "not all clear")
	case age > late:
		panel.State = p.Text(look.Stale, "as of "+measure.Duration(age)+" ago")
	default:
		panel.State = p.Text(look.OK, "all clear")
	}
	panel.Lines = func(w int) []string {
		var here, absent []fact.Reading
		for _, s := range f.Signals {
			if s.Absent {
				absent = append(absent, s)
			} else {
				here = append(here, s)
			}
		}
		all := here
		slices.SortStableFunc(all, func(a, b fact.Reading) int { return overLimit(a) - overLimit(b) })
		cols := []look.Column{{Least: 12}, {Right: true}, {}, {}, {Least: 10}}
		var rows [][]string
		for _, s := range all {
			rows = append(rows, p.signalRow(s, w))
		}
		out := p.Table(cols, rows, w)
		if len(absent) > 0 {
			names := make([]string, len(absent))
			for i, s := range absent {
				names[i] = s.Value
			}
			out = append(out, p.Row("not here", p.Plain(strings.Join(names, " "+p.Marks.Dot+" ")), w)...)
		}
		return out
	}
	return panel
}

func (p page) signalRow(s fact.Reading, w int) []string {
	role, word := look.OK, "ok"
	switch {
	case s.Unread != "":
		role, word = look.Attention, "cannot be read: waits"
	case s.Action != "":
		role, word = look.Attention,
			map[string]string{"halve": "smaller batches", "wait": "waits", "pause": "pauses"}[s.Action]
	case s.Note != "":
		word += ", " + s.Note
	}
	if s.Action != "" && !s.Since.IsZero() {
		word += " for " + measure.Duration(max(p.now.Sub(s.Since), 0))
	}
	what := s.What
	if what == "" {
		what = strings.ReplaceAll(s.Name, "_", " ")
	}
	limit := ""
	if s.Limit != "" {
		limit = "limit " + s.Limit
	}
	return []string{
		p.Plain(what), p.Plain(s.Value), p.Plain(limit), p.trend(role, "signal/"+s.Name, w), p.Text(role, word),
	}
}

// overLimit puts what is over its limit first.
func overLimit(s fact.Reading) int {
	if s.Action != "" || s.Unread != "" {
		return 0
	}
	return 1
}

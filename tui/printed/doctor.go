package printed

import (
	"fmt"

	"belay/steps/doctor"
	"belay/steps/fact"
	"belay/tui/look"
)

// Doctor is an examination: each subject with its checks, then what they come to.
func (p Paper) Doctor(parts []doctor.Part) []string {
	var out []string
	stops, looks := 0, 0
	for _, part := range parts {
		out = append(out, p.head(part.Name, ""))
		for _, i := range part.Items {
			out = append(out, p.item(1, i)...)
			switch i.Level {
			case fact.Stop:
				stops++
			case fact.Look:
				looks++
			}
		}
		out = append(out, "")
	}
	return append(out, p.comesTo(stops, looks)...)
}

// comesTo is the sum of checks.
func (p Paper) comesTo(stops, looks int) []string {
	switch {
	case stops > 0:
		return []string{
			p.Text(look.Danger, fmt.Sprintf("%s %d against a run", p.Marks.Failed, stops)) +
				p.Plain(fmt.Sprintf(", %d to look at", looks)),
		}
	case looks > 0:
		return []string{
			p.Text(look.Attention, fmt.Sprintf("%s %d to look at", p.Marks.Look, looks)) +
				p.Plain(", nothing against a run"),
		}
	}
	return []string{p.Text(look.OK, p.Marks.Done+" nothing against a run")}
}

package screen

import (
	"encoding/json"
	"maps"
	"slices"

	"belay/steps/fact"
	"belay/steps/state"
	"belay/tui/look"
)

// item is one line of a check, with its hint below where it is not ok.
func (p page) item(i fact.Item, w int) []string {
	sign, role := p.Marks.Look, look.Attention
	switch i.Level {
	case fact.OK:
		sign, role = p.Marks.Done, look.OK
	case fact.Stop:
		sign, role = p.Marks.Failed, look.Danger
	}
	out := p.Marked(role, sign, p.Plain(i.Text), w)
	if i.Hint != "" && i.Level != fact.OK {
		out = append(out, p.Marked(look.Plain, " ", p.Plain("do: "+i.Hint), w)...)
	}
	return out
}

// items is a list of checks, what stops first.
func (p page) items(all []fact.Item, w int) []string {
	var out []string
	for _, i := range sorted(all) {
		out = append(out, p.item(i, w)...)
	}
	return out
}

// tally counts checks by what they ask for.
func (p page) tally(all []fact.Item) string {
	stop, see := 0, 0
	for _, i := range all {
		switch i.Level {
		case fact.Stop:
			stop++
		case fact.Look:
			see++
		}
	}
	switch {
	case stop > 0:
		return p.Text(look.Danger, itoa(stop)+" stop") + p.Plain(", "+itoa(see)+" to look at")
	case see > 0:
		return p.Text(look.Attention, itoa(see)+" to look at")
	}
	return p.Text(look.OK, "all well")
}

// sorted puts what stops first, then what is to look at, then what is well.
func sorted(items []fact.Item) []fact.Item {
	var out []fact.Item
	for _, level := range []fact.Level{fact.Stop, fact.Look, fact.OK} {
		for _, i := range items {
			if i.Level == level || (level == fact.OK && i.Level != fact.Stop && i.Level != fact.Look) {
				out = append(out, i)
			}
		}
	}
	return out
}

// itemsOf are the items of a step's observations.
func itemsOf(run *state.Run, step string) []fact.Item {
	var out []fact.Item
	for _, name := range slices.Sorted(maps.Keys(run.Facts)) {
		var has struct {
			Items []fact.Item `json:"items"`
		}
		if f := run.Facts[name]; f.Step == step && json.Unmarshal(f.Value, &has) == nil {
			out = append(out, has.Items...)
		}
	}
	return out
}

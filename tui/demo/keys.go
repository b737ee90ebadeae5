package demo

import (
	"slices"

	"belay/sqlview/lane"
	"belay/tui/theme"
	"belay/tui/view"
)

type hint struct{ key, label string }

// keys are those that do something now.
func (p picture) keys() view.Line {
	own := p.hints()
	if p.help {
		return keysOf([]hint{{"esc", "back"}, {"q", "leave"}})
	}
	// Why and leave always stay; of the others the first.
	for {
		l := keysOf(append(slices.Clone(own), hint{"?", "why"}, hint{"q", "leave"}))
		if len(own) < 2 || lineWidth(l) <= p.size.Width {
			return l
		}
		own = own[:len(own)-1]
	}
}

func lineWidth(l view.Line) int {
	n := 0
	for _, s := range l.Left {
		n += view.Width(s.Text)
	}
	return n
}

func keysOf(hints []hint) view.Line {
	l := view.L(view.T(" "))
	for i, h := range hints {
		if i > 0 {
			l.Left = append(l.Left, view.T("   "))
		}
		l.Left = append(l.Left, view.S(theme.Key, h.key), view.T(" "+h.label))
	}
	return l
}

func (p picture) hints() []hint {
	if p.state.Phase != lane.Ready {
		return nil
	}
	cut := hint{"x", "cut the connection at COMMIT"}
	if p.scene == ending {
		own := []hint{{"enter", "the guide here"}, {"space", "a backfill"}, {"m", "your ./migrations"}}
		if p.state.Results.Cut == nil {
			own = []hint{{"enter", "the guide"}, {"space", "a backfill"}, {"x", "cut"}, {"m", "your own"}}
		}
		return own
	}
	switch name, ok := due(p.state.Results); {
	case ok:
		return []hint{{"enter", "run it: " + steps[name]}, {"m", "your own ./migrations"}}
	case p.state.Results.Cut == nil:
		return []hint{cut, {"enter", "the table of the three"}}
	}
	return []hint{{"enter", "the table of the three"}}
}

// steps are the lanes as the footer calls them.
var steps = map[lane.Name]string{
	lane.Careless: "1 careless", lane.Runbook: "2 by a runbook", lane.Belay: "3 by belay",
}

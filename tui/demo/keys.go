package demo

import (
	"charm.land/bubbles/v2/key"

	"belay/steps/demo/lane"
	"belay/tui/screen"
)

// hint is a key with what it does now.
func hint(shown, label string) key.Binding {
	return key.NewBinding(key.WithKeys(shown), key.WithHelp(shown, label))
}

// keys are those that do something now. Why and leave always stay; of the others the
// first.
func (p picture) keys() string {
	all := append(p.hints(), hint("?", "why"), hint("q", "leave"))
	if p.help {
		all = []key.Binding{hint("j k", "scroll"), hint("esc", "back"), hint("q", "leave")}
	}
	return screen.FitKeys(p.Look, p.size.Width, all, 2)
}

func (p picture) hints() []key.Binding {
	if p.state.Phase != lane.Ready {
		return nil
	}
	if p.scene == ending {
		own := []key.Binding{
			hint("enter", "the guide here"), hint("space", "a backfill"), hint("m", "your ./migrations"),
		}
		if p.state.Results.Cut == nil {
			own = []key.Binding{
				hint("enter", "the guide"), hint("space", "a backfill"), hint("x", "cut"), hint("m", "your own"),
			}
		}
		return own
	}
	switch name, ok := due(p.state.Results); {
	case ok:
		return []key.Binding{hint("enter", "run it: "+steps[name]), hint("m", "your own ./migrations")}
	case p.state.Results.Cut == nil:
		return []key.Binding{hint("x", "cut the connection at COMMIT"), hint("enter", "the table of the three")}
	}
	return []key.Binding{hint("enter", "the table of the three")}
}

// steps are the lanes as the footer calls them.
var steps = map[lane.Name]string{
	lane.Careless: "1 careless", lane.Runbook: "2 by a runbook", lane.Belay: "3 by belay",
}

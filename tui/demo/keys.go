package demo

import (
	"slices"

	"charm.land/bubbles/v2/key"

	"belay/steps/demo/lane"
	"belay/tui/look"
	"belay/tui/screen"
)

// hint is a key with what it does now.
func hint(shown, label string) key.Binding {
	return key.NewBinding(key.WithKeys(shown), key.WithHelp(shown, label))
}

// keys are those that do something now. Why and leave always stay; of the others the
// first.
func (p picture) keys() string {
	if p.help {
		return p.keysOf([]key.Binding{hint("j k", "scroll"), hint("esc", "back"), hint("q", "leave")})
	}
	own := p.hints()
	for {
		line := p.keysOf(append(slices.Clone(own), hint("?", "why"), hint("q", "leave")))
		if len(own) < 2 || look.Width(line) <= p.size.Width {
			return line
		}
		own = own[:len(own)-1]
	}
}

func (p picture) keysOf(hints []key.Binding) string {
	return " " + screen.KeysHelp(p.Look).ShortHelpView(hints)
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

package tui

import (
	"testing"

	"belay/tui/screen"
)

// Every key that can work does something.
func TestEveryKeyHasItsAct(t *testing.T) {
	for _, k := range screen.Keys {
		if acts[k.Action] != nil {
			continue
		}
		// The others are refused on every screen, with their reason.
		m := newModel(Config{}, nil)
		if k.Why(m.run, m.local) == "" {
			t.Errorf("%s (%s) does nothing", k.Shown(), k.Action)
		}
	}
}

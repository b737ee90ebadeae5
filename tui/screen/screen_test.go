package screen

import (
	"os"
	"testing"

	"belay/steps/state"
)

func TestScreensAreValid(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range All() {
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
		if seen[s.Name] {
			t.Errorf("two screens are called %s", s.Name)
		}
		seen[s.Name] = true
		if _, err := os.Stat(s.Name + ".go"); err != nil {
			t.Errorf("screen %s has no file of its name", s.Name)
		}
	}
	if got := Named("a step of tomorrow"); got.Name != "step" {
		t.Errorf("an unknown step is drawn by %q", got.Name)
	}
}

// A key means one thing, and says why where it means nothing now.
func TestKeys(t *testing.T) {
	pressed := map[string]string{}
	actions := map[Action]bool{}
	run, local := state.New(), Local{Facts: Read(state.New(), nil), Cursor: map[string]int{}}
	for _, k := range Keys {
		if k.Does == "" || len(k.Keys()) == 0 || actions[k.Action] {
			t.Errorf("key %s: no sentence, nothing to press, or an action twice", k.Shown())
		}
		actions[k.Action] = true
		for _, p := range k.Keys() {
			if pressed[p] != "" {
				t.Errorf("%q is %s and %s", p, pressed[p], k.Shown())
			}
			pressed[p] = k.Shown()
		}
		if k.Cannot != nil && k.Why(run, local) == "" {
			t.Errorf("%s works on a run of which nothing is known", k.Shown())
		}
	}
	for _, p := range []string{"ctrl+v", "ctrl+shift+c", "ctrl+z", "ctrl+s", "ctrl+q"} {
		if pressed[p] != "" {
			t.Errorf("%s is bound", p)
		}
	}
	for _, shown := range []string{
		"enter", "R", "c", "space", "u", "w", "s", "f", "a", "e", "y", "d", "?", "tab", "[", "]", "j", "k", "g", "G",
		"/", "+", "-", "m", "l", "z", "esc", "q",
	} {
		if _, ok := Pressed(shown); !ok {
			t.Errorf("no key %s", shown)
		}
	}
}

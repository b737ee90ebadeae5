package tui

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"belay/tui/screen"
	"belay/tui/tuitest"
)

// Every key in the footer of every screen of every story does something there: pressed, it
// is never answered by why it does not.
func TestOfferedKeysWork(t *testing.T) {
	paths, _ := filepath.Glob("testdata/*.txtar")
	offered := 0
	for _, path := range paths {
		s, err := tuitest.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, keys := range views {
			stand := func() *stage {
				st := newStage(t, s, 160, 50, 400*time.Millisecond, false)
				st.keys(append(keys, "WAIT:1s")...)
				return st
			}
			st := stand()
			frame := ansi.Strip(st.frame())
			foot := frame[strings.LastIndexByte(frame, '\n')+1:]
			heads := map[string]string{}
			for hint := range strings.SplitSeq(foot, "·") {
				head, label, _ := strings.Cut(strings.TrimSpace(hint), " ")
				heads[head] = label
			}
			for _, k := range screen.Keys {
				label, ok := heads[k.Shown()]
				if !ok || k.Cannot == nil && k.Action != screen.Open {
					continue
				}
				offered++
				if why := k.Why(st.m.run, st.m.local); why != "" {
					t.Errorf("%s %v: %s is offered, and says: %s\n%s", path, keys, k.Shown(), why, foot)
				}
				pressed := stand()
				pressed.keys(k.Keys()[0])
				if said := pressed.m.local.Message; strings.Contains(said, "does nothing") {
					t.Errorf("%s %v: %s is offered, and says: %s", path, keys, k.Shown(), said)
				}
				if asks, dots := asksNow(st, pressed), strings.HasSuffix(label, "…"); asks != dots {
					t.Errorf("%s %v: %s %q asks first: %v", path, keys, k.Shown(), label, asks)
				}
			}
		}
	}
	if offered == 0 {
		t.Error("no key was offered anywhere")
	}
	t.Logf("%d keys were offered", offered)
}

// asksNow reports whether a key has opened what asks before anything is done: its word in
// the footer ends with three dots.
func asksNow(before, after *stage) bool {
	if after.m.begins != "" {
		return true // another look, which asks
	}
	if after.m.local.Dialog != nil {
		return before.m.local.Dialog == nil
	}
	over := func(st *stage) string {
		if len(st.m.local.Over) == 0 {
			return ""
		}
		return st.m.local.Over[len(st.m.local.Over)-1]
	}
	return over(after) != over(before) &&
		slices.Contains([]string{"rewrites", "days", "take-back", "renumber", "new"}, over(after))
}

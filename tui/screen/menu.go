package screen

import (
	"belay/steps/menu"
	"belay/steps/state"
	"belay/tui/theme"
	"belay/tui/view"
)

// Menu lists what people come to do. It lies over any screen, and stands on the
// first one when nothing is pending.
var Menu = Screen{
	Name:  "menu",
	Title: "start menu",
	Over:  true,
	Doc: `Advice: most trouble is known beforehand. Look up what you are about to do.
In practice: each entry says what the advice is, where practice is sharper, what was measured, and the next step with the name of the file to write. belay writes none of them here.
Measured: the numbers are from real servers, 10 to 18.`,
	Keys: []Hint{{Down, "choose"}, {Open, "open"}},
	View: draw("menu", menuBody),
}

func menuBody(p page) []view.Block {
	return []view.Block{{Lines: append([]view.Line{{}}, menuLines(p)...), Fill: true}}
}

// menuLines are the entries with the cursor.
func menuLines(p page) []view.Line {
	lines := []view.Line{view.L(view.S(theme.Strong, " what do you want to do?"))}
	all := menu.All()
	cursor := clamp(p.local.Cursor["menu"], len(all))
	for i, e := range all {
		at, role := "   ", theme.Plain
		if i == cursor {
			at, role = " > ", theme.Selected
		}
		lines = append(lines, view.L(view.T(at), view.S(role, e.Title)))
	}
	return lines
}

// MenuLength is how many entries there are to move between.
func MenuLength() int { return len(menu.All()) }

// MenuHere reports whether the first screen is the menu: nothing is pending, and
// nothing needs a person first.
func MenuHere(run *state.Run, f *Facts) bool {
	return run.Opened == nil && f != nil && f.Folder != nil && f.Folder.Read && len(f.Folder.Pending) == 0
}

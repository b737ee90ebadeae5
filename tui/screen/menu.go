package screen

import (
	"belay/steps/menu"
	"belay/steps/state"
	"belay/tui/look"
)

const menuDoc = `Advice: most trouble is known beforehand. Look up what you are about to do.
In practice: each entry says what the advice is, where practice is sharper, what was measured, and the next step with the name of the file to write. Where enter asks for your own table, belay shows the files for it; it writes them after a yes.
Measured: the numbers are from real servers, 10 to 18.`

// Menu lists what people come to do. It lies over any screen, and stands on the
// first one when nothing is pending.
var Menu = Screen{
	Name:   "menu",
	Title:  "start menu",
	Over:   true,
	Doc:    menuDoc,
	Keys:   []Hint{{Down, "choose"}, {Open, "open"}},
	Panels: func(p page) []look.Panel { return p.menuPanels() },
	Enter:  func(*state.Run, Local) Do { return Do{Show: atEntry} },
	Move:   func(_ *state.Run, l *Local, by int) bool { return moveMenu(l, by) },
}

func moveMenu(l *Local, by int) bool {
	l.Cursor[atMenu] = within(l.Cursor[atMenu], by, len(menu.All()))
	return true
}

// menuPanels are the list, and what the entry under the cursor says where there is room.
func (p page) menuPanels() []look.Panel {
	list := p.menu()
	if !p.boxed {
		return []look.Panel{list}
	}
	list.Grow = false
	entry := p.entry()
	entry.Name, entry.Focus, entry.Give, entry.Min = "entry", false, 5, 3
	return []look.Panel{list, entry}
}

// menu is the list with its cursor.
func (p page) menu() look.Panel {
	all := menu.All()
	rows := make([][]string, 0, len(all))
	for _, e := range all {
		rows = append(rows, []string{p.Plain(e.Title)})
	}
	cursor := clamp(p.local.Cursor[atMenu], len(all))
	return look.Panel{
		Name: "menu", Title: "what do you want to do?", State: p.Plain(itoa(cursor+1) + " of " + itoa(len(all))),
		Counted: true, Focus: true, Grow: true, Give: 1, Min: 3,
		Total: len(rows) + 1,
		Draw:  func(w, h int) []string { return p.Choose([]look.Column{{Least: 20}}, rows, cursor, w, h+1)[1:] },
	}
}

// MenuHere reports whether the first screen is the menu: nothing is pending, and
// nothing needs a person first.
func MenuHere(run *state.Run, f *Facts) bool {
	return run.Opened == nil && f != nil && f.Folder != nil && f.Folder.Read && len(f.Folder.Pending) == 0
}

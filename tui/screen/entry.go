package screen

import (
	"belay/steps/menu"
	"belay/tui/theme"
	"belay/tui/view"
)

// Entry is one entry of the start menu, with the files that it takes.
var Entry = Screen{
	Name:  "entry",
	Title: "start menu",
	Over:  true,
	Doc:   Menu.Doc,
	Keys:  []Hint{{Down, "scroll"}, {Copy, "copy"}},
	View:  draw("entry", entryBody),
}

func entryBody(p page) []view.Block {
	all := menu.All()
	e := all[clamp(p.local.Cursor["menu"], len(all))]
	lines := []view.Line{view.L(view.S(theme.Strong, " "+e.Title)).Ends(view.T(e.Name)), {}}
	lines = append(lines, docLines(e.Text(place(p)), p.w)...)
	return []view.Block{p.scrolled("entry", lines)}
}

// place is the run's folder, for the names of the files to write.
func place(p page) menu.Place {
	f := p.f.Folder
	if f == nil {
		return menu.Place{}
	}
	return menu.Place{Folder: f.Path, Tool: f.Tool, Last: f.Last, Now: p.now.UTC().Format("20060102150405")}
}

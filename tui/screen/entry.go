package screen

import (
	"time"

	"belay/steps/menu"
	"belay/steps/state"
	"belay/tui/look"
)

// Entry is one entry of the start menu, with the files that it takes.
var Entry = Screen{
	Name:  "entry",
	Title: "start menu",
	Over:  true,
	Doc:   menuDoc,
	Keys:  []Hint{{Down, "scroll"}, {Copy, "copy"}},
	Panels: func(p page) []look.Panel {
		e := entryOf(p.local)
		return []look.Panel{{Name: "entry", Title: e.Title, State: p.Plain(e.Name), Focus: true, Grow: true,
			Lines: func(w int) []string {
				return p.doc(e.Text(placeOf(p.f, p.now)), w)
			}}}
	},
	Copy: func(_ *state.Run, l Local, now time.Time) string {
		return entryOf(l).Text(placeOf(l.Facts, now)) + "\n"
	},
}

func entryOf(l Local) menu.Entry {
	all := menu.All()
	return all[clamp(l.Cursor["menu"], len(all))]
}

// placeOf is the run's folder, for the names of the files to write.
func placeOf(f *Facts, now time.Time) menu.Place {
	if f == nil || f.Folder == nil {
		return menu.Place{}
	}
	return menu.Place{
		Folder: f.Folder.Path, Tool: f.Folder.Tool, Last: f.Folder.Last, Now: now.UTC().Format("20060102150405"),
	}
}

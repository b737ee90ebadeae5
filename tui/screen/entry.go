package screen

import (
	"time"

	"belay/steps/fact"
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
	Hints: func(run *state.Run, l Local) []Hint {
		hints := []Hint{{Down, "scroll"}, {Copy, "copy"}}
		if open := openEntry(run, l); open.Ask != nil {
			hints = append([]Hint{{Open, "for your own table…"}}, hints...)
		} else if open.Show != "" {
			hints = append([]Hint{{Open, "renumber…"}}, hints...)
		}
		return hints
	},
	Enter: openEntry,
	Panels: func(p page) []look.Panel {
		return []look.Panel{p.entry()}
	},
	Copy: func(_ *state.Run, l Local, now time.Time) string {
		return entryOf(l).Text(placeOf(l.Facts, now)) + "\n"
	},
}

// entry is the text of the entry under the menu's cursor.
func (p page) entry() look.Panel {
	e := entryOf(p.local)
	return look.Panel{Name: "entry", Title: e.Title, State: p.Plain(e.Name), Focus: true, Grow: true,
		Lines: func(w int) []string { return p.doc(e.Text(placeOf(p.f, p.now)), w) }}
}

// openEntry asks for a person's own names, or shows what is there to put right.
func openEntry(run *state.Run, l Local) Do {
	e := entryOf(l)
	if e.Name == menu.VersionConflict.Name && cannotRenumber(run, l) == "" {
		return Do{Show: atRenumber}
	}
	if q := run.Question(fact.AskPrefix + e.Name); q != nil && run.Opened == nil {
		return Do{Ask: q}
	}
	return Do{}
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

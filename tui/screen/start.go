package screen

import (
	"fmt"
	"path"
	"strings"

	"belay/sqlview"
	"belay/sqlview/effect"
	"belay/steps/fact"
	"belay/steps/state"
	"belay/tui/look"
)

// Start is the first screen: what is pending, what it would do, what needs a person.
var Start = Screen{
	Name:  "start",
	Title: "start",
	Doc: `Advice: know what is pending, what it locks and who would wait before you touch anything.
In practice: belay has only read so far. Every line with ? needs you; enter goes there. The card about the lock is asked of the database again and again, and its age stands beside it.
Measured: reading all of this holds no lock that others could wait for, and no transaction stays open while you think.`,
	Hints: func(run *state.Run, l Local) []Hint {
		if MenuHere(run, l.Facts) {
			return []Hint{
				{Open, "open"}, {Down, "choose"}, {GoOn, ""}, {Unedit, ""}, {Number, ""}, {Reload, ""}, {WhoWaits, ""},
				{ShowLog, ""},
			}
		}
		open := Hint{Open, "go on"}
		if _, chosen := l.Cursor[atStart]; chosen {
			open.Label = "review this file"
		} else if at := Attention(run); at != "" && question(run, at) != nil {
			open.Label = "answer"
		} else if at != "" {
			open.Label = "look at it"
		}
		hints := []Hint{open, {GoOn, ""}, {Unedit, ""}, {Number, ""}, {RunIt, ""}}
		if Attention(run) == "" { // it is ready: to run it is what a person came for
			hints = []Hint{{RunIt, ""}, open, {GoOn, ""}, {Unedit, ""}, {Number, ""}}
		}
		if _, chosen := l.Cursor[atStart]; chosen && Attention(run) != "" {
			hints = append(hints, Hint{Back, "answers"})
		}
		if l.Facts.Folder != nil && len(l.Facts.Folder.Pending) > 1 {
			hints = append(hints, Hint{Down, "file"})
		}
		return append(hints, Hint{ShowSQL, ""}, Hint{WhoWaits, ""}, Hint{ShowMenu, "menu"}, Hint{Reload, ""},
			Hint{ShowLog, ""})
	},
	Panels: startPanels,
	Enter: func(run *state.Run, l Local) Do {
		if MenuHere(run, l.Facts) && Attention(run) == "" {
			return Do{Show: atEntry}
		}
		at, chosen := l.Cursor[atStart]
		if !chosen || l.Facts.Review == nil || l.Facts.Folder == nil {
			return Do{}
		}
		if item, ok := l.Facts.Sheet.First(l.Facts.Review,
			l.Facts.Folder.Pending[clamp(at, len(l.Facts.Folder.Pending))].Path); ok {
			l.Cursor[atReview] = item
			return Do{Step: atReview}
		}
		return Do{}
	},
	Move: func(run *state.Run, l *Local, by int) bool {
		if MenuHere(run, l.Facts) {
			return moveMenu(l, by)
		}
		if l.Facts.Folder == nil || len(l.Facts.Folder.Pending) == 0 {
			return false
		}
		at, chosen := l.Cursor[atStart]
		if !chosen {
			by, at = min(max(by, -1), 1)-1, 0
		}
		l.Cursor[atStart] = within(at, by, len(l.Facts.Folder.Pending))
		return true
	},
}

func startPanels(p page) []look.Panel {
	if MenuHere(p.run, p.f) {
		return nothingPending(p)
	}
	waiting := p.waiting()
	if p.f.Folder == nil && p.f.Backfill != nil {
		needs := p.needsYou()
		needs.Give = 1
		return []look.Panel{p.table(), needs, p.heart("a batch"), waiting, p.tables(), p.newest()}
	}
	panels := []look.Panel{
		p.pending(), p.needsYou(), p.leftOpen(), p.first(), p.problems(), p.campaigns(), waiting, p.tables(),
	}
	log := p.newest()
	if p.wide() {
		log.Right = true
		panels = append(panels, p.chosenSQL())
	}
	return append(panels, log)
}

// chosenSQL is the file under the cursor, else the first one, where there is room for it.
func (p page) chosenSQL() look.Panel {
	none := look.Panel{Bare: true, Grow: true, Lines: func(int) []string { return nil }}
	f := p.f.Folder
	if f == nil || len(f.Pending) == 0 || p.f.Review == nil {
		return none
	}
	item, ok := p.f.Sheet.First(p.f.Review, f.Pending[clamp(p.local.Cursor[atStart], len(f.Pending))].Path)
	if !ok {
		return none
	}
	panel := p.sheet(p.f.Sheet.Items[item])
	panel.Name, panel.Focus, panel.Grow, panel.Give, panel.Min = "", false, true, 5, 2
	return panel
}

// pending is the panel of all pending files with a verdict each.
func (p page) pending() look.Panel {
	f := p.f.Folder
	panel := look.Panel{Name: "pending", Title: "pending", Focus: true, Give: 2, Min: 3, Wide: true}
	if t := p.f.Tripwire; f == nil && t != nil {
		panel.Title = "tripwire"
		panel.Lines = func(w int) []string { return look.Wrap(p.Plain(t.Does), w) }
		return panel
	}
	if f == nil {
		panel.Title = p.folderTitle()
		panel.Lines = func(w int) []string {
			if why := p.halted(w); why != nil {
				return why
			}
			return []string{p.spin() + " " + p.Plain(p.folderReading())}
		}
		return panel
	}
	panel.Title = p.folderTitle()
	if p.unread() {
		panel.Lines = func(w int) []string {
			return p.Marked(look.Attention, p.Marks.Look,
				p.Plain("which files are pending is not known: the database has not answered"), w)
		}
		return panel
	}
	panel.State = p.worst()
	cols := []look.Column{
		{Head: "file", Least: 24, Name: true}, {Head: "begins with", Least: 8}, {}, {Head: "work"},
		{Head: "review"},
	}
	rows := make([][]string, 0, len(f.Pending))
	for _, m := range f.Pending {
		rows = append(rows, p.pendingRow(m))
	}
	cursor := -1
	if at, chosen := p.local.Cursor[atStart]; chosen {
		cursor = clamp(at, len(rows))
	}
	panel.Total = len(rows) + 1
	if panel.Counted = cursor >= 0 && len(rows) > 8; panel.Counted {
		panel.State = p.Plain(fmt.Sprintf("file %d of %d ", cursor+1, len(rows))+p.Marks.Dot+" ") + panel.State
	}
	panel.Draw = func(w, h int) []string { return p.Choose(cols, rows, cursor, w, h) }
	return panel
}

func (p page) folderTitle() string {
	f := p.f.Folder
	switch b := p.f.Backfill; {
	case f == nil && b != nil:
		return "backfill of " + b.Relation
	case f == nil:
		return "pending"
	}
	head := "pending: "
	if p.back() {
		head = "TO TAKE BACK: "
	}
	many := plural(len(f.Pending), "file") + " of "
	if p.unread() {
		many = "not known, in "
	}
	parts := []string{head + many + f.Path}
	if f.Tool != "" {
		parts = append(parts, f.Tool)
	}
	switch {
	case !f.Read:
		parts = append(parts, "history not read yet")
	case p.crowded() && p.hazardous(): // what is wrong needs the room
	default:
		parts = append(parts, fmt.Sprintf("%d applied", f.Applied))
	}
	if f.Dirty != "" {
		parts = append(parts, "DIRTY at "+f.Dirty)
	}
	return strings.Join(parts, " "+p.Marks.Dot+" ")
}

// back reports whether what would run is a way back.
func (p page) back() bool { return p.run.Playbook == "rollback" }

func (p page) folderReading() string {
	if p.run.Step(atBackfill) != nil || p.run.Playbook == tripwire {
		return "reading the table"
	}
	return "reading the migrations folder"
}

func (p page) pendingRow(m fact.Migration) []string {
	row := []string{p.Plain(path.Base(m.Path)), "", "", "", p.Plain("not reviewed yet")}
	file, ok := p.reviewed(m.Path)
	if !ok {
		return row
	}
	if len(file.Statements) > 0 {
		row[1] = p.Plain(flat(file.Statements[0].SQL))
		if n := len(file.Statements); n > 1 {
			row[2] = p.Plain("+ " + itoa(n-1) + " more")
		}
	}
	row[3] = p.takes(file)
	row[4] = p.verdict(file.Hazards, file.Statements)
	return row
}

// reviewed is what the review says of a file.
func (p page) reviewed(name string) (f sqlview.FileResult, ok bool) {
	if p.f.Review == nil {
		return f, false
	}
	for _, f := range p.f.Review.Result.Files {
		if f.Path == name || path.Base(f.Path) == path.Base(name) {
			return f, true
		}
	}
	return f, false
}

// takes is how long a file works, by its slowest statement.
func (p page) takes(f sqlview.FileResult) string {
	worst, reads := effect.Instant, false
	for _, s := range f.Statements {
		reads = reads || len(s.Scans) > 0
		switch {
		case !s.Analysed || s.Duration == effect.Unknown:
			return p.Text(look.Attention, "not known")
		case s.Duration == effect.Slow:
			worst = effect.Slow
		}
	}
	if worst == effect.Slow {
		return p.Text(look.Attention, "slow")
	}
	if reads {
		return p.Plain("reads rows") // it blocks nobody, and takes as long as the table is large
	}
	return p.Text(look.OK, "instant")
}

// hazardous reports whether anything stops or warns in the files.
func (p page) hazardous() bool {
	if p.f.Review == nil {
		return false
	}
	stop, warn, _ := p.counted(p.findings())
	return stop+warn > 0
}

// first is the statement that would run first, with its card.
func (p page) first() look.Panel {
	head := "first to run"
	if p.back() {
		head = "first to take back"
	}
	panel := p.heart(p.heartTitle(head))
	sql := p.firstSQL()
	panel.Lines = func(w int) []string {
		out := p.code(sql, w, 3)
		if len(out) > 0 && !p.crowded() {
			out = append(out, "")
		}
		return append(out, p.heartRows(w)...)
	}
	return panel
}

func (p page) firstSQL() string {
	switch r := p.f.Review; {
	case p.unread():
		return ""
	case p.f.Heart != nil:
		return p.f.Heart.SQL
	case r != nil && len(r.Result.Files) > 0 && len(r.Result.Files[0].Statements) > 0:
		return r.Result.Files[0].Statements[0].SQL
	}
	return ""
}

// problems are what is wrong with the folder.
func (p page) problems() look.Panel {
	return look.Panel{Name: "problems", Title: "the folder", Give: 4, Min: 1, Lines: func(w int) []string {
		if p.f.Folder == nil {
			return nil
		}
		var out []string
		for _, i := range p.f.Folder.Problems {
			if i.Level != fact.OK {
				out = append(out, p.item(i, w)...)
			}
		}
		return out
	}}
}

// campaigns are the changes over days that are open on this database.
func (p page) campaigns() look.Panel {
	return look.Panel{Name: "campaigns", Title: "changes over days (campaigns)", Give: 4, Min: 1,
		Lines: func(w int) []string {
			if p.f.Preflight == nil {
				return nil
			}
			var out []string
			for _, i := range p.f.Preflight.Items {
				if i.ID == "campaign" {
					out = append(out, p.item(i, w)...)
				}
			}
			return out
		}}
}

func nothingPending(p page) []look.Panel {
	f := p.f.Folder
	what := "every migration of the folder is applied"
	if f.Tool == "" {
		what = "the folder has no migration yet"
	}
	title := "nothing is pending: " + what
	newest := ""
	if f.Newest != "" {
		newest = p.Plain("newest " + f.Newest)
	}
	head := look.Panel{Title: p.folderTitle(), State: newest, Lines: func(w int) []string {
		return []string{p.Text(look.OK, p.Marks.Done+" ") + p.Text(look.Strong, title)}
	}}
	return append([]look.Panel{head, p.needsYou(), p.leftOpen(), p.problems(), p.campaigns()}, p.menuPanels()...)
}

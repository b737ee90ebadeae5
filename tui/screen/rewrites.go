package screen

import (
	"path"
	"strings"

	"belay/steps/fact"
	"belay/steps/state"
	"belay/tui/theme"
	"belay/tui/view"
)

// Rewrites is the safe form of the file under the review's cursor: the files
// that would be written, the text of one of them, and what becomes of the
// original.
var Rewrites = Screen{
	Name:  "rewrites",
	Title: "rewrite",
	Over:  true,
	Doc: `Advice: make the dangerous statement in steps: add beside, fill in batches, prove, then tighten; an index alone and CONCURRENTLY; a drop by a rename first.
In practice: each step is a file of its own, because a lock lasts until its transaction ends. The files are numbered above everything that is applied or merged anywhere, and judged by the same review. The original goes only where a database or git says that it has not run; a copy is kept. What could not be rewritten exactly is left as it is, and said.
Measured: original and files were applied to copies of one database with rows in it: the schemas are equal but for what is listed as different.`,
	Keys: []Hint{{Down, "file"}, {Open, "write…"}, {Pause, "leave out"}, {PageDown, "scroll"}, {Copy, "copy"}},
	View: draw("rewrites", rewritesBody),
}

// RewriteHere is the proposal for the file under the review's cursor; nil = none.
func RewriteHere(l Local) *fact.Rewrite {
	it, ok := l.Reviewed()
	if !ok || l.Facts.Rewrites == nil {
		return nil
	}
	name := l.Facts.Review.Result.Files[it.File].Path
	for i := range l.Facts.Rewrites.List {
		if r := &l.Facts.Rewrites.List[i]; path.Base(r.Path) == path.Base(name) {
			return r
		}
	}
	return nil
}

func cannotRewrite(_ *state.Run, l Local) string {
	r := RewriteHere(l)
	switch {
	case l.Facts == nil || l.Facts.Review == nil:
		return "not reviewed yet"
	case r == nil:
		return "nothing to rewrite here: no hazard of this file has a safe form as files"
	case len(r.Files) > 0:
		return ""
	}
	if h, ok := Selected(l); ok {
		for _, left := range r.Left {
			if left.Rule == h.Rule {
				return "left as it is: " + left.Why
			}
		}
	}
	return "nothing to rewrite here: no hazard of this file has a safe form as files"
}

// rewriteLine names the files below a hazard; nil where there are none.
func rewriteLine(p page) []view.Line {
	r := RewriteHere(p.local)
	if r == nil || len(r.Files) == 0 {
		return nil
	}
	text := "shows it as " + plural(len(r.Files), "file") + ", " + path.Base(r.Files[0].Path)
	if len(r.Files) > 1 {
		text += " and on"
	}
	return []view.Line{view.L(view.S(theme.Attention, "   f"), view.T(" "+text))}
}

// RewriteTexts are the texts of the file under the cursor: the way forward and
// the way back.
func RewriteTexts(l Local, r fact.Rewrite) []string {
	if len(r.Files) == 0 {
		return nil
	}
	f := r.Files[clamp(l.Cursor["rewrites"], len(r.Files))]
	if f.DownSQL == "" {
		return []string{f.SQL}
	}
	return []string{f.SQL, f.DownSQL}
}

func rewritesBody(p page) []view.Block {
	r := RewriteHere(p.local)
	if r == nil || len(r.Files) == 0 {
		return []view.Block{{Lines: []view.Line{{}, view.Text(" no rewrite of this file")}}}
	}
	at := clamp(p.local.Cursor["rewrites"], len(r.Files))
	n := itoa(at+1) + " of " + itoa(len(r.Files)) + ": j k"
	head := view.L(view.S(theme.Strong, " "+view.Middle(path.Base(r.Path), max(16, p.w-30))), view.T(" as "+plural(len(r.Files), "file"))).Ends(view.T(n))
	room := max(3, min(len(r.Files), p.h/3))
	list := view.Window(fileLines(p, *r, at), at, room)
	text := fileText(p, r.Files[at])
	from := min(max(p.local.Scroll["rewrites"], 0), max(0, len(text)-1))
	foot := fateLines(p, *r)
	return []view.Block{
		{Lines: append([]view.Line{head}, list...)},
		{Lines: []view.Line{view.Rule(p.w)}},
		{Lines: text[from:], Give: 3, Min: 3, Fill: true},
		{Lines: append([]view.Line{view.Rule(p.w)}, foot...), Give: 2, Min: 3},
	}
}

// fileLines are the files with their marks.
func fileLines(p page, r fact.Rewrite, at int) []view.Line {
	var out []view.Line
	for i, f := range r.Files {
		cursor, mark, role := "   ", "[ ] to write ", theme.Plain
		if p.local.Without[f.Path] {
			mark = "[-] left out "
		}
		if i == at {
			cursor, role = " > ", theme.Selected
		}
		l := view.L(view.T(cursor+mark), view.S(role, view.Middle(f.Path, max(20, p.w-42))))
		out = append(out, l.Ends(view.T(how(f))))
	}
	return out
}

// how says in a word how a file runs, and whether anything is left to look at.
func how(f fact.RewriteFile) string {
	word := "transaction"
	switch {
	case f.Backfill:
		word = "backfill"
	case f.Alone:
		word = "alone"
	}
	stop := 0
	for _, h := range f.Hazards {
		if strings.HasPrefix(h, "stop ") {
			stop++
		}
	}
	if stop > 0 {
		return word + ", " + itoa(stop) + " stop"
	}
	return word
}

// fileText is a file's own text, then its way back.
func fileText(p page, f fact.RewriteFile) []view.Line {
	lines := wrapped(p, f.SQL, 1)
	for _, h := range f.Hazards {
		lines = append(lines, view.Paragraph(theme.Attention, "[!] "+h, p.w, 1, 4)...)
	}
	if f.Down != "" {
		lines = append(lines, view.L(view.S(theme.Strong, " way back  "+view.Middle(f.Down, max(16, p.w-12)))))
		lines = append(lines, wrapped(p, f.DownSQL, 1)...)
	}
	return lines
}

// fateLines say what the review finds in the new files, what becomes of the
// original, what differs and what was left.
func fateLines(p page, r fact.Rewrite) []view.Line {
	role := theme.OK
	if r.Stop > 0 {
		role = theme.Danger
	}
	out := []view.Line{view.L(view.T(" judged again: "), view.S(role, itoa(r.Stop)+" stop, "+itoa(r.Warn)+" warn"))}
	fate := r.Original
	if r.Refused != "" {
		fate = r.Refused
	}
	out = append(out, view.Paragraph(theme.Plain, "the original "+fate, p.w, 1, 2)...)
	for _, k := range r.Kept {
		out = append(out, view.Paragraph(theme.Plain, "differs: "+k, p.w, 1, 2)...)
	}
	for _, l := range r.Left {
		out = append(out, view.Paragraph(theme.Attention, "left, line "+itoa(l.Line)+", "+l.Rule+": "+l.Why, p.w, 1, 2)...)
	}
	return out
}

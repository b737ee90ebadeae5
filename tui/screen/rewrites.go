package screen

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"belay/steps/fact"
	"belay/steps/state"
	"belay/tui/look"
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
	Panels: rewritesPanels,
	Hints: func(_ *state.Run, l Local) []Hint {
		if r := RewriteHere(l); r != nil && r.Refused != "" {
			return []Hint{{Down, "file"}, {PageDown, "scroll"}, {Copy, "copy"}} // there is nothing to say yes to
		}
		return []Hint{{Down, "file"}, {Open, "write…"}, {Pause, "leave out"}, {PageDown, "scroll"}, {Copy, "copy"}}
	},
	Enter: askWrite,
	Move: func(_ *state.Run, l *Local, by int) bool {
		r := RewriteHere(*l)
		if r == nil {
			return false
		}
		l.Cursor[atRewrites] = within(l.Cursor[atRewrites], by, len(r.Files))
		delete(l.Scroll, atRewrites+"/text")
		return true
	},
	Turn: "text",
	Toggle: func(_ *state.Run, l *Local) {
		if r := RewriteHere(*l); r != nil && len(r.Files) > 0 {
			path := r.Files[clamp(l.Cursor[atRewrites], len(r.Files))].Path
			l.Without[path] = !l.Without[path]
		}
	},
	Copy: func(_ *state.Run, l Local, _ time.Time) string {
		if r := RewriteHere(l); r != nil {
			return strings.Join(RewriteTexts(l, *r), "\n")
		}
		return ""
	},
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
	case len(r.Written) > 0:
		return r.Refused
	}
	if h, ok := Selected(l); ok {
		for _, same := range []func(fact.RewriteLeft) bool{
			func(left fact.RewriteLeft) bool { return left.Rule == h.Rule },
			func(left fact.RewriteLeft) bool { return left.Line == h.Line },
		} {
			if i := slices.IndexFunc(r.Left, same); i >= 0 {
				return "left as it is: " + r.Left[i].Why
			}
		}
	}
	return "nothing to rewrite here: no hazard of this file has a safe form as files"
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

// askWrite opens the question that starts on No.
func askWrite(run *state.Run, l Local) Do {
	r := RewriteHere(l)
	q := run.Question(fact.WriteQuestion)
	switch {
	case r == nil:
		return Do{Back: true}
	case r.Refused != "":
		return Do{Say: r.Refused}
	case q == nil:
		return Do{Say: "nothing can be written now: belay looks again"}
	}
	d := Do{Ask: q}
	if n := len(LeftOut(l, *r)); n > 0 {
		d.Text = fmt.Sprintf("%s %d left out", q.Text, n)
	}
	return d
}

// LeftOut are the files of a rewrite that a person leaves out, counted from 0.
func LeftOut(l Local, r fact.Rewrite) []int {
	var out []int
	for i, f := range r.Files {
		if l.Without[f.Path] {
			out = append(out, i)
		}
	}
	return out
}

func rewritesPanels(p page) []look.Panel {
	r := RewriteHere(p.local)
	if r == nil || len(r.Files) == 0 {
		return []look.Panel{
			{Title: "rewrite", Grow: true, Lines: func(int) []string {
				return []string{p.Plain("no rewrite of this file")}
			}},
		}
	}
	at := clamp(p.local.Cursor[atRewrites], len(r.Files))
	f := r.Files[at]
	fate := look.Panel{Name: "fate", Title: "afterwards", State: p.judgedAgain(*r), Give: 2, Min: 2,
		Lines: func(w int) []string { return p.fate(*r, w) }}
	var refused []look.Panel
	if r.Refused != "" {
		// Said before anything else: the files are for reading.
		refused, fate.Lines = []look.Panel{{Name: "refused", Title: "not written", Min: 2, Lines: func(w int) []string {
			return p.Marked(look.Attention, p.Marks.Look, p.Text(look.Strong, "belay does not write these files: ")+
				p.Plain(r.Refused), w)
		}}}, func(w int) []string { return p.beside(*r, w) }
	}
	return append(refused, []look.Panel{
		p.rewriteFiles(*r, at),
		{Name: "text", Title: f.Path, State: p.Plain(how(f)), Grow: true, Give: 3, Min: 3, Lines: func(w int) []string {
			return p.fileText(f, w)
		}},
		fate,
	}...)
}

// rewriteFiles are the files with what becomes of each.
func (p page) rewriteFiles(r fact.Rewrite, at int) look.Panel {
	cols := []look.Column{{}, {Least: 20, Name: true}, {}}
	rows := make([][]string, 0, len(r.Files))
	for _, f := range r.Files {
		mark := p.Text(look.OK, p.Marks.Done) + p.Plain(" to write")
		switch {
		case r.Refused != "":
			mark = p.Text(look.Attention, p.Marks.Waived) + p.Plain(" to read")
		case p.local.Without[f.Path]:
			mark = p.Text(look.Attention, p.Marks.Waived) + p.Plain(" left out")
		}
		rows = append(rows, []string{mark, p.Plain(f.Path), p.Plain(how(f))})
	}
	return look.Panel{
		Name: "files", Title: path.Base(r.Path) + " as " + plural(len(r.Files), "file"),
		State: p.Plain(fmt.Sprintf("%d of %d", at+1, len(r.Files))),
		Focus: true, Give: 1, Min: 3, Total: len(rows) + 1,
		Draw: func(w, h int) []string { return p.Choose(cols, rows, at, w, h)[1:] },
	}
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
func (p page) fileText(f fact.RewriteFile, w int) []string {
	out := p.source(f.SQL, 1, w)
	for _, h := range f.Hazards {
		out = append(out, p.Marked(look.Attention, p.Marks.Look, p.Plain(h), w)...)
	}
	if f.Down != "" {
		out = append(out, "", p.Text(look.Strong, "way back  "+f.Down))
		out = append(out, p.source(f.DownSQL, 1, w)...)
	}
	return out
}

func (p page) judgedAgain(r fact.Rewrite) string {
	role := look.OK
	if r.Stop > 0 {
		role = look.Danger
	}
	return p.Plain("judged again: ") + p.Text(role, itoa(r.Stop)+" stop, "+itoa(r.Warn)+" warn")
}

// fate is what becomes of the original, what differs and what was left.
func (p page) fate(r fact.Rewrite, w int) []string {
	return append(p.Row("original", p.Plain(r.Original), w), p.beside(r, w)...)
}

// beside is what differs and what was left.
func (p page) beside(r fact.Rewrite, w int) []string {
	var out []string
	for _, k := range r.Differences {
		out = append(out, p.Row("differs", p.Plain(k), w)...)
	}
	for _, l := range r.Left {
		out = append(out,
			p.Row("left", p.Text(look.Attention, "line "+itoa(l.Line)+", "+l.Rule)+p.Plain(": "+l.Why), w)...)
	}
	return out
}

package screen

import (
	"fmt"
	"path"
	"strings"
	"time"

	"belay/sqlview/effect"
	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/state"
	"belay/tui/theme"
	"belay/tui/view"
)

// Start is the first screen: what is pending, what it would do, what needs a person.
var Start = Screen{
	Name:  "start",
	Title: "start",
	Doc: `Advice: know what is pending, what it locks and who would wait before you touch anything.
In practice: belay has only read so far. Every line with [?] needs you; enter goes there. The sentence about the lock is asked of the database again and again, and its age stands beside it.
Measured: reading all of this holds no lock that others could wait for, and no transaction stays open while you think.`,
	Keys: []Hint{{Open, "walk through"}, {RunIt, ""}, {ShowSQL, ""}, {WhoWaits, ""}, {ShowLog, ""}, {ShowMenu, "menu"}},
	View: draw("start", startBody),
}

func startBody(p page) []view.Block {
	if p.f.Folder != nil && p.f.Folder.Read && len(p.f.Folder.Pending) == 0 {
		return nothingPending(p)
	}
	blocks := []view.Block{{Lines: pendingHead(p)}, {Lines: pendingSQL(p), Give: 3, Min: 1}}
	blocks = append(blocks, view.Gap(), view.Block{Lines: heart(p)}, view.Gap())
	steps, from := stepLines(p)
	blocks = append(blocks, view.Block{Lines: steps, Give: 2, Min: 1, From: from, Fill: true})
	blocks = append(blocks, view.Block{Lines: problems(p), Give: 4, Min: 1})
	if p.h >= 30 {
		blocks = append(blocks, live(p)...)
	}
	return blocks
}

// heart is the heart sentence, or why there is none yet.
func heart(p page) []view.Line {
	switch {
	case p.f.Heart != nil && p.h < 13:
		return view.HeartTight(*p.f.Heart, p.now, p.w)
	case p.f.Heart != nil:
		return view.Heart(*p.f.Heart, p.now, p.w)
	case p.f.Target != nil && !p.f.Target.Connected:
		lines := view.Paragraph(theme.Danger, p.f.Target.Error, p.w, 1, 2)
		return append(lines, view.Paragraph(theme.Plain, p.f.Target.Hint, p.w, 1, 2)...)
	case p.run.Engine.PID == 0:
		return []view.Line{view.Text(" belay reads the folder and asks the database; nothing is written")}
	}
	return []view.Line{view.Text(" who would block it and who would wait: asking the database")}
}

func nothingPending(p page) []view.Block {
	what := " nothing is pending: every migration of the folder is applied"
	if p.f.Folder.Last == "" && p.f.Folder.Newest == "" {
		what = " nothing is pending: the folder is empty"
	}
	l := []view.Line{{}, view.L(view.T(" "), view.S(theme.OK, "[x]"), view.T(what))}
	if p.f.Folder.Newest != "" {
		l = append(l, view.Text("     the newest is "+p.f.Folder.Newest))
	}
	steps, from := stepLines(p)
	if !MenuHere(p.run, p.f) {
		return []view.Block{{Lines: l}, view.Gap(), {Lines: steps, Give: 1, From: from}, {Lines: problems(p), Give: 2, Min: 1}}
	}
	list := menuLines(p)
	return []view.Block{
		{Lines: l, Give: 3, Min: 2}, view.Gap(), {Lines: list, Give: 1, Min: 2, From: clamp(p.local.Cursor["menu"], len(list)-1) + 1}, view.Gap(),
		{Lines: steps, Give: 2, Min: 1}, {Lines: problems(p), Give: 4, Min: 1},
	}
}

// pendingHead names the file that comes next and what the review says of it.
func pendingHead(p page) []view.Line {
	f := p.f.Folder
	if f == nil || len(f.Pending) == 0 {
		return nil
	}
	m := f.Pending[0]
	right := []view.Span{}
	if r := p.f.Review; r != nil && len(r.Result.Files) > 0 {
		right = verdict(r, m.Path)
	}
	lines := []view.Line{view.L(view.S(theme.Strong, " "+view.Middle(path.Base(m.Path), max(20, p.w-34)))).Ends(right...)}
	if n := len(f.Pending); n > 1 {
		names := make([]string, 0, n-1)
		for _, m := range f.Pending[1:] {
			names = append(names, m.Version)
		}
		lines = append(lines, view.Text(" "+view.Cut(fmt.Sprintf("then %d more: %s", n-1, strings.Join(names, ", ")), p.w-2)))
	}
	return lines
}

// verdict sums up a file: which code it breaks, and its worst hazards.
func verdict(r *fact.Review, file string) []view.Span {
	for _, f := range r.Result.Files {
		if f.Path != file && path.Base(f.Path) != path.Base(file) {
			continue
		}
		breaks := "neither"
		for _, s := range f.Statements {
			if s.Breaks == effect.BreaksOld || s.Breaks == effect.BreaksNew {
				breaks = string(s.Breaks) + " code"
				break
			}
		}
		return []view.Span{view.T("breaks: " + breaks + "   "), hazardWord(r, f.Hazards)}
	}
	return nil
}

// pendingSQL is the statement of the heart sentence, or the first there is.
func pendingSQL(p page) []view.Line {
	sql := ""
	switch {
	case p.f.Heart != nil:
		sql = p.f.Heart.SQL
	case p.f.Review != nil && len(p.f.Review.Result.Files) > 0 && len(p.f.Review.Result.Files[0].Statements) > 0:
		sql = p.f.Review.Result.Files[0].Statements[0].SQL
	}
	return code(p, sql, 6)
}

// code draws at most n lines of a statement.
func code(p page, sql string, n int) []view.Line {
	if sql == "" {
		return nil
	}
	var out []view.Line
	tokens := p.tokens(sql)
	lines := view.Source(sql, 1)
	for i, l := range lines {
		if i == n-1 && len(lines) > n {
			out = append(out, view.Text(fmt.Sprintf("   … %d more lines (s shows them)", len(lines)-i)))
			break
		}
		out = append(out, view.Line{Left: append([]view.Span{view.T("   ")}, view.Code(l, tokens)...)})
	}
	return out
}

func (p page) tokens(sql string) []view.Token {
	if p.local.Tokens == nil {
		return nil
	}
	return p.local.Tokens(sql)
}

// stepLines is one line a step, with the cursor.
func stepLines(p page) (lines []view.Line, from int) {
	wide := 0
	for _, s := range p.run.Steps {
		wide = max(wide, view.Width(s.Title))
	}
	cursor := p.local.Cursor["start"]
	if MenuHere(p.run, p.f) {
		cursor = -1
	}
	for i, s := range p.run.Steps {
		at, role := " ", theme.Plain
		if i == cursor {
			at, role, from = ">", theme.Selected, i
		}
		lines = append(lines, view.L(view.T(at), stepMark(p.run, s),
			view.S(role, " "+view.Pad(s.Title, wide)+"  "), view.T(stepText(p.run, s, p.now))))
	}
	return lines, from
}

// stepText is what a step has to say in one line.
func stepText(run *state.Run, s state.Step, now time.Time) string {
	if q := question(run, s.ID); q != nil {
		return q.Text
	}
	if s.Summary != "" {
		return s.Summary
	}
	if age := now.Sub(s.Since); s.Status == "running" && age > time.Second {
		return "running for " + measure.Duration(age)
	}
	return string(s.Status)
}

// problems are what is wrong with the folder.
func problems(p page) []view.Line {
	if p.f.Folder == nil {
		return nil
	}
	var out []view.Line
	for _, i := range p.f.Folder.Problems {
		if i.Level == fact.OK {
			continue
		}
		out = append(out, itemLines(i, p.w)...)
	}
	return out
}

func clock(d time.Duration) string { return measure.Clock(d) }

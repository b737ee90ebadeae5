package printed

import (
	"fmt"
	"strconv"
	"strings"

	"belay/sqlview"
	"belay/sqlview/lint"
	"belay/sqlview/visible"
	"belay/tui/look"
)

// Review is what was found wrong, file by file, each finding with its line of SQL and a
// caret below the place; then the files with a verdict each, and the sum.
func (p Paper) Review(r sqlview.Result) []string {
	var out []string
	for _, f := range r.Folder {
		out = append(out, p.folderFinding(f)...)
	}
	for i, f := range r.Files {
		if len(f.Hazards) == 0 && f.Batches == "" {
			continue
		}
		var s sources
		if i < len(r.Judged) {
			s = sourcesOf(r.Judged[i])
		}
		out = append(out, p.file(f, s)...)
	}
	out = append(out, p.verdicts(r)...)
	return append(out, p.sum(r)...)
}

func (p Paper) file(f sqlview.FileResult, s sources) []string {
	var out []string
	if f.Batches != "" {
		out = append(out, p.Middle(p.Text(look.Strong, f.Path), p.Width))
		out = append(out,
			p.Row("runs", p.Plain("as a backfill: in batches, each a transaction, from its header's line"), p.Width)...)
		out = append(append(out, p.Row("alone", p.Text(look.Strong, f.Batches), p.Width)...), "")
	}
	last := sqlview.Finding{}
	for _, h := range f.Hazards {
		here := s
		if h.Line == last.Line && h.Column == last.Column {
			here = sources{} // the place was just shown
		}
		last = h
		out = append(append(out, p.finding(f, here, h)...), "")
	}
	return out
}

// severity is the word of a severity, and how its caret is painted.
func (p Paper) severity(word string) (string, look.Role) {
	switch (sqlview.Finding{Severity: word}).Level() {
	case lint.Stop:
		return p.Text(look.Stop, " STOP "), look.Danger
	case lint.Warn:
		return p.Text(look.Warn, " WARN "), look.Attention
	}
	return p.Text(look.Strong, " "+word+" "), look.Accent
}

func (p Paper) finding(f sqlview.FileResult, s sources, h sqlview.Finding) []string {
	word, role := p.severity(h.Severity)
	title := word + " " + p.Text(look.Strong, h.Rule)
	if h.Relation != nil {
		title += p.Plain(" on " + *h.Relation)
	}
	out := []string{p.Cut(title, p.Width)}
	where := p.Plain(fmt.Sprintf("%s:%d:%d", f.Path, h.Line, h.Column))
	out = append(out, strings.Repeat(" ", len(itoa(h.Line)))+p.Text(look.Quiet, "-->")+" "+where)
	out = append(out, p.place(s, f, h, role)...)
	text := look.Strong
	if h.Waived != nil {
		text = look.Plain
	}
	out = append(out, p.indented(1, p.Paragraph(text, visible.Line(h.Message), p.Width-1, 0))...)
	out = append(out, p.indented(1, p.Row("why", p.Plain(visible.Line(h.Why)), p.Width-1))...)
	if h.Instead != nil {
		label := "instead"
		for _, line := range strings.Split(strings.TrimRight(*h.Instead, "\n"), "\n") {
			out = append(out, p.indented(1, p.Row(label, p.Text(look.OK, line), p.Width-1))...)
			label = ""
		}
	}
	if w := h.Waived; w != nil {
		reason := w.Reason
		if w.Until != "" {
			reason += " (until " + w.Until + ")"
		}
		out = append(out, p.indented(1, p.Row("waived", p.Plain(reason), p.Width-1))...)
	}
	return out
}

func (p Paper) folderFinding(f sqlview.FolderFinding) []string {
	word, _ := p.severity(f.Severity)
	out := []string{p.Cut(word+" "+p.Text(look.Strong, f.Kind), p.Width)}
	for _, name := range f.Paths {
		out = append(out, " "+p.Text(look.Quiet, "-->")+" "+p.Plain(name))
	}
	for line := range strings.SplitSeq(f.Message, "\n") {
		out = append(out, p.indented(1, p.Paragraph(look.Strong, line, p.Width-1, 0))...)
	}
	label := "do"
	for line := range strings.SplitSeq(f.Hint, "\n") {
		out = append(out, p.indented(1, p.Row(label, p.Text(look.OK, line), p.Width-1))...)
		label = ""
	}
	return append(out, "")
}

// verdicts is a row for each file.
func (p Paper) verdicts(r sqlview.Result) []string {
	if len(r.Files) == 0 {
		return nil
	}
	var rows [][]string
	for _, f := range r.Files {
		mark, role, words := p.verdict(f)
		rows = append(rows, []string{
			p.Text(role, mark), p.Plain(f.Path), p.Plain(strconv.Itoa(len(f.Statements))), words,
		})
	}
	cols := []look.Column{
		{}, {Head: "file", Least: 16, Name: true}, {Head: "statements", Right: true}, {Head: "review"},
	}
	return append(p.Table(cols, rows, p.Width), "")
}

// verdict is a file's: what was not understood is never green.
func (p Paper) verdict(f sqlview.FileResult) (mark string, role look.Role, words string) {
	c, unread := f.Count(), 0
	for _, s := range f.Statements {
		if !s.Analysed {
			unread++
		}
	}
	var parts []string
	if unread > 0 {
		parts = append(parts, p.Text(look.Danger, fmt.Sprintf("%d not analysed", unread)))
	}
	mark, role = p.Marks.Done, look.OK
	if c.Notice > 0 {
		parts = append(parts, p.Plain(lint.Count(c.Notice, "notice")))
	}
	if c.Waived > 0 {
		parts = append(parts, p.Plain(fmt.Sprintf("%d waived", c.Waived)))
	}
	if c.Warn > 0 {
		mark, role = p.Marks.Look, look.Attention
		parts = append([]string{p.Text(role, fmt.Sprintf("%d warn", c.Warn))}, parts...)
	}
	if c.Stop > 0 {
		parts = append([]string{p.Text(look.Danger, fmt.Sprintf("%d stop", c.Stop))}, parts...)
	}
	if c.Stop > 0 || unread > 0 {
		mark, role = p.Marks.Failed, look.Danger
	}
	if len(parts) == 0 {
		return mark, role, p.Text(look.OK, "no hazard")
	}
	return mark, role, strings.Join(parts, " ")
}

// sum is the last line, which says how many there are of each, of how much, and by what
// it was judged.
func (p Paper) sum(r sqlview.Result) []string {
	c := r.Count()
	count := func(n int, word string, role look.Role) string {
		if n == 0 {
			role = look.Plain
		}
		return p.Text(role, fmt.Sprintf("%d %s", n, word))
	}
	parts := []string{
		count(c.Stop, "stop", look.Danger), count(c.Warn, "warn", look.Attention),
		p.Plain(lint.Count(c.Notice, "notice")),
	}
	if c.Waived > 0 {
		parts = append(parts, p.Plain(fmt.Sprintf("%d waived", c.Waived)))
	}
	analysed := fmt.Sprintf("%d of %s analysed", r.Coverage.Analysed, lint.Count(r.Coverage.Statements, "statement"))
	role := look.Plain
	if r.Coverage.Analysed < r.Coverage.Statements {
		role = look.Danger
	}
	parts = append(parts, p.Text(role, analysed))
	return append(look.Wrap(p.join(parts), p.Width), look.Wrap(p.Plain(sqlview.JudgedFor(r)), p.Width)...)
}

func itoa(n int) string { return strconv.Itoa(n) }

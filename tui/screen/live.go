package screen

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/tui/look"
)

// tables is the panel of sizes and traffic.
func (p page) tables() look.Panel {
	return look.Panel{
		Name: "tables", Title: "tables", State: p.serverState(), Lines: p.tableLines, Give: 7, Min: 2, Right: true,
	}
}

func (p page) tableLines(w int) []string {
	s := p.run.Sample
	if s == nil || len(s.Tables) == 0 {
		return nil
	}
	size := "total size"
	if w < 56 {
		size = "size"
	}
	cols := []look.Column{
		{Head: "table", Least: 14, Name: true}, {Head: size, Right: true}, {Head: "rows", Right: true},
		{}, {Head: "reads/s", Right: true}, {}, {Head: "writes/s", Right: true},
	}
	var rows [][]string
	for _, t := range s.Tables {
		rows = append(rows, []string{
			p.Plain(t.Relation), p.Plain(measure.Bytes(t.Bytes)), p.Plain(estimated(t.Rows)),
			p.trend(look.Reads, "reads/"+t.Relation, w), p.Plain(rate(t.ReadsPerSecond)),
			p.trend(look.Writes, "writes/"+t.Relation, w), p.Plain(rate(t.WritesPerSecond)),
		})
	}
	return p.Table(cols, rows, w)
}

func estimated(rows float64) string {
	if rows < 0 {
		return "not known"
	}
	return "~" + measure.Count(rows)
}

// trend is a spark of the last values of a name, as long as there is room for one.
func (p page) trend(r look.Role, name string, w int) string {
	n := 8
	values := p.f.Trends[name]
	if w < 72 || len(values) < 2 {
		return ""
	}
	return look.Pad(p.Spark(r, values[max(0, len(values)-n):]), n)
}

func rate(f float64) string {
	if f < 0 {
		return "-"
	}
	return measure.Rate(f)
}

// serverState is the server as a whole: sessions and replicas.
func (p page) serverState() string {
	s := p.run.Sample
	if s == nil {
		return ""
	}
	parts := []string{p.Plain("sessions ") + p.slots()}
	if p.wide() {
		parts = nil // the rail says it, and the column is narrow
	}
	for _, r := range s.Replicas {
		if r.LagMS >= 0 {
			parts = append(parts, p.Plain("replica "+r.Name+" "+measure.MS(r.LagMS)+" behind"))
		}
	}
	return strings.Join(parts, p.Plain(" "+p.Marks.Dot+" "))
}

// slots are the server's connections; the last ones are said to be the last.
func (p page) slots() string {
	x := p.run.Sample.Sessions
	used, free := x.Total+1, max(x.Max-x.Total-1, 0) // the one that asks is not counted
	switch {
	case free == 0:
		return p.Text(look.Danger, fmt.Sprintf("%d of %d, none free", used, x.Max))
	case free < fewFree:
		return p.Text(look.Danger, fmt.Sprintf("%d of %d, %d free", used, x.Max, free))
	}
	return p.Plain(fmt.Sprintf("%d of %d", x.Total, x.Max))
}

// fewFree is below which number somebody will soon be refused.
const fewFree = 5

// railTables are the tables in the rail, where there is no panel of them.
func railTables(p page, w int) []string {
	if p.run.Sample == nil || p.showsTables() {
		return nil
	}
	var out []string
	for i, t := range p.run.Sample.Tables {
		if i == 2 {
			break
		}
		out = append(out, p.Text(look.Strong, p.Cut(strings.TrimPrefix(t.Relation, "public."), w)))
		out = append(out, p.Plain(p.Cut(measure.Bytes(t.Bytes)+", "+estimated(t.Rows)+" rows", w)))
		out = append(out,
			p.RowOf(8, "reads", p.trend(look.Reads, "reads/"+t.Relation, 80)+" "+p.Plain(rate(t.ReadsPerSecond)), w)...)
		out = append(out,
			p.RowOf(8, "writes", p.trend(look.Writes, "writes/"+t.Relation, 80)+" "+p.Plain(rate(t.WritesPerSecond)),
				w)...)
	}
	return out
}

// showsTables reports whether the screen has a panel of tables of its own.
func (p page) showsTables() bool {
	switch p.local.Top() {
	case atRun, atBackfill, atZoom, atStart, atReview:
		return true
	}
	return false
}

func sessionsState(p page) string {
	if p.run.Sample == nil {
		return ""
	}
	return p.slots()
}

func railSessions(p page, w int) []string {
	s := p.run.Sample
	if s == nil {
		return nil
	}
	role := look.Plain
	if s.Sessions.Waiting > 0 {
		role = look.Attention
	}
	waiting := itoa(s.Sessions.Waiting)
	if p.f.Plan != nil && p.f.Plan.Limits.QueueLimit > 0 {
		waiting += fmt.Sprintf(", limit %d", p.f.Plan.Limits.QueueLimit)
	}
	out := p.RowOf(10, "waiting", p.Text(role, waiting), w)
	if ms := s.Sessions.OldestTransactionMS; ms > 0 {
		out = append(out, p.RowOf(10, "oldest tx", p.Plain(measure.Elapsed(time.Duration(ms)*time.Millisecond)), w)...)
	}
	return out
}

// builds is the panel of what reports its progress: builds, VACUUM, dumps.
func (p page) builds() look.Panel {
	return look.Panel{Name: "progress", Title: "progress", Lines: p.buildLines, Give: 1}
}

func (p page) buildLines(w int) []string {
	if p.run.Sample == nil {
		return nil
	}
	var out []string
	for _, g := range p.run.Sample.Progress {
		out = append(out,
			p.Text(look.Strong, g.Command)+
				p.Plain(fmt.Sprintf(" on %s, pid %d: %s", g.Relation, g.PID, activity.Phase(g.Phase))))
		if g.Total > 0 {
			// The share of one phase is never passed for that of the whole.
			part := float64(g.Done) / float64(g.Total)
			text := fmt.Sprintf("%.0f %% of this phase, %s of %s %s", 100*part, measure.Count(float64(g.Done)),
				measure.Count(float64(g.Total)), g.Unit)
			out = append(out, p.Bar(part, max(w-look.Width(text)-2, 10))+"  "+p.Plain(text))
		}
	}
	return out
}

// newest is the panel of the newest of the log.
func (p page) newest() look.Panel {
	return look.Panel{
		Name: "log", Title: "log", Lines: func(w int) []string {
			return p.logLines("", w)
		}, Give: 9, Min: 1, Grow: true, Tail: true, Right: p.treed(), // the tree leaves that column to it
	}
}

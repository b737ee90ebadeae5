package live

import (
	"cmp"
	"slices"
	"strings"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/tui/look"
)

// orders are how tables may stand, the first is the usual one.
var orders = []struct {
	name string
	of   func(p picture, t activity.Table) float64
}{
	{"size", func(_ picture, t activity.Table) float64 { return float64(t.Bytes) }},
	{"writes", func(_ picture, t activity.Table) float64 { return t.WritesPerSecond }},
	{"reads", func(_ picture, t activity.Table) float64 { return t.ReadsPerSecond }},
	{"dead rows", func(_ picture, t activity.Table) float64 { return float64(t.Dead) }},
	{"growth", func(p picture, t activity.Table) float64 { return p.growth(t.Relation) }},
	{"rows", func(_ picture, t activity.Table) float64 { return t.Rows }},
}

// growth is by how many bytes a relation grew while it was watched, five minutes at most.
func (p picture) growth(relation string) float64 {
	all := p.trends["bytes/"+relation]
	if len(all) < 2 {
		return 0
	}
	return all[len(all)-1] - all[0]
}

// shown are the tables that pass filter and following, in their order.
func (p picture) shown() []activity.Table {
	if p.sample == nil {
		return nil
	}
	tables := slices.DeleteFunc(slices.Clone(p.sample.Tables), func(t activity.Table) bool {
		return !p.passes(t.Relation) || p.follow.Name != "" && p.follow.Name != t.Relation
	})
	of := orders[p.order].of
	slices.SortStableFunc(tables, func(a, b activity.Table) int { return cmp.Compare(of(p, b), of(p, a)) })
	return tables
}

// tableAt is where the table stands that the cursor was put on.
func (p picture) tableAt(all []activity.Table) int {
	return max(slices.IndexFunc(all, func(t activity.Table) bool { return t.Relation == p.table }), 0)
}

// From these widths on there is room for every column, and for longer sparks.
const (
	allColumns = 96
	longSparks = 110
)

func (p picture) tables(w int) []string {
	shown := p.shown()
	cols := []look.Column{
		{Head: "table", Least: 12, Name: true}, {Head: "size", Right: true}, {Head: "grew", Right: true},
		{Head: "rows", Right: true}, {Head: "dead", Right: true},
		{}, {Head: "reads/s", Right: true}, {}, {Head: "writes/s", Right: true},
	}
	var rows [][]string
	for _, t := range shown {
		rows = append(rows, []string{
			p.Plain(strings.TrimPrefix(t.Relation, "public.")), p.Text(look.Strong, measure.Bytes(t.Bytes)),
			p.Plain(measure.Growth(int64(p.growth(t.Relation)))),
			p.Plain(count(t.Rows)), p.Plain(measure.Count(float64(t.Dead))),
			p.spark(look.Reads, "reads/"+t.Relation, w), p.Plain(rate(t.ReadsPerSecond)),
			p.spark(look.Writes, "writes/"+t.Relation, w), p.Plain(rate(t.WritesPerSecond)),
		})
	}
	if w < allColumns { // what is ordered by stays
		out := 2
		if orders[p.order].name == "growth" {
			out = 4
		}
		cols = slices.Delete(cols, out, out+1)
		for i := range rows {
			rows[i] = slices.Delete(rows[i], out, out+1)
		}
	}
	at := -1
	if p.onTables {
		at = p.tableAt(shown)
	}
	return p.chosen(p.Table(cols, rows, w-p.mark()), at)
}

func count(rows float64) string {
	if rows < 0 {
		return "not known"
	}
	return "~" + measure.Count(rows)
}

func rate(f float64) string {
	if f < 0 {
		return "-"
	}
	return measure.Rate(f)
}

// spark is the last minutes of a number in few columns: each the highest of its share.
func (p picture) spark(r look.Role, name string, w int) string {
	n := 6
	if w >= longSparks {
		n = 12
	}
	values := p.trends[name]
	if len(values) < 2 {
		return look.Pad("", n)
	}
	out := make([]float64, 0, n)
	for i := range min(n, len(values)) {
		share := values[i*len(values)/min(n, len(values)) : (i+1)*len(values)/min(n, len(values))]
		out = append(out, slices.Max(share))
	}
	return look.Pad(p.Spark(r, out), n)
}

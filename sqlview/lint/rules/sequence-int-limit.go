package rules

import (
	"fmt"
	"math"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/measure"
)

var _ = add(lint.Rule{
	ID: "sequence-int-limit", Severity: lint.Stop, Kind: "breaks",
	Summary: "an integer key or sequence near its end",
	Run:     sequenceIntLimit,
	Doc: `
## Advice
Know how far your integer keys are before you touch their table again.

## In practice
integer ends at 2,147,483,647 and smallint at 32,767; numbers of failed inserts count too. When the counter is at the end every
insert fails (2200H from the sequence, 22003 from the column), and what would help is a rewrite of the table. A referencing
integer column fails as soon as its bigint parent has passed the end, long before the parent has. belay reads the counters of
the tables that a file touches and speaks from 80 % on: the change under review may wait, this may not.

## Measured
Seen on 15: nextval at the end of an integer sequence fails with 2200H; an integer column that gets a larger number with 22003.

## Instead
A new bigint column, a backfill and a swap, now, while there is time: belay explain huge-table-column.
`,
})

// nearEnd is the part of a counter that may be used up before the rule speaks.
const nearEnd = 0.8

var typeEnds = map[string]int64{"smallint": math.MaxInt16, "integer": math.MaxInt32, "bigint": math.MaxInt64}

func sequenceIntLimit(p *lint.Pass) {
	if p.Moment == nil || len(p.Moment.Sequences) == 0 {
		return
	}
	said := map[string]bool{}
	for s := range p.Statements() {
		for _, l := range s.Effect().Locks {
			if said[l.Relation] || !s.Existed(l.Relation) {
				continue
			}
			said[l.Relation] = true
			nearCounters(p, s, l.Relation)
			nearParents(p, s, s.Catalog().Relation(l.Relation))
		}
	}
}

// nearCounters looks at the counters of a table's columns, and of a sequence
// that nothing is known to use.
func nearCounters(p *lint.Pass, s lint.Stmt, relation string) {
	for _, q := range p.Moment.Sequences {
		if q.Relation != relation && q.Name != relation {
			continue
		}
		end, what := q.Max, q.Name
		if c := s.Catalog().Seen(q.Relation).Column(q.Column); c != nil {
			what = fmt.Sprintf("%s of %s", q.Column, q.Relation)
			if e, ok := typeEnds[c.Type]; ok && e < end {
				end = e
			}
		}
		if float64(q.Last) < nearEnd*float64(end) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: relation, Object: "counter " + q.Name,
			Message: fmt.Sprintf("%s is near its end: inserts fail when the counter is there.", what),
			Why: fmt.Sprintf("%s gave %s of %s numbers (%d %%).", q.Name, measure.Grouped(q.Last),
				measure.Grouped(end), percent(q.Last, end)),
			Instead: "A new bigint column, a backfill and a swap, before anything else: belay explain " +
				"huge-table-column",
		})
	}
}

// nearParents looks at integer columns that refer to a wider key.
func nearParents(p *lint.Pass, s lint.Stmt, r *catalog.Relation) {
	if r == nil {
		return
	}
	for _, k := range r.Constraints {
		if k.Type != catalog.ForeignKey || len(k.Columns) != 1 || len(k.RefColumns) != 1 {
			continue
		}
		c := r.Column(k.Columns[0])
		q, known := p.Moment.Feeds(k.References, k.RefColumns[0])
		if c == nil || !known {
			continue
		}
		parent := s.Catalog().Seen(k.References).Column(k.RefColumns[0])
		end, short := typeEnds[c.Type]
		if !short || parent == nil || typeEnds[parent.Type] <= end || float64(q.Last) < nearEnd*float64(end) {
			continue
		}
		s.Report(lint.Hazard{
			Relation: r.Name, Object: "counter " + k.Name,
			Message: fmt.Sprintf("%s of %s is %s and cannot hold the next keys of %s.", c.Name, r.Name, c.Type,
				k.References),
			Why: fmt.Sprintf("%s gave %s; %s ends at %s.", q.Name, measure.Grouped(q.Last), c.Type,
				measure.Grouped(end)),
			Instead: "A new bigint column, a backfill and a swap, before anything else: belay explain " +
				"huge-table-column",
		})
	}
}

func percent(part, of int64) int { return int(100 * float64(part) / float64(of)) }

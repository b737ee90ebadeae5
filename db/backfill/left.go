package backfill

import "strings"

// judgeLeft finds the condition of a row that is left, once it is known what fills
// the rows that are written meanwhile.
//
// A guard that reads what is set says itself which rows those are. Any other
// selects rows for good: there a value that differs is the application's own where
// the sync trigger follows every other, and where the statement sets constants.
func (p *Plan) judgeLeft() {
	st := p.Statement
	p.keeps = p.differs != "" && !p.guardReadsTarget() && (p.Coverage.Kind == SyncTrigger || !p.readsColumns())
	switch {
	case p.differs != "" && p.keeps:
		p.left = p.selected(p.unwritten())
	case p.differs != "":
		p.left = p.selected(p.differs)
	case p.Verifiable == "" && p.guardReadsTarget():
		p.left = "(" + st.Guard + ")"
	}
}

// selected is a condition for the rows that the statement selects.
func (p *Plan) selected(condition string) string {
	if p.Statement.Guard == "" {
		return condition
	}
	return "(" + p.Statement.Guard + ") AND (" + condition + ")"
}

// unwritten holds for a row with a column that differs and is empty: nobody wrote
// it.
func (p *Plan) unwritten() string { return p.some(" IS NULL") }

// own holds for a row with a column that differs and holds a value.
func (p *Plan) own() string { return p.some(" IS NOT NULL") }

func (p *Plan) some(is string) string {
	all := make([]string, len(p.differ))
	for i, a := range p.Statement.Targets {
		all[i] = p.column(a) + is + " AND " + p.differ[i]
	}
	return strings.Join(all, " OR ")
}

// leftIn is left in one leaf. Without a key a row that was moved before its turn
// cannot be told from one that was written since: it counts, for a person to judge.
func (p *Plan) leftIn(l Leaf) string {
	if p.keeps && l.Key.ByPlace() {
		return p.selected(p.differs)
	}
	return p.left
}

// strays is the condition of a row that differs and is left alone.
func (p *Plan) strays(l Leaf) string {
	switch {
	case p.keeps && !l.Key.ByPlace():
		return p.selected("(" + p.own() + ") AND (" + p.unwritten() + ") IS NOT TRUE")
	case p.differs != "" && p.Statement.Guard != "" && p.guardReadsTarget():
		return "(" + p.differs + ") AND (" + p.Statement.Guard + ") IS NOT TRUE"
	}
	return "false"
}

// sweeps are the statements that change what is left in a range. Where a row has
// one column of the application's own, the others are filled by themselves.
func (q rangeSQL) sweeps(p *Plan, lo, hi cursor) (all []ranged) {
	add := func(set, extra string) {
		sql, args := q.updateBy(set, lo, hi, extra)
		all = append(all, ranged{sql, args})
	}
	switch {
	case !p.keeps:
		add(p.Statement.Set, p.differs)
	case len(p.differ) == 1:
		add(p.Statement.Set, p.unwritten())
	default:
		add(p.Statement.Set, "("+p.unwritten()+") AND ("+p.own()+") IS NOT TRUE")
		for i, a := range p.Statement.Targets {
			add(quote(a.Column)+" = "+a.Expression, p.column(a)+" IS NULL AND "+p.differ[i])
		}
	}
	return all
}

// ranged is a statement over a range with its arguments.
type ranged struct {
	sql  string
	args []any
}

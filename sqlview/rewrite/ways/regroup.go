package ways

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"
	"belay/sqlview/synctrigger"
)

// Regrouping is a column that is split, or columns that are merged: the old ones and the
// new, each with what the others make it. Its phases are those of [rewrite.Make], for an
// ALTER TABLE that drops the first of the old columns.
type Regrouping struct {
	Old, New []Regrouped
}

// Regrouped is a column on either side.
type Regrouped struct {
	Name string // unquoted
	// Type is that of a new column as SQL writes it, "" = that of the first old one.
	Type string
	// Value is an expression over the columns of the other side, as a person wrote it.
	Value string
}

// Run makes the phases: the new columns, a trigger that keeps both sides in step, and a
// backfill of rows whose new columns nobody wrote.
func (r Regrouping) Run(p *rewrite.Piece) (rewrite.Rewritten, error) {
	a, ok := p.Alteration()
	if !ok {
		return rewrite.Refuse("the change does not name one table")
	}
	g := regrouping{Regrouping: r, p: p}
	g.twin = newTwin(p, a.Range, a.Head, r.Old[0].Name, r.New[0].Name)
	if why := g.refuse(); why != "" {
		return rewrite.Refuse(why)
	}
	if why := g.read(); why != "" {
		return rewrite.Refuse(why)
	}
	sync := g.sync().SQL()
	return rewrite.Rewritten{
		Phases: []rewrite.Phase{
			g.adds(), {
				Title: title(g.table, "keep", g.listed(r.New), "in step"), SQL: sync.Create, Down: sync.Drop,
				Why: "whoever writes one side writes both from here on",
			},
			g.fills(),
		},
		Differences: g.differences(), Contract: g.drops(sync),
	}, nil
}

// regrouping is one on its way.
type regrouping struct {
	Regrouping
	twin
	p *rewrite.Piece
	// old and fresh are the values over NEW, rowOld and rowFresh over the row.
	old, fresh, rowOld, rowFresh []synctrigger.Member
	// names are those of the old columns while they are out of reach; parkedOld and
	// parkedFresh are old and fresh with them.
	names                  map[string]string
	parkedOld, parkedFresh []synctrigger.Member
}

// listed names columns for a title.
func (g *regrouping) listed(all []Regrouped) string {
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	return strings.Join(names, " ")
}

// refuse says what the new columns would lose or do, and what would stop the drop of the
// old ones; "" = nothing.
func (g *regrouping) refuse() string {
	for _, c := range g.New {
		if g.relation.Column(c.Name) != nil {
			return "there is a column " + c.Name + " already"
		}
	}
	for _, c := range g.Old {
		t := g.twin
		t.old = c.Name
		if why := t.refuse(g.p); why != "" {
			return why
		}
		if primary(g.relation, c.Name) {
			return "column " + c.Name + " is part of the primary key"
		}
		for _, k := range g.p.Before.References(g.table) {
			if slices.Contains(k.RefColumns, c.Name) {
				return "foreign key " + k.Name + " of " + k.Child + " refers to column " + c.Name
			}
		}
		if why := t.refuseReaders(g.p, c.Name); why != "" {
			return why
		}
	}
	return ""
}

// read takes the expressions in.
func (g *regrouping) read() string {
	side := func(all, other []Regrouped) (over, row, parked []synctrigger.Member, why string) {
		own := map[string]bool{}
		for _, c := range all {
			own[c.Name] = true
		}
		for _, c := range all {
			e, why := given(g.p, "the value of "+c.Name, c.Value)
			if why != "" {
				return nil, nil, nil, why
			}
			value, why := e.ofNewRow(nil)
			if why != "" {
				return nil, nil, nil, why
			}
			reads := e.reads()
			for _, name := range reads {
				switch is := func(o Regrouped) bool { return o.Name == name }; {
				case own[name]:
					return nil, nil, nil, "the value of " + c.Name + " reads " + name + ", which is on the same side"
				case g.relation.Column(name) == nil && !slices.ContainsFunc(other, is):
					return nil, nil, nil, "the value of " + c.Name + " reads " + name +
						", and the table has no such column"
				}
			}
			m := synctrigger.Member{Name: c.Name, Value: value, Reads: reads}
			over, parked = append(over, m), append(parked, g.parkedMember(e, m))
			m.Value = "(" + trimmed(c.Value) + ")::" + g.typeOf(c)
			row = append(row, m)
		}
		return over, row, parked, ""
	}
	g.names = map[string]string{}
	for _, c := range g.Old {
		g.names[c.Name] = g.p.Aside(g.table, c.Name)
	}
	var why string
	if g.fresh, g.rowFresh, g.parkedFresh, why = side(g.New, g.Old); why != "" {
		return why
	}
	g.old, g.rowOld, g.parkedOld, why = side(g.Old, g.New)
	return why
}

// parkedMember is a column of either side while the old ones have other names.
func (g *regrouping) parkedMember(e expression, m synctrigger.Member) synctrigger.Member {
	as := func(name string) string { return cmp.Or(g.names[name], name) }
	m.Value, _ = e.ofNewRow(g.names) // it could be read with the names as they are
	reads := make([]string, len(m.Reads))
	for i, name := range m.Reads {
		reads[i] = as(name)
	}
	m.Name, m.Reads = as(m.Name), reads
	return m
}

// parking takes the old columns out of reach. A trigger under the same name keeps both
// sides in step meanwhile.
func (g *regrouping) parking(sync synctrigger.SQL) *rewrite.Parking {
	if g.p.Today == "" {
		return nil
	}
	parked := g.sync()
	parked.Old, parked.New = g.parkedOld, g.parkedFresh
	var away, back []string
	for _, c := range g.Old {
		away = append(away, g.twin.rename(c.Name, g.names[c.Name]))
		back = append(back, g.twin.rename(g.names[c.Name], c.Name))
	}
	return park(g.names[g.Old[0].Name], sync, parked.SQL(), away, back)
}

// typeOf is a column's type as SQL writes it.
func (g *regrouping) typeOf(c Regrouped) string {
	if is := g.relation.Column(c.Name); is != nil {
		return is.Type
	}
	if c.Type != "" {
		return c.Type
	}
	return g.relation.Column(g.Old[0].Name).Type
}

// sync keeps both sides in step.
func (g *regrouping) sync() synctrigger.Groups {
	t := g.trigger()
	t.Path = path(g.p.Before)
	return synctrigger.Groups{Trigger: t, Old: g.old, New: g.fresh}
}

// adds are the new columns, with the privileges of the first old one.
func (g *regrouping) adds() rewrite.Phase {
	var up, down []string
	d, _ := g.details()
	for _, c := range g.New {
		up = append(up, g.head+" ADD COLUMN "+lint.Ident(c.Name)+" "+g.typeOf(c))
		down = append([]string{g.head + " DROP COLUMN " + lint.Ident(c.Name)}, down...)
	}
	for _, c := range g.New {
		up = append(up, grants(g.written, c.Name, d)...)
	}
	return rewrite.Phase{
		Title: title(g.table, "add", g.listed(g.New)), SQL: up, Down: down,
		Why: "columns that may be NULL are a change in the catalog; old code does not notice",
	}
}

// fills gives rows their new values where nobody wrote them.
func (g *regrouping) fills() rewrite.Phase {
	var set, names []string
	for i, c := range g.New {
		set = append(set, lint.Ident(c.Name)+" = ("+trimmed(g.New[i].Value)+")")
		names = append(names, lint.Ident(c.Name))
	}
	return rewrite.Phase{
		Title: title(g.table, "fill", g.listed(g.New)), Backfill: true,
		SQL: []string{fmt.Sprintf("UPDATE %s SET %s WHERE pg_catalog.num_nonnulls(%s) = 0 AND %s", g.written,
			strings.Join(set, ", "), strings.Join(names, ", "), g.apart())},
		Why: "rows whose new columns nobody wrote get their values in small batches; the trigger keeps those that " +
			"change meanwhile in step",
		Nothing: "nothing to take back: the columns go with their own file",
	}
}

func (g *regrouping) apart() string { return synctrigger.Apart(g.rowOld, g.rowFresh) }

// drops is the second half: the trigger goes, and then the old columns.
func (g *regrouping) drops(sync synctrigger.SQL) *rewrite.Contract {
	var drop, also []string
	for i, c := range g.Old {
		drop = append(drop, "DROP COLUMN "+lint.Ident(c.Name))
		if i > 0 {
			also = append(also, lint.Quote(g.table)+"."+lint.Ident(c.Name))
		}
	}
	return &rewrite.Contract{
		Old: lint.Quote(g.table) + "." + lint.Ident(g.Old[0].Name), Also: also,
		Phases: []rewrite.Phase{{
			Title: title(g.table, "drop", g.listed(g.Old)),
			SQL:   append(slices.Clone(sync.Drop), g.head+" "+strings.Join(drop, ", ")),
			Why:   "no code names the old any more: what kept both sides in step goes, and then the old",
		}},
		Own: []string{function(g.table, g.trigger())}, Table: g.written, Before: g.apart(), After: g.apart(),
		Parking: g.parking(sync),
	}
}

// differences says what is not carried over to the new columns.
func (g *regrouping) differences() []string {
	kept := append(firing(g.relation),
		g.listed(g.New)+" stand last in the table: look at INSERT without a list of columns, COPY and SELECT *")
	for _, c := range g.Old {
		for _, i := range g.relation.Indexes {
			if i.Uses(c.Name) {
				kept = append(kept, "index "+catalog.Base(i.Name)+" goes with "+c.Name+
					": make what queries of the new columns need before they are deployed")
			}
		}
		for _, k := range g.relation.Constraints {
			if k.Names(c.Name) && (k.Type == catalog.Check || k.Type == catalog.ForeignKey) {
				kept = append(kept, "constraint "+k.Name+" goes with "+c.Name+" and is not made over the new columns")
			}
		}
		if g.relation.Column(c.Name).NotNull {
			kept = append(kept, c.Name+" is NOT NULL, and the new columns may be NULL: belay campaign new not-null")
		}
		for _, d := range g.relation.Dependents {
			if d.Kind != catalog.TriggerKind && slices.Contains(d.Columns, c.Name) {
				kept = append(kept, string(d.Kind)+" "+d.Name+" names "+c.Name+": it has to name the new columns "+
					"before the drop")
			}
		}
	}
	return kept
}

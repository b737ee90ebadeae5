package ways

import (
	"cmp"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// outgoing is an index or a constraint that is dropped.
type outgoing struct {
	// table is that of a constraint, "schema.name"; "" = it is an index.
	table string
	// name is bare, written is an index as the source writes it.
	name, written string
	// exists is "IF EXISTS " or "".
	exists string
	// definition makes it again: what stands behind a constraint's name, or the
	// whole CREATE INDEX; "" = not known.
	definition string
	// aside is the name under which an index waits for its drop; "" = its own.
	aside string
}

// incoming is an index or a constraint that is made.
type incoming struct {
	*rewrite.Piece
	alter rewrite.Alteration
	index *pg.IndexStmt
	// name is the final one, build the one that it is made under; both bare.
	name, build string
}

func (f incoming) keys() bool {
	k := f.alter.AlterTableCmd.GetDef().GetConstraint()
	return f.index == nil &&
		(k.GetContype() == pg.ConstrType_CONSTR_UNIQUE || k.GetContype() == pg.ConstrType_CONSTR_PRIMARY)
}

// read takes one statement in. It refuses what is neither a drop nor its
// replacement.
func (r *replacement) read(p *rewrite.Piece) error {
	if d := p.Node.GetDropStmt(); d.GetRemoveType() == pg.ObjectType_OBJECT_INDEX {
		return r.readDrop(p, d)
	}
	if n := p.Node.GetIndexStmt(); n != nil {
		table := p.Name(n.Relation)
		made := rewrite.NewIndex(table, p.Before, p.After)
		if made == nil {
			return &rewrite.Refusal{Why: "an index of that name is there already"}
		}
		r.fresh = append(r.fresh, incoming{Piece: p, index: n, name: catalog.Base(made.Name)})
		return refusal(refuseParts(p.Before.Seen(table)))
	}
	a, ok := p.Alteration()
	k := a.AlterTableCmd.GetDef().GetConstraint()
	switch {
	case !ok || a.Subtype != pg.AlterTableType_AT_DropConstraint && k == nil:
		return &rewrite.Refusal{Why: p.Kind + " stands between the two"}
	case r.table != "" && r.table != a.Table:
		return &rewrite.Refusal{Why: "two tables change in turn"}
	case a.Behavior == pg.DropBehavior_DROP_CASCADE:
		return &rewrite.Refusal{Why: "CASCADE takes what hangs on the constraint along"}
	}
	r.table, r.head = a.Table, cmp.Or(r.head, a.Head)
	if why := refuseIfExists(a) + refuseParts(p.Before.Seen(a.Table)); why != "" {
		return &rewrite.Refusal{Why: why}
	}
	if a.Subtype == pg.AlterTableType_AT_DropConstraint {
		return r.readOld(p, a)
	}
	made := p.NewConstraint(a.Table)
	switch {
	case made == nil:
		return &rewrite.Refusal{Why: "a constraint of that name is there already"}
	case k.Deferrable:
		return &rewrite.Refusal{Why: notDeferred}
	case k.Contype == pg.ConstrType_CONSTR_EXCLUSION:
		return &rewrite.Refusal{Why: "an exclusion constraint cannot be built while rows are written"}
	}
	r.fresh = append(r.fresh, incoming{Piece: p, alter: a, name: made.Name})
	return nil
}

// notDeferred is why a deferrable key is left as it is.
const notDeferred = "until a DEFERRABLE key takes its index over, the index is unique at once, and transactions that " +
	"count on the end of theirs fail"

func refusal(why string) error {
	if why == "" {
		return nil
	}
	return &rewrite.Refusal{Why: why}
}

func (r *replacement) readDrop(p *rewrite.Piece, d *pg.DropStmt) error {
	if d.Behavior == pg.DropBehavior_DROP_CASCADE {
		return &rewrite.Refusal{Why: "CASCADE takes what hangs on the index along"}
	}
	for _, o := range d.Objects {
		name := p.NameOf(o.GetList().GetItems())
		table, index := p.Before.Indexed(name)
		if why := refuseParts(table); why != "" {
			return &rewrite.Refusal{Why: why}
		}
		old := outgoing{
			name: catalog.Base(name), written: written(o.GetList().GetItems()), exists: ifExists(d.MissingOk),
		}
		if r.makes(old.name) {
			return &rewrite.Refusal{Why: old.name + " is made and dropped again in the same file"}
		}
		if index != nil {
			old.definition = index.Definition
		}
		r.olds = append(r.olds, old)
	}
	return nil
}

func ifExists(missingOk bool) string {
	if missingOk {
		return "IF EXISTS "
	}
	return ""
}

func (r *replacement) readOld(p *rewrite.Piece, a rewrite.Alteration) error {
	old := outgoing{table: a.Table, name: catalog.Truncate(a.Name), exists: ifExists(a.MissingOk)}
	if r.makes(old.name) {
		return &rewrite.Refusal{Why: old.name + " is made and dropped again in the same file"}
	}
	if k := p.Before.Seen(a.Table).Constraint(old.name); k != nil {
		old.definition = k.Definition
	}
	r.olds = append(r.olds, old)
	return nil
}

// dropsName finds what goes under a name; nil = nothing.
func (r *replacement) dropsName(name string) *outgoing {
	i := slices.IndexFunc(r.olds, func(o outgoing) bool { return o.name == name })
	if i < 0 {
		return nil
	}
	return &r.olds[i]
}

// buildName is a name that nothing has: while both are there they need two. A
// key's index gets its own until the constraint takes it over.
func (r *replacement) buildName(f *incoming) string {
	if r.dropsName(f.name) == nil && (!f.keys() || r.first.Before.Seen(f.schema()+"."+f.name) == nil) {
		return f.name
	}
	for label := "new"; ; label += "_new" {
		name := catalog.ObjectName(f.name, "", label)
		if r.first.Before.Seen(f.table()).Constraint(name) == nil && r.first.Free(f.schema(), name) && !r.makes(name) {
			return name
		}
	}
}

// makes reports whether one of the new ones has a name, for good or until it takes over.
func (r *replacement) makes(name string) bool {
	return slices.ContainsFunc(r.fresh, func(f incoming) bool { return f.name == name || f.build == name })
}

func (f *incoming) table() string {
	if f.index != nil {
		return f.Name(f.index.Relation)
	}
	return f.alter.Table
}

func (f *incoming) schema() string { return catalog.Schema(f.table()) }

// build makes a replacement under the name that it is built under. What is left
// to do for it other ways do in their turn.
func (r *replacement) build(f *incoming) ([]rewrite.Phase, error) {
	f.build = r.buildName(f)
	switch {
	case f.index != nil:
		return r.buildIndex(f)
	case f.keys():
		return buildKey(f), nil
	}
	k := f.alter.Def.GetConstraint()
	text := f.SQL[k.Location : f.alter.Offset+len(f.alter.Part)]
	if k.Conname != "" {
		text = afterName(text)
	}
	return []rewrite.Phase{{
		Title: title(f.alter.Table, f.build),
		SQL:   []string{f.alter.Head + " ADD CONSTRAINT " + lint.Ident(f.build) + " " + text},
		Down:  dropConstraint(f.alter.Head, f.build),
		Why:   "beside the old one, which goes when this one holds for all rows",
	}}, nil
}

// afterName is a constraint's text behind CONSTRAINT and its name.
func afterName(text string) string {
	tokens := tokensOf(text)
	return strings.TrimSpace(text[tokens[1].End:])
}

func (r *replacement) buildIndex(f *incoming) ([]rewrite.Phase, error) {
	made, err := indexConcurrently(f.Piece)
	if err != nil || f.build == f.name {
		return made.Phases, err
	}
	phase := &made.Phases[0]
	phase.Title, phase.SQL = f.build, []string{renamedIndex(phase.SQL[0], lint.Ident(f.build))}
	phase.Down, phase.DownAlone = []string{"DROP INDEX CONCURRENTLY " + rewrite.Beside(f.index.Relation,
		f.build)}, true
	phase.Why += "; it takes the old one's name when it stands"
	return made.Phases, nil
}

// renamedIndex gives a CREATE INDEX CONCURRENTLY another name, which nothing has:
// IF NOT EXISTS goes.
func renamedIndex(sql, name string) string {
	tokens := tokensOf(sql)
	from, to := -1, -1
	for i, t := range tokens {
		switch {
		case from < 0 && is(sql, t, "CONCURRENTLY"):
			from = t.End
		case from >= 0 && to < 0 && is(sql, t, "ON"):
			to = tokens[i-1].End
		}
	}
	return sql[:from] + " " + name + sql[to:]
}

func buildKey(f *incoming) []rewrite.Phase {
	k := f.alter.Def.GetConstraint()
	var phases []rewrite.Phase
	if k.Contype == pg.ConstrType_CONSTR_PRIMARY {
		phases = keyColumns(f.alter, catalog.Strings(k.Keys))
	}
	index := concurrentIndex(f.alter.Table, f.alter.Written, lint.Ident(f.build), keyDefinition(k, f.alter.Part), true,
		"built while reads and writes go on, beside the old one; a duplicate ends it and leaves an INVALID index, so "+
			"look for duplicates first")
	index.Down[0] = "DROP INDEX CONCURRENTLY IF EXISTS " + rewrite.Beside(f.alter.Range, f.build)
	return append(phases, index)
}

// swap is the one transaction in which the new ones take the place of the old.
func (r *replacement) swap() rewrite.Phase {
	s := rewrite.Phase{
		Switch: true,
		Why:    "what replaces the old ones stands, so they change places in one moment, all of it in the catalog",
	}
	back := true
	for i := range r.olds {
		up, down := r.away(&r.olds[i])
		s.SQL, s.Down = append(s.SQL, up...), append(down, s.Down...)
		back = back && len(up) == len(down)
	}
	var names []string
	for _, f := range r.fresh {
		up, down := f.takesOver()
		s.SQL, s.Down = append(s.SQL, up...), append(down, s.Down...)
		names = append(names, f.name)
	}
	s.Title = title(r.fresh[0].table(), strings.Join(names, " "), "takes over")
	if !back {
		s.Down = nil
	}
	return s
}

// away takes an old one out of the way of the new: a constraint is dropped, an
// index whose name is needed gets another one.
func (r *replacement) away(o *outgoing) (up, down []string) {
	if o.table != "" {
		up = []string{r.head + " DROP CONSTRAINT " + o.exists + lint.Ident(o.name)}
		if o.definition != "" {
			down = []string{r.head + " ADD CONSTRAINT " + lint.Ident(o.name) + " " + unread(o.definition)}
		}
		return up, down
	}
	if !slices.ContainsFunc(r.fresh, func(f incoming) bool {
		return f.name == o.name && (f.index != nil || f.keys())
	}) {
		return nil, nil
	}
	o.aside = r.first.Aside(r.fresh[0].schema(), o.name)
	waits := renamed(o.written, o.aside)
	return []string{"ALTER INDEX " + o.exists + o.written + " RENAME TO " + lint.Ident(o.aside)},
		[]string{"ALTER INDEX " + o.exists + waits + " RENAME TO " + lint.Ident(o.name)}
}

// unread is a CHECK or a foreign key that comes back without a look at the rows:
// those that were written since need not satisfy it.
func unread(definition string) string {
	if (strings.HasPrefix(definition, "CHECK") || strings.HasPrefix(definition, "FOREIGN KEY")) &&
		!strings.HasSuffix(definition, "NOT VALID") && !strings.HasSuffix(definition, "NOT ENFORCED") {
		return definition + " NOT VALID"
	}
	return definition
}

// takesOver gives a new one its name.
func (f incoming) takesOver() (up, down []string) {
	head, name, build := f.alter.Head, lint.Ident(f.name), lint.Ident(f.build)
	switch {
	case f.keys():
		word := "UNIQUE"
		if f.alter.Def.GetConstraint().Contype == pg.ConstrType_CONSTR_PRIMARY {
			word = "PRIMARY KEY"
		}
		return []string{head + " ADD CONSTRAINT " + name + " " + word + " USING INDEX " + build},
			dropConstraint(head, f.name)
	case f.name == f.build:
		return nil, nil
	case f.index != nil:
		return []string{"ALTER INDEX " + rewrite.Beside(f.index.Relation, f.build) + " RENAME TO " + name},
			[]string{"ALTER INDEX " + rewrite.Beside(f.index.Relation, f.name) + " RENAME TO " + build}
	}
	return []string{head + " RENAME CONSTRAINT " + build + " TO " + name},
		[]string{head + " RENAME CONSTRAINT " + name + " TO " + build}
}

// dropIndex drops an old index, when the new one is used.
func (o outgoing) dropIndex() rewrite.Phase {
	name, source := o.name, o.written
	if o.aside != "" {
		name, source = o.aside, renamed(o.written, o.aside)
	}
	phase := rewrite.Phase{
		Title: "drop " + name, Alone: true, Why: "the new one is there; dropped while reads and writes go on",
		SQL: []string{"DROP INDEX CONCURRENTLY " + o.exists + source},
	}
	if o.definition != "" && o.exists == "" {
		back := concurrently(o.definition)
		if o.aside != "" {
			back = renamedIndex(back, lint.Ident(name))
		}
		phase.Down, phase.DownAlone = []string{back}, true
	}
	return phase
}

package ways

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(rewrite.Way{
	ID:      "drop-column-later",
	Summary: "DROP COLUMN becomes a rename to a name with the date; the drop itself is for a week later",
	Lifts:   []string{"drop-column"},
	Doc: `
## Files
One: the column gets a name with _drop_ and the date, and what would hold rows to it goes with its name: its NOT NULL, default, CHECKs
and foreign keys, and keys that it shares with other columns. So rows can be written without it. Its way back is the rename back,
with all of that. The DROP is not written: it is for a week later.

## In practice
It breaks the same code as the drop, and it can be taken back in a moment, or as long as its keys take to be built again. Indexes
and views follow the rename without a word; queries that name the column fail, and that is what it is for. The column keeps its
place in the table: INSERT without a list of columns still writes it.

## Left alone
IF EXISTS, which a rename of a column does not have; CASCADE; columns that their table's children inherit; a primary key's column,
or a replica identity's, whose NOT NULL cannot be lifted; a generated column, a domain that forbids NULL, an exclusion constraint, a published table. A
column that a function names: the function, or every write of a table whose trigger it is, fails after a rename as after the
drop, so it is replaced first. A table of which the server was not asked.
`,
	Run: dropColumnLater,
})

func dropColumnLater(p *rewrite.Piece) (rewrite.Rewritten, error) {
	a, ok := p.Alteration()
	if why := refuseDropColumn(p, a, ok); why != "" {
		return rewrite.Refuse(why)
	}
	t := newTwin(p, a.Range, a.Head, a.Name, p.Aside(a.Table, a.Name))
	if why := t.refuseAside(p); why != "" {
		return rewrite.Refuse(why)
	}
	var b script
	kept := []string{
		"column " + a.Table + "." + a.Name + " stays as " + t.fresh +
			": drop it a week later, when nothing has missed it",
		t.fresh + " keeps its place in the table: look at INSERT without a list of columns and at SELECT *",
	}
	if name := p.Before.TakesRows(a.Table); name != "" {
		kept = append(kept, "function "+name+" takes rows of the table as they are (*), "+t.fresh+
			" included: replace it before the column goes")
	}
	mend, gone := t.mend(), lint.Ident(t.fresh)
	kept = append(kept, t.letGo(&b)...)
	b.do(t.rename(t.old, t.fresh), t.rename(t.fresh, t.old))
	phase := rewrite.Phase{
		Title: title(a.Table, "set aside", a.Name), SQL: b.up, Down: b.down, Switch: true,
		Why: "who still needs the column shows within minutes, and the way back is this rename; the DROP is for a " +
			"week later",
	}
	return rewrite.Rewritten{Phases: []rewrite.Phase{phase}, Differences: kept, Contract: &rewrite.Contract{
		Old: lint.Quote(t.table) + "." + gone, Mend: mend, Phases: dropColumn(&t, gone),
		Parking: &rewrite.Parking{
			As: t.fresh, Away: []string{t.rename(t.old, t.fresh)}, Back: []string{t.rename(t.fresh, t.old)},
		},
	}}, nil
}

// dropColumn is the drop itself, of a column that nothing has missed.
func dropColumn(t *twin, column string) []rewrite.Phase {
	return []rewrite.Phase{{
		Title: title(t.table, "drop", t.old), SQL: []string{t.head + " DROP COLUMN " + column},
		Why: "nothing has missed the column; its values are gone with it",
	}}
}

// mend makes whole what the way back leaves: constraints that nobody has read again, and
// the NOT NULL.
func (t *twin) mend() []string {
	var all []string
	for _, k := range t.relation.Constraints {
		if k.Names(t.old) && (k.Type == catalog.Check || k.Type == catalog.ForeignKey) &&
			unread(k.Definition) != k.Definition {
			all = append(all, t.head+" VALIDATE CONSTRAINT "+lint.Ident(k.Name))
		}
	}
	if c := t.column(); c.NotNull && !c.Identity {
		all = append(all, t.head+" ALTER COLUMN "+lint.Ident(t.old)+" SET NOT NULL")
	}
	return all
}

// letGo takes off the column what would hold rows to it that are written without
// it, and says what stays.
func (t *twin) letGo(b *script) (kept []string) {
	for _, k := range t.relation.Constraints {
		if !k.Names(t.old) || k.Type != catalog.Check && k.Type != catalog.ForeignKey {
			continue
		}
		name := lint.Ident(k.Name)
		b.do(t.head+" DROP CONSTRAINT "+name, t.head+" ADD CONSTRAINT "+name+" "+unread(k.Definition))
	}
	for _, i := range t.relation.Indexes {
		x := twinIndex{IndexDef: i}
		name := lint.Ident(x.name())
		switch {
		case !i.Uses(t.old):
		case x.harmless():
			kept = append(kept, "index "+x.name()+" stays and goes with "+t.fresh)
		case i.Constraint != "":
			b.do(t.head+" DROP CONSTRAINT "+name,
				t.head+" ADD CONSTRAINT "+name+" "+t.relation.Constraint(i.Constraint).Definition)
		default:
			b.do("DROP INDEX "+t.beside(x.name()), i.Definition)
		}
	}
	for _, s := range t.relation.Details.Statistics {
		if slices.Contains(s.Columns, t.old) {
			kept = append(kept, "statistics "+s.Name+" stay and go with "+t.fresh)
		}
	}
	c, old := t.column(), lint.Ident(t.old)
	if c.Default != "" {
		b.do(t.head+" ALTER COLUMN "+old+" DROP DEFAULT", t.head+" ALTER COLUMN "+old+" SET DEFAULT "+c.Default)
	}
	if c.NotNull && !c.Identity {
		kept = append(kept, t.fresh+" may be NULL, so that rows can be written without it; its way back leaves it so")
		b.do(t.head+" ALTER COLUMN "+old+" DROP NOT NULL", "")
	}
	return kept
}

func refuseDropColumn(p *rewrite.Piece, a rewrite.Alteration, ok bool) string {
	switch {
	case !ok:
		return "the statement does more than to drop one column"
	case p.Today == "":
		return "the date is not known"
	case a.MissingOk:
		return "where the column is missing, IF EXISTS does nothing, and a rename would fail"
	case a.IfExists:
		return "where the table is missing, IF EXISTS does nothing, and the files would fail"
	case a.Behavior == pg.DropBehavior_DROP_CASCADE:
		return "CASCADE takes what hangs on the column along, and a rename would leave it"
	case p.Has("drop-column-in-function"):
		return "a function names the column and fails after a rename too: CREATE OR REPLACE it without the column first"
	case primary(a.Relation, a.Name):
		return "the column is part of the primary key"
	}
	for _, st := range p.Later {
		switch {
		case adds(st.Node.GetAlterTableStmt(), a.Name):
			return "a column of the same name is added further down"
		case dropsUsed(st) != "":
			return "the file goes on with " + st.Kind + ", which the column may still use"
		}
	}
	return refuseParts(a.Relation)
}

// refuseAside says why a column cannot wait under another name for its drop.
func (t *twin) refuseAside(p *rewrite.Piece) string {
	r := t.relation
	switch {
	case r == nil || r.Details == nil || p.Before.Source != catalog.SourceLive:
		return "what hangs on the column is not known: give a database"
	case t.column() == nil:
		return "the table has no column " + t.old
	case t.column().Generated != "":
		return "the server would go on to compute the column for every row, and fail where it cannot"
	case p.Before.Type(t.column().Type).ForbidsNull():
		return "the domain " + t.column().Type + " forbids NULL: rows could not be written without the column"
	}
	if why := t.refuseEarlier(p); why != "" {
		return why
	}
	for _, k := range r.Constraints {
		switch {
		case !k.Names(t.old):
		case k.Type == catalog.Exclude:
			return "exclusion constraint " + k.Name + " cannot be made again while rows are written"
		case k.Definition == "":
			return "how constraint " + k.Name + " was made is not known"
		}
	}
	for _, i := range r.Indexes {
		switch {
		case !i.Uses(t.old):
		case i.Definition == "":
			return "how index " + catalog.Base(i.Name) + " was made is not known"
		case r.Details.Indexes[i.Name].ReplicaIdentity:
			return "index " + catalog.Base(i.Name) +
				" is the table's replica identity, so the column has to stay NOT NULL: give it another one first"
		}
	}
	return strings.Replace(t.refusePublished(p), "without the second column", "without a column of the new name", 1)
}

func primary(r *catalog.Relation, column string) bool {
	return r != nil &&
		slices.ContainsFunc(r.Indexes, func(i catalog.IndexDef) bool {
			return i.Primary && slices.Contains(i.Columns, column)
		})
}

// adds reports whether a later ALTER TABLE adds a column of that name, to
// whatever table.
func adds(alter *pg.AlterTableStmt, column string) bool {
	return slices.ContainsFunc(alter.GetCmds(), func(n *pg.Node) bool {
		return strings.EqualFold(n.GetAlterTableCmd().GetDef().GetColumnDef().GetColname(), column) &&
			n.GetAlterTableCmd().GetSubtype() == pg.AlterTableType_AT_AddColumn
	})
}

package ways

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/pair"
	"belay/sqlview/pattern"
	"belay/sqlview/rewrite"
	"belay/sqlview/synctrigger"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(rewrite.Way{
	ID: "rename-by-new-column",
	Summary: "RENAME COLUMN leaves a second column under the old name, kept in step both ways: the first half of " +
		"expand and contract",
	Lifts: []string{"rename-column"},
	Doc: `
## Files
A second column of the same type and collation, with the same column privileges; a trigger that writes it from the first; a
backfill; each index over the column again, CONCURRENTLY, so that old queries and ON CONFLICT find theirs. Then, in one transaction
of changes in the catalog, the column itself is renamed, the second one gets the old name, and from then on a trigger keeps both in
step, whichever of them is written. The second half is not written: when no code names the old column any more, a later
migration drops the trigger and then the column.

## In practice
All that hangs on the column follows the rename, as it would follow the original: constraints, views, policies, defaults, comments.
Old and new code work side by side from the last file on, and its way back loses nothing. An INSERT that writes NULL into
one of the two and leaves the other out is told from one that leaves out both by the column's default. The second column stands last
in the table.

## Left alone
A column whose default is another value each time, or that the server computes; one that a trigger names, in UPDATE OF, WHEN or its
function; DEFERRABLE keys, partitions and children, a published table, FORCE ROW LEVEL SECURITY, rules, triggers that fire after the
new one, functions that take rows of the table as they are. Columns of views and types. A table of which the server was not asked.
`,
	Run: renameByNewColumn,
})

// typeName is a type as format_type prints it that means the same when it is
// written into a statement.
var typeName = pattern.New(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?( [a-z]+)*(\([0-9, ]+\))?( [a-z]+)*(\[\])*$`)

var collationName = pattern.New(`^[A-Za-z0-9_.-]+$`)

func renameByNewColumn(p *rewrite.Piece) (rewrite.Rewritten, error) {
	n := p.Node.GetRenameStmt()
	if n.GetRenameType() != pg.ObjectType_OBJECT_COLUMN || n.RelationType != pg.ObjectType_OBJECT_TABLE ||
		n.MissingOk {
		return rewrite.Refuse("only the column of a table that is there is renamed so")
	}
	head := "ALTER TABLE " + rewrite.Written(n.Relation)
	r := renaming{twin: newTwin(p, n.Relation, head, n.Subname, n.Subname+"_old"), name: catalog.Truncate(n.Newname)}
	if why := r.refuse(p); why != "" {
		return rewrite.Refuse(why)
	}
	if why := cmp.Or(r.refuseRename(p), r.readIndexes(p, "old"), r.refuseIndexes()); why != "" {
		return rewrite.Refuse(why)
	}
	first := r.add(r.definition(), "a second column, which old code will find under the old name")
	if d, ok := r.details(); ok {
		first.SQL = append(first.SQL, grants(r.written, r.fresh, d)...)
	}
	forth := synctrigger.Pair{Trigger: r.trigger(), Old: r.old, New: r.fresh, OneWay: true}
	fresh, old := lint.Ident(r.fresh), lint.Ident(r.old)
	phases := []rewrite.Phase{
		first, r.keep(forth, "whoever writes "+r.old+" writes both from here on"),
		r.fill(old, fresh+" IS NULL AND "+old+" IS NOT NULL"),
	}
	phases = append(phases, r.buildIndexes("for queries of old code, built while reads and writes go on")...)
	return rewrite.Rewritten{
		Phases: append(phases, r.swap(p, forth)), Differences: r.differences(p), Contract: r.contract(p, forth),
	}, nil
}

// contract drops what keeps the columns in step, and the column of the old name.
func (r *renaming) contract(p *rewrite.Piece, forth synctrigger.Pair) *rewrite.Contract {
	both, old := r.both(p), lint.Ident(r.old)
	return &rewrite.Contract{
		Old: lint.Quote(r.table) + "." + old,
		Phases: []rewrite.Phase{{
			Title: title(r.table, "drop", r.old), SQL: append(both.SQL().Drop, r.head+" DROP COLUMN "+old),
			Why: "no code names " + r.old +
				" any more: what kept it in step goes, and then the column with its indexes",
		}},
		Own:   []string{function(r.table, forth.Trigger), function(r.table, both.Trigger)},
		Table: r.written, Before: differ(lint.Ident(r.fresh), old), After: differ(lint.Ident(r.name), old),
		Parking: r.parking(p, both),
	}
}

// parking takes the column of the old name out of reach. A trigger under the same name
// keeps it fed meanwhile.
func (r *renaming) parking(p *rewrite.Piece, both synctrigger.Pair) *rewrite.Parking {
	if p.Today == "" {
		return nil
	}
	parked := both
	parked.Old = p.Aside(r.table, r.old)
	return park(parked.Old, both.SQL(), parked.SQL(), []string{r.twin.rename(r.old, parked.Old)},
		[]string{r.twin.rename(parked.Old, r.old)})
}

// park renames columns that a trigger keeps in step with others, and goes on to keep them
// so.
func park(as string, sync, parked synctrigger.SQL, away, back []string) *rewrite.Parking {
	return &rewrite.Parking{
		As: as, Away: slices.Concat(sync.Drop, away, parked.Create),
		Back: slices.Concat(parked.Drop, back, sync.Create),
	}
}

// renaming is a column that gets another name, with the twin that keeps the old one.
type renaming struct {
	twin
	// name is the new name, unquoted.
	name string
}

func (r *renaming) definition() string {
	typ := r.column().Type
	if c := r.column().Collation; c != "" {
		typ += ` COLLATE "` + strings.ReplaceAll(c, ".", `"."`) + `"`
	}
	return typ
}

func (r *renaming) refuseRename(p *rewrite.Piece) string {
	c := r.column()
	switch {
	case r.relation.Column(r.name) != nil:
		return "there is a column " + r.name + " already"
	case takenBelow(p, pair.Thing{Kind: pair.Column, Of: r.table, Name: r.old}):
		return "its old name is given to another column further down"
	case !typeName.MatchString(c.Type) || c.Collation != "" && !collationName.MatchString(c.Collation):
		return "the type " + c.Type + " is known for reading only"
	case !steady.MatchString(c.Default) || c.Default != "" && r.knownDefault(p) != catalog.SourceLive:
		return "its default is another value each time, or not known: a trigger cannot tell it from a value that was " +
			"written"
	}
	return r.refuseReaders(p, r.old, r.name)
}

// refuseReaders looks for triggers that name a column: they see what is written under
// one name only.
func (t *twin) refuseReaders(p *rewrite.Piece, names ...string) string {
	for _, d := range t.relation.Dependents {
		if d.Kind == catalog.TriggerKind && slices.Contains(d.Columns, t.old) {
			return "trigger " + d.Name + " names the column: it would not see what is written under the old name"
		}
	}
	for _, other := range t.relation.Triggers {
		f := p.Before.Functions.Get(other.Function)
		switch {
		case f == nil || f.Body == "":
			return "what trigger " + other.Name + " does is not known"
		case slices.ContainsFunc(names, func(name string) bool { return catalog.Mentions(f.Body, name) }):
			return "function " + other.Function + " of trigger " + other.Name +
				" names the column: replace it first, or with the code"
		}
	}
	return ""
}

// steady is a default that is the same for both columns of a row.
var steady = pattern.New(
	`^(\(?-?[0-9]+(\.[0-9]+)?\)?|('([^']|'')*'|NULL)::[a-z][a-z0-9_. ]*(\([0-9,]+\))?(\[\])?|true|false|now\(\)|CURRENT_TIMESTAMP|CURRENT_DATE|)$`,
)

func (r *renaming) refuseIndexes() string {
	for _, i := range r.indexes {
		switch {
		case !i.Immediate:
			return "constraint " + i.Constraint + " is DEFERRABLE: " + notDeferred
		case i.Constraint != "" && !i.Unique:
			return "exclusion constraint " + i.Constraint + " cannot be built while rows are written"
		}
	}
	return ""
}

// both keeps the columns in step after the swap, whichever is written.
func (r *renaming) both(p *rewrite.Piece) synctrigger.Pair {
	renamed := r.twin
	renamed.fresh = r.name
	sync := synctrigger.Pair{Trigger: renamed.trigger(), Old: r.old, New: r.name}
	if d := r.column().Default; d != "" {
		sync.NewDefault, sync.Path = "("+d+")::"+r.column().Type, path(p.Before)
	}
	return sync
}

// swap renames the column and gives its twin the old name.
func (r *renaming) swap(p *rewrite.Piece, forth synctrigger.Pair) rewrite.Phase {
	var b script
	made, both, old := forth.SQL(), r.both(p).SQL(), lint.Ident(r.old)
	b.up, b.down = append(b.up, made.Drop...), append(b.down, made.Create...)
	b.do(r.twin.rename(r.old, r.name), r.twin.rename(r.name, r.old))
	b.do(r.twin.rename(r.fresh, r.old), r.twin.rename(r.old, r.fresh))
	if d := r.column().Default; d != "" {
		b.do(r.head+" ALTER COLUMN "+old+" SET DEFAULT "+d, r.head+" ALTER COLUMN "+old+" DROP DEFAULT")
	}
	b.up, b.down = append(b.up, both.Create...), append(both.Drop, b.down...)
	return rewrite.Phase{
		Title: title(r.table, "rename", r.old, "to", r.name), Switch: true, SQL: b.up, Down: b.down,
		Why: "the column has its new name and old code goes on under the old one; whoever writes one of the two " +
			"writes both from here on",
	}
}

func (r *renaming) differences(p *rewrite.Piece) []string {
	trigger := r.both(p).Trigger.Name
	kept := append(firing(r.relation),
		fmt.Sprintf("column %s.%s and the triggers and function %s stay: when no code names %s any more, drop the "+
			"triggers, the function and then the column", r.table, r.old, trigger, r.old),
		r.old+" stands last in the table: look at INSERT without a list of columns, COPY and SELECT *")
	for _, i := range r.indexes {
		kept = append(kept, "index "+i.build+" stays for old code and goes with "+r.old)
	}
	for name, f := range p.Before.Functions.All() {
		if catalog.Mentions(f.Body, r.old) && catalog.Mentions(f.Body, catalog.Base(r.table)) && !r.named(name) {
			kept = append(kept, "function "+name+" names "+r.old+": replace it before the column goes")
		}
	}
	return kept
}

// named reports whether a function is known to depend on the column: it follows
// the rename.
func (r *renaming) named(function string) bool {
	return slices.ContainsFunc(r.relation.Dependents, func(d catalog.Dependent) bool {
		return d.Kind == catalog.FunctionKind && d.Name == function
	})
}

package ways

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"
	"belay/sqlview/rewrite"
	"belay/sqlview/synctrigger"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// twin is a second column beside one that gets another type or name. A trigger
// keeps both in step until, in one transaction, they change places.
type twin struct {
	table, written, head string
	as                   *pg.RangeVar
	relation             *catalog.Relation
	// old and fresh are the columns' names before the change, unquoted.
	old, fresh string
	// label tells the names of what is made over the second column from the others.
	label   string
	indexes []twinIndex
	// checks, keys and referring are the constraints over the column: CHECKs, its
	// foreign keys, and those of other tables that refer to it.
	checks, keys, referring []twinConstraint
	statistics              []catalog.StatisticsDef
	// sequence is the one that the column owns, as SQL writes it; "" = none.
	sequence string
}

func newTwin(p *rewrite.Piece, named *pg.RangeVar, head, old, fresh string) twin {
	table := p.Name(named)
	return twin{
		table: table, as: named, written: rewrite.Written(named), head: head, relation: p.Before.Relation(table),
		old: old, fresh: catalog.Truncate(fresh), label: "new",
	}
}

func (t *twin) column() *catalog.Column { return t.relation.Column(t.old) }

// beside is the name of an index in the schema of the table, as the source writes
// that.
func (t *twin) beside(name string) string { return rewrite.Beside(t.as, name) }

// trigger is what keeps both columns in step: it fires last, so that it sees what
// other triggers made, and for replicated changes too.
func (t *twin) trigger() synctrigger.Trigger {
	const longest = 56
	name := catalog.ObjectName("zz_"+catalog.Base(t.table), t.fresh, "sync")
	for n := len(name); len(name) > longest; n-- {
		name = catalog.ObjectName("zz_"+catalog.Base(t.table), t.fresh, "sync"+strings.Repeat("_",
			2+len(name)-longest))
		name = strings.TrimRight(name, "_")
	}
	schema := ""
	if t.as.GetSchemaname() != "" {
		schema = lint.Ident(t.as.Schemaname)
	}
	return synctrigger.Trigger{Name: name, Schema: schema, Tables: []string{t.written}, Always: true}
}

// add is the phase that makes the second column.
func (t *twin) add(typ, why string) rewrite.Phase {
	fresh := lint.Ident(t.fresh)
	return rewrite.Phase{
		Title: title(t.table, "add", t.fresh), SQL: []string{t.head + " ADD COLUMN " + fresh + " " + typ},
		Down: []string{t.head + " DROP COLUMN " + fresh}, Why: why,
	}
}

// keep is the phase that keeps the columns in step.
func (t *twin) keep(p synctrigger.Pair, why string) rewrite.Phase {
	s := p.SQL()
	return rewrite.Phase{Title: title(t.table, "keep", t.fresh, "in step"), SQL: s.Create, Down: s.Drop, Why: why}
}

// fill gives the old rows of the new column their value.
func (t *twin) fill(value, where string) rewrite.Phase {
	return rewrite.Phase{
		Title: title(t.table, "fill", t.fresh), Backfill: true,
		SQL: []string{fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s", t.written, lint.Ident(t.fresh), value, where)},
		Why: "the rows that were there before get their value in small batches; the trigger keeps those that " +
			"change meanwhile in step",
		Nothing: "nothing to take back: the column goes with its own file",
	}
}

// notNull makes the new column what the old one is.
func (t *twin) notNull() []rewrite.Phase {
	if !t.column().NotNull {
		return nil
	}
	return []rewrite.Phase{{
		Title: title(t.table, t.fresh, "not null"),
		SQL:   []string{t.head + " ALTER COLUMN " + lint.Ident(t.fresh) + " SET NOT NULL"},
		Down:  []string{t.head + " ALTER COLUMN " + lint.Ident(t.fresh) + " DROP NOT NULL"}, Why: "as " + t.old +
			" is",
	}}
}

// notFilled is why a table whose owner does not see every row gets no backfill.
const notFilled = "row security holds for the table's owner too (FORCE ROW LEVEL SECURITY): rows that it hides would " +
	"not be filled"

func (t *twin) rename(from, to string) string {
	return t.head + " RENAME COLUMN " + lint.Ident(from) + " TO " + lint.Ident(to)
}

// refuse says what a second column would lose of the first, or do to those who
// know only one; "" = nothing.
func (t *twin) refuse(p *rewrite.Piece) string {
	r := t.relation
	switch {
	case r == nil || r.Details == nil || p.Before.Source != catalog.SourceLive:
		return "what hangs on the column is not known: give a database"
	case t.column() == nil:
		return "the table has no column " + t.old
	case t.column().Identity || t.column().Generated != "":
		return "the server computes the column: its sequence or expression would stay with the old one"
	case r.Column(t.fresh) != nil:
		return "there is a column " + t.fresh + " already"
	case r.Details.ForcedRowSecurity:
		return notFilled
	case r.Details.Typed:
		return "the table was made OF a type"
	case r.Details.Extension:
		return "the table belongs to an extension"
	}
	for _, why := range []func(*rewrite.Piece) string{
		t.refuseEarlier, t.refusePublished, t.refuseTriggers, t.refuseShape, t.refuseHanging,
	} {
		if found := why(p); found != "" {
			return found
		}
	}
	return refuseParts(r)
}

// refuseEarlier looks for statements above that make something of the table: it
// is not in the catalog word for word.
func (t *twin) refuseEarlier(p *rewrite.Piece) string {
	for _, st := range p.Earlier {
		if makesOf(st, func(r *pg.RangeVar) bool { return p.Start.Name(r) == t.table }) {
			return fmt.Sprintf("line %d changes the table in a way that the catalog does not tell yet: give it a "+
				"file of its own", st.Line)
		}
	}
	return ""
}

// makesOf reports whether a statement makes something of a table that a second
// column would need a copy of.
func makesOf(st parse.Statement, is func(*pg.RangeVar) bool) bool {
	switch n := st.Node.GetNode().(type) {
	case *pg.Node_InsertStmt, *pg.Node_UpdateStmt, *pg.Node_DeleteStmt, *pg.Node_SelectStmt, *pg.Node_MergeStmt,
		*pg.Node_TruncateStmt, *pg.Node_CopyStmt, *pg.Node_DropStmt:
		return false
	case *pg.Node_CommentStmt:
		return true
	case *pg.Node_AlterTableStmt:
		return is(n.AlterTableStmt.Relation) && slices.ContainsFunc(n.AlterTableStmt.Cmds, func(c *pg.Node) bool {
			return !slices.Contains(cataloguedChanges, c.GetAlterTableCmd().GetSubtype())
		})
	}
	found := false
	catalog.Walk(st.Node, func(m any) bool {
		r, ok := m.(*pg.RangeVar)
		found = found || ok && is(r)
		return !found
	})
	return found
}

// cataloguedChanges are the changes of a table that the catalog knows all about once the
// statement was read.
var cataloguedChanges = []pg.AlterTableType{
	pg.AlterTableType_AT_AddColumn, pg.AlterTableType_AT_AlterColumnType, pg.AlterTableType_AT_ColumnDefault,
	pg.AlterTableType_AT_SetNotNull,
	pg.AlterTableType_AT_DropNotNull, pg.AlterTableType_AT_DropConstraint, pg.AlterTableType_AT_DropColumn,
}

// refusePublished: a subscriber has no such column.
func (t *twin) refusePublished(p *rewrite.Piece) string {
	for _, pub := range p.Before.Publications {
		listed := slices.ContainsFunc(t.relation.Dependents, func(d catalog.Dependent) bool {
			return d.Kind == catalog.PublicationKind && d.Name == pub.Name
		})
		if (pub.AllTables || slices.Contains(pub.Tables, t.table)) && !listed {
			return "publication " + pub.Name +
				" sends every column of the table: a subscriber without the second column would stop"
		}
	}
	return ""
}

// refuseTriggers: the one that keeps the columns in step fires last, and no rule
// rewrites what it sees.
func (t *twin) refuseTriggers(*rewrite.Piece) string {
	for _, other := range t.relation.Triggers {
		if other.Name >= t.trigger().Name {
			return "trigger " + other.Name + " fires after the one that keeps both columns in step"
		}
	}
	if rule := rule(t.relation); rule != "" {
		return "rule " + rule + " rewrites statements before a trigger sees them"
	}
	return ""
}

// refuseShape looks for what counts the columns of a row: a second one changes it.
func (t *twin) refuseShape(p *rewrite.Piece) string {
	for _, h := range t.relation.Details.HangingOn(catalog.RowType) {
		return h.Kind + " " + h.Name + " is made of the table's row type"
	}
	if name := p.Before.TakesRows(t.table); name != "" {
		return "function " + name + " takes rows of the table as they are (*): a column more changes what it sees"
	}
	return ""
}

// carried are the kinds of dependents that are carried over one by one, or that
// the catalog of the moment tells.
var carried = []string{
	"index", "table constraint", "statistics object", "sequence", "rule", "policy", "trigger", "function", "procedure",
	"publication relation", "default value",
}

// refuseHanging finds what hangs on the column and has no place in what follows.
func (t *twin) refuseHanging(*rewrite.Piece) string {
	for _, h := range t.relation.Details.HangingOn(t.old) {
		if !slices.Contains(carried, h.Kind) {
			return h.Kind + " " + h.Name + " hangs on the column"
		}
		if h.Kind == "sequence" {
			t.sequence = h.Name
		}
	}
	return ""
}

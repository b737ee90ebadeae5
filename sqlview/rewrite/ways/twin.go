package ways

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"
)

// twin is a second column that takes the place of another one, kept in step with
// it by a trigger until then.
type twin struct {
	table, written, head string
	relation             *catalog.Relation
	// old and fresh are the columns' names, unquoted.
	old, fresh string
	// trigger names the trigger and its function, unquoted.
	trigger string
}

func newTwin(table, written, head string, r *catalog.Relation, old, fresh string) twin {
	return twin{
		table: table, written: written, head: head, relation: r, old: old, fresh: fresh,
		// Triggers fire in the order of their names: this one sees what others made.
		trigger: catalog.ObjectName("zz_"+catalog.Base(table), fresh, "sync"),
	}
}

// refuse says what a second column would lose of the first; "" = nothing.
func (t twin) refuse(p *rewrite.Piece) string {
	r := t.relation
	if r == nil {
		return "nothing is known of the table: give a database or --schema"
	}
	c := r.Column(t.old)
	switch {
	case c == nil:
		return "the table has no column " + t.old
	case c.Identity || c.Generated != "" || strings.Contains(c.Default, "nextval("):
		return "the server computes the column: its sequence or expression would stay with the old one"
	case r.Column(t.fresh) != nil:
		return "there is a column " + t.fresh + " already"
	case !plainDefault(c.Default, p.Before.Source):
		return "its default is known for reading only: give a database"
	case incomparable(c.Type):
		return "values of type " + c.Type + " cannot be compared, so nobody can say that both columns are equal"
	case len(r.Statistics) > 0:
		return "extended statistics hang on the table: " + strings.Join(r.Statistics, ", ")
	}
	if hangs := t.hangs(); len(hangs) > 0 {
		return "what hangs on the column would stay with the old one: " + strings.Join(hangs, ", ")
	}
	for _, other := range r.Triggers {
		if other.Enabled && other.Name >= t.trigger {
			return "trigger " + other.Name + " fires after the one that keeps both columns in step"
		}
	}
	return refuseParts(r)
}

// hangs lists the indexes, constraints and dependents that name the column.
func (t twin) hangs() []string {
	var all []string
	for _, i := range t.relation.Indexes {
		if slices.Contains(i.Columns, t.old) || slices.Contains(i.Include, t.old) ||
			catalog.Mentions(i.Predicate, t.old) || catalog.Mentions(i.Expressions, t.old) {
			all = append(all, "index "+catalog.Base(i.Name))
		}
	}
	for _, k := range t.relation.Constraints {
		owned := t.relation.Index(catalog.Schema(t.table)+"."+k.Name) != nil
		if k.Type != catalog.NotNull && !owned && (slices.Contains(k.Columns, t.old) || catalog.Mentions(k.Expression, t.old)) {
			all = append(all, "constraint "+k.Name)
		}
	}
	for _, d := range t.relation.Dependents {
		if len(d.Columns) == 0 || slices.Contains(d.Columns, t.old) || slices.Contains(d.Columns, "*") {
			all = append(all, string(d.Kind)+" "+d.Name)
		}
	}
	return all
}

var literal = regexp.MustCompile(`^(-?[0-9]+(\.[0-9]+)?|'([^']|'')*'(::[a-z][a-z0-9 ]*(\([0-9,]+\))?)?|true|false|now\(\)|CURRENT_TIMESTAMP|CURRENT_DATE)$`)

// plainDefault is a default whose text may be run: as the server prints it, or
// one that cannot be read in two ways.
func plainDefault(text string, from catalog.Source) bool {
	return text == "" || from == catalog.SourceLive || literal.MatchString(text)
}

func (t twin) column() *catalog.Column { return t.relation.Column(t.old) }

func (t twin) function() string {
	if schema, _, ok := strings.Cut(t.written, "."); ok {
		return schema + "." + lint.Ident(t.trigger)
	}
	return lint.Ident(t.trigger)
}

// sync is the phase that keeps both columns in step. body is plpgsql, path
// whether the function keeps the search_path that it was made under.
func (t twin) sync(body string, path bool, why string) rewrite.Phase {
	up, down := t.keep(body, path), t.unkeep()
	return rewrite.Phase{Title: title(t.table, "keep", t.fresh, "in step"), SQL: up, Down: down, Why: why}
}

func (t twin) keep(body string, path bool) []string {
	set := ""
	if path {
		set = " SET search_path FROM CURRENT"
	}
	return []string{
		fmt.Sprintf("CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql%s AS $sync$\nBEGIN\n%s  RETURN NEW;\nEND\n$sync$", t.function(), set, body),
		fmt.Sprintf("CREATE TRIGGER %s BEFORE INSERT OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION %s()", lint.Ident(t.trigger), t.written, t.function()),
	}
}

func (t twin) unkeep() []string {
	return []string{"DROP TRIGGER " + lint.Ident(t.trigger) + " ON " + t.written, "DROP FUNCTION " + t.function() + "()"}
}

// fill gives the old rows of the new column their value.
func (t twin) fill(value, where string) rewrite.Phase {
	return rewrite.Phase{
		Title: title(t.table, "fill", t.fresh), Backfill: true,
		SQL:     []string{fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s", t.written, lint.Ident(t.fresh), value, where)},
		Why:     "the rows that were there before get their value in small batches; the trigger keeps those that change meanwhile in step",
		Nothing: "nothing to take back: the column goes with its own file",
	}
}

// notNull makes the new column what the old one is.
func (t twin) notNull() []rewrite.Phase {
	if !t.column().NotNull {
		return nil
	}
	return []rewrite.Phase{{
		Title: title(t.table, t.fresh, "not null"), SQL: []string{t.head + " ALTER COLUMN " + lint.Ident(t.fresh) + " SET NOT NULL"},
		Down: []string{t.head + " ALTER COLUMN " + lint.Ident(t.fresh) + " DROP NOT NULL"}, Why: "as " + t.old + " is",
	}}
}

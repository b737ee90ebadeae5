package synctrigger

import (
	"strings"

	"belay/sqlview/lint"
)

// Fill fills what a backfill's statement would fill in the rows that are written
// meanwhile: where Where holds for the new row and the application wrote nothing
// of its own into the column. What an expression raises leaves the row as it was
// written: the backfill meets it and names it, and no write of the application
// fails by it.
type Fill struct {
	Trigger
	// Alias is the table's own name, by which the expressions may call it,
	// unquoted.
	Alias string
	// Columns are set, each by itself.
	Columns []Column
	// Where selects the rows, "" = all.
	Where string
	// Chosen is true where Where reads a column that is set. Then it says which rows
	// are still to be filled. Else a filled row is followed: where what its value
	// comes from changes, the value changes with it.
	Chosen bool
	// Sources are the columns that the expressions and Where read, unquoted.
	Sources []string
	// Taken are conditions that hold where a new row's key is taken: then an INSERT
	// fails or, by ON CONFLICT, becomes an UPDATE that may read the row it did not
	// insert, which is left as the application wrote it.
	Taken []string
}

// Column is one column = value of the SET list. The value reads no column that is
// set.
type Column struct {
	Name  string // unquoted
	Value string
	// Default is the column's constant DEFAULT as an expression of its very type,
	// "" = NULL, or none that can be compared.
	Default string
}

func (c Column) of(row string) string { return row + "." + lint.Ident(c.Name) }

// unwritten holds where an INSERT left the column as it is by default.
func (c Column) unwritten() string {
	if c.Default == "" {
		return c.of("NEW") + " IS NULL"
	}
	return same(c.of("NEW"), c.Default)
}

// SQL writes the trigger.
func (f Fill) SQL() SQL {
	var b body
	b.line(0, "#variable_conflict use_column")
	b.declare(true, "filled record := NEW;")
	b.declare(!f.Chosen, "made record;")
	b.line(0, "BEGIN")
	indent := 1
	if f.Where != "" {
		b.line(1, "IF "+f.over("NEW", f.Where)+" THEN")
		indent = 2
	}
	f.taken(&b, indent)
	for _, c := range f.Columns {
		f.column(&b, indent, c)
	}
	if f.Where != "" {
		b.line(1, "END IF;")
	}
	b.line(1, "RETURN filled;")
	b.line(0, "EXCEPTION WHEN OTHERS THEN")
	b.line(1, "RETURN NEW;")
	b.line(0, "END")
	return f.sql(b.String(), f.when())
}

// over is an expression over a row, with the names that it has in an UPDATE.
func (f Fill) over(row, expression string) string {
	return "(SELECT (" + expression + ") FROM (SELECT " + row + ".*) AS " + lint.Ident(f.Alias) + ")"
}

// taken leaves a row alone whose key is taken, as far as the caller may see.
func (f Fill) taken(b *body, indent int) {
	if len(f.Taken) == 0 {
		return
	}
	unwritten := make([]string, len(f.Columns))
	for i, c := range f.Columns {
		unwritten[i] = c.unwritten()
	}
	b.line(indent, "IF "+onInsert+" AND ("+strings.Join(unwritten, " OR ")+")")
	b.line(indent+2, "AND pg_catalog.has_any_column_privilege(TG_RELID, 'SELECT') THEN")
	b.line(indent+1, "BEGIN")
	b.line(indent+2, "IF "+strings.Join(f.Taken, "\n"+strings.Repeat("  ", indent+4)+"OR ")+" THEN")
	b.line(indent+3, "RETURN NEW;")
	b.line(indent+2, "END IF;")
	b.line(indent+1, "EXCEPTION WHEN insufficient_privilege THEN")
	b.line(indent+2, "NULL;")
	b.line(indent+1, "END;")
	b.line(indent, "END IF;")
}

// column fills one column where nobody wrote it.
func (f Fill) column(b *body, indent int, c Column) {
	fill := "filled." + lint.Ident(c.Name) + " := " + f.over("NEW", c.Value) + ";"
	b.line(indent, "IF "+onInsert+" THEN")
	b.line(indent+1, "IF "+c.unwritten()+" THEN")
	b.line(indent+2, fill)
	b.line(indent+1, "END IF;")
	b.line(indent, "ELSIF "+same(c.of("NEW"), c.of("OLD"))+" THEN")
	if f.Chosen {
		b.line(indent+1, fill)
	} else {
		f.follow(b, indent+1, c, fill)
	}
	b.line(indent, "END IF;")
}

// follow fills a column that the update left as it was: where it is empty, and
// where its value was the statement's. Any other value is one of the application's,
// or one that the backfill will meet.
func (f Fill) follow(b *body, indent int, c Column, fill string) {
	b.line(indent, "IF "+c.of("NEW")+" IS NULL THEN")
	b.line(indent+1, fill)
	b.line(indent, "ELSE")
	b.line(indent+1, "made := OLD;")
	b.line(indent+1, "made."+lint.Ident(c.Name)+" := "+f.over("OLD", c.Value)+";")
	b.line(indent+1, "IF "+same(c.of("made"), c.of("OLD"))+" THEN")
	b.line(indent+2, fill)
	b.line(indent+1, "END IF;")
	b.line(indent, "END IF;")
}

// when leaves out the updates in which there is nothing to do, those of the
// backfill itself among them.
func (f Fill) when() string {
	columns, empty := make([]string, len(f.Columns)), make([]string, len(f.Columns))
	for i, c := range f.Columns {
		columns[i], empty[i] = same(c.of("NEW"), c.of("OLD")), c.of("NEW")+" IS NULL"
	}
	untouched := strings.Join(columns, " OR ")
	if f.Chosen {
		return untouched
	}
	due := strings.Join(empty, " OR ")
	if len(f.Sources) > 0 {
		due += " OR " + changed(list("NEW", f.Sources), list("OLD", f.Sources))
	}
	return "(" + untouched + ") AND (" + due + ")"
}

func list(row string, columns []string) string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = row + "." + lint.Ident(c)
	}
	return strings.Join(out, ", ")
}

// Package synctrigger writes the triggers that keep the columns of a table right
// while a migration is between two shapes of it: [Fill] fills what a backfill
// would fill, [Pair] keeps an old and a new column in step. Neither changes what
// the application wrote.
//
// Both are BEFORE row triggers, so they know what any such trigger knows. On
// UPDATE a column that is the same as before was not written, or was written as
// it was. On INSERT a value that is the column's default may have been written or
// left out: it counts as left out.
package synctrigger

import (
	"cmp"
	"fmt"
	"strings"

	"belay/sqlview/lint"
)

// Trigger is what both kinds have in common. Its name should come last among the
// table's BEFORE triggers, which fire in the order of their names: what others
// made of the row counts as written.
type Trigger struct {
	// Name is that of the function and the beginning of the triggers' names,
	// unquoted, at most 56 bytes.
	Name string
	// Schema is where the function is made, as SQL writes it; "" = where the
	// session makes it.
	Schema string
	// Tables have the trigger, as SQL writes them. A partitioned table hands it on
	// to its partitions, a parent does not to its children.
	Tables []string
	// Path is the function's search_path; "" = [Pinned], where no session's own
	// setting and nobody who may create in a schema changes what it means.
	Path string
	// Settings are more of the function's own: what its expressions depend on.
	Settings []Setting
	// Definer has it run with the rights of its owner: for expressions that a
	// caller may not evaluate.
	Definer bool
	// Always has it fire for a session of session_replication_role = replica too.
	Always bool
}

// Setting is a parameter with its value as SQL writes it.
type Setting struct{ Name, Value string }

// Pinned is the search_path of a function that names nothing outside pg_catalog.
// pg_temp stands last, where a caller's temporary tables hide nothing.
const Pinned = "pg_catalog, pg_temp"

// SQL creates a trigger, and drops it again.
type SQL struct{ Create, Drop []string }

func (t Trigger) function() string {
	if t.Schema == "" {
		return lint.Ident(t.Name)
	}
	return t.Schema + "." + lint.Ident(t.Name)
}

// on names the trigger of an event, INSERT or UPDATE.
func (t Trigger) on(event string) string { return lint.Ident(t.Name + "_" + strings.ToLower(event)) }

// Names are those of the triggers on each table, unquoted.
func (t Trigger) Names() []string { return []string{t.Name + "_insert", t.Name + "_update"} }

// sql is the function with its body and the triggers that call it; when limits the
// one of UPDATE, "" = to nothing.
func (t Trigger) sql(body, when string) SQL {
	var s SQL
	s.Create = append(s.Create, t.create(body))
	if t.Definer {
		s.Create = append(s.Create, "REVOKE ALL ON FUNCTION "+t.function()+"() FROM PUBLIC")
	}
	if when != "" {
		when = "\n  WHEN (" + when + ")"
	}
	for _, table := range t.Tables {
		for _, e := range []struct{ event, when string }{{"INSERT", ""}, {"UPDATE", when}} {
			s.Create = append(s.Create,
				fmt.Sprintf("CREATE TRIGGER %s BEFORE %s ON %s\n  FOR EACH ROW%s EXECUTE FUNCTION %s()",
					t.on(e.event), e.event, table, e.when, t.function()))
			if t.Always {
				s.Create = append(s.Create, "ALTER TABLE "+table+" ENABLE ALWAYS TRIGGER "+t.on(e.event))
			}
			s.Drop = append(s.Drop, "DROP TRIGGER IF EXISTS "+t.on(e.event)+" ON "+table)
		}
	}
	s.Drop = append(s.Drop, "DROP FUNCTION IF EXISTS "+t.function()+"()")
	return s
}

func (t Trigger) create(body string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql", t.function())
	if t.Definer {
		b.WriteString(" SECURITY DEFINER")
	}
	fmt.Fprintf(&b, "\n  SET search_path = %s", cmp.Or(t.Path, Pinned))
	for _, s := range t.Settings {
		fmt.Fprintf(&b, "\n  SET %s = %s", s.Name, s.Value)
	}
	quote := dollar(body)
	b.WriteString("\nAS " + quote + "\n" + body + quote)
	return b.String()
}

// dollar is a dollar quote that does not stand in the text.
func dollar(text string) string {
	tag := "$belay$"
	for n := 1; strings.Contains(text, tag); n++ {
		tag = fmt.Sprintf("$belay%d$", n)
	}
	return tag
}

// Of a row's values as they are stored: NULL equals NULL, every type can be
// compared, and no operator is looked for in a schema.
func same(a, b string) string    { return "pg_catalog.record_image_eq(ROW(" + a + "), ROW(" + b + "))" }
func changed(a, b string) string { return "pg_catalog.record_image_ne(ROW(" + a + "), ROW(" + b + "))" }

// onInsert begins the branch of a new row; OLD is not assigned there.
const onInsert = "TG_OP OPERATOR(pg_catalog.=) 'INSERT'"

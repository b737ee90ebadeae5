package fix_test

import (
	"fmt"
	"slices"
	"strings"
)

// statement is one of the application's. It leaves out what a migration drops.
type statement struct {
	sql string
	// writes is true for one that changes rows in the same way in every copy of the
	// database; the others are only tried.
	writes bool
}

// statements are what code does that knows the schema before the migration, or the
// one after it where fresh is true.
func (w *world) statements(n int, fresh bool) []statement {
	var all []statement
	for range n {
		s := pick(w, kindsOfCode)(w)
		if s.sql == "" {
			continue
		}
		s.sql = w.spelt(s.sql, fresh)
		all = append(all, s)
	}
	return all
}

// spelt writes the names of old or new code: columns stand as $name$, the table
// as $t$.
func (w *world) spelt(sql string, fresh bool) string {
	table := "t"
	if fresh {
		table = w.table
	}
	sql = strings.ReplaceAll(sql, "$t$", table)
	for _, c := range w.columns {
		name := c.name
		if to := w.renamed[name]; fresh && to != "" {
			name = to
		}
		sql = strings.ReplaceAll(sql, "$"+c.name+"$", quoted(name))
	}
	return sql
}

// usable are the columns that code may name on both sides of the migration.
func (w *world) usable() []*column {
	return slices.DeleteFunc(slices.Clone(w.columns), func(c *column) bool {
		return c.generated || slices.Contains(w.dropped, c.name)
	})
}

func marked(c *column) string { return "$" + c.name + "$" }

func (w *world) n() int { return 1 + w.IntN(60) }

var kindsOfCode = []func(*world) statement{
	(*world).insert, (*world).insert, (*world).insertSome, (*world).insertNull, (*world).insertByPlace,
	(*world).updateOne, (*world).updateOne, (*world).updateTwo,
	(*world).updateNull, (*world).updateDefault, (*world).deleteRow, (*world).upsert, (*world).upsert,
	(*world).upsertNamed, (*world).parentGone, (*world).childRow,
	(*world).read, (*world).readView, (*world).swapTwo, (*world).readBy,
}

func (w *world) insert() statement {
	names, values := []string{"id"}, []string{fmt.Sprint(100 + w.IntN(800))}
	for _, c := range w.usable() {
		names, values = append(names, marked(c)), append(values, "'"+c.typ.value(w.n()+40)+"'")
	}
	return statement{
		fmt.Sprintf("INSERT INTO $t$ (%s) VALUES (%s)", strings.Join(names, ", "), strings.Join(values, ", ")), true,
	}
}

// insertSome leaves out columns: they get their defaults.
func (w *world) insertSome() statement {
	names, values := []string{}, []string{}
	steady := w.chance(70)
	if steady {
		names, values = append(names, "id"), append(values, fmt.Sprint(100+w.IntN(800)))
	}
	for _, c := range w.usable() {
		if w.chance(60) || c.notNull && !c.hasDefault {
			names, values = append(names, marked(c)), append(values, "'"+c.typ.value(w.n()+40)+"'")
		} else if c.hasDefault {
			steady = false // what is left out is another value behind a change of the default
		}
	}
	if len(names) == 0 {
		return statement{"INSERT INTO $t$ DEFAULT VALUES", false}
	}
	return statement{
		fmt.Sprintf("INSERT INTO $t$ (%s) VALUES (%s)", strings.Join(names, ", "), strings.Join(values, ", ")), steady,
	}
}

func (w *world) insertNull() statement {
	c := pick(w, w.columnsOr())
	return statement{fmt.Sprintf("INSERT INTO $t$ (id, %s) VALUES (%d, NULL)", marked(c), 100+w.IntN(800)), false}
}

func (w *world) columnsOr() []*column {
	if all := w.usable(); len(all) > 0 {
		return all
	}
	return []*column{{name: "touched", typ: families[0]}}
}

func (w *world) insertByPlace() statement {
	if w.moved {
		return statement{}
	}
	return statement{
		fmt.Sprintf("INSERT INTO $t$ VALUES (%d, '%s')", 100+w.IntN(800), w.columns[0].typ.value(w.n()+40)), false,
	}
}

func (w *world) updateOne() statement {
	c := pick(w, w.columnsOr())
	return statement{fmt.Sprintf("UPDATE $t$ SET %s = '%s' WHERE id = %d", marked(c), c.typ.value(w.n()), w.n()), true}
}

func (w *world) updateTwo() statement {
	c, d := pick(w, w.columnsOr()), pick(w, w.columnsOr())
	if c == d {
		return statement{fmt.Sprintf("UPDATE $t$ SET touched = touched WHERE id = %d", w.n()), true}
	}
	return statement{
		fmt.Sprintf("UPDATE $t$ SET %s = '%s', %s = '%s' WHERE id = %d", marked(c), c.typ.value(w.n()), marked(d),
			d.typ.value(w.n()), w.n()), true,
	}
}

func (w *world) updateNull() statement {
	c := pick(w, w.columnsOr())
	return statement{fmt.Sprintf("UPDATE $t$ SET %s = NULL WHERE id = %d", marked(c), w.n()), !c.notNull}
}

func (w *world) updateDefault() statement {
	c := pick(w, w.columnsOr())
	return statement{fmt.Sprintf("UPDATE $t$ SET %s = DEFAULT WHERE id = %d", marked(c), w.n()), false}
}

func (w *world) deleteRow() statement {
	return statement{fmt.Sprintf("DELETE FROM $t$ WHERE id = %d", w.n()), true}
}

func (w *world) upsert() statement {
	unique, c := pick(w, w.uniques), pick(w, w.columnsOr())
	var keys []string
	for _, k := range unique {
		name := strings.Trim(k, `"`)
		if slices.Contains(w.dropped, name) {
			return statement{}
		}
		if k != "id" {
			k = "$" + name + "$"
		}
		keys = append(keys, k)
	}
	insert := w.insert()
	do := pick(w, []string{
		"NOTHING", fmt.Sprintf("UPDATE SET %s = '%s'", marked(c), c.typ.value(w.n())),
		fmt.Sprintf("UPDATE SET %s = EXCLUDED.%s", marked(c), marked(c)),
	})
	return statement{fmt.Sprintf("%s ON CONFLICT (%s) DO %s", insert.sql, strings.Join(keys, ", "), do), true}
}

func (w *world) upsertNamed() statement {
	if len(w.names) == 0 || w.table != "t" || strings.Contains(w.kind, "replace") {
		return statement{w.insert().sql + " ON CONFLICT DO NOTHING", true}
	}
	return statement{fmt.Sprintf("%s ON CONFLICT ON CONSTRAINT %s DO NOTHING", w.insert().sql, pick(w, w.names)), true}
}

func (w *world) parentGone() statement {
	return pick(w, []statement{
		{fmt.Sprintf("DELETE FROM p WHERE id = %d", w.n()), false},
		{fmt.Sprintf("UPDATE p SET id = id + 1000 WHERE id = %d", w.n()), false},
	})
}

func (w *world) childRow() statement {
	if strings.Contains(w.kind, "drop table") {
		return statement{}
	}
	return pick(w, []statement{
		{fmt.Sprintf("INSERT INTO child VALUES (%d, %d)", w.IntN(1000), w.n()), true},
		{fmt.Sprintf("UPDATE child SET tid = %d WHERE n = %d", w.n(), w.n()), true},
		{fmt.Sprintf("UPDATE $t$ SET id = id + 2000 WHERE id = %d", w.n()), false},
	})
}

func (w *world) read() statement {
	names := []string{"id"}
	for _, c := range w.usable() {
		if !c.unsteady {
			names = append(names, marked(c))
		}
	}
	return statement{fmt.Sprintf("SELECT %s FROM $t$ ORDER BY id", strings.Join(names, ", ")), false}
}

func (w *world) readBy() statement {
	c := pick(w, w.columnsOr())
	if !comparable(c) {
		return statement{}
	}
	return statement{
		fmt.Sprintf("SELECT id FROM $t$ WHERE %s = '%s' ORDER BY id", marked(c), c.typ.value(w.n())), false,
	}
}

func (w *world) readView() statement {
	if len(w.views) == 0 {
		return statement{}
	}
	return statement{"SELECT count(*) FROM " + pick(w, w.views), false}
}

// swapTwo is right only at the end of its transaction.
func (w *world) swapTwo() statement {
	c := pick(w, w.columnsOr())
	a, b := w.n(), w.n()
	return statement{
		fmt.Sprintf("UPDATE $t$ SET %s = '%s' WHERE id = %d; UPDATE $t$ SET %s = '%s' WHERE id = %d", marked(c),
			c.typ.value(b), a, marked(c), c.typ.value(a), b), false,
	}
}

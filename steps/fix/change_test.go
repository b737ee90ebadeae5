package fix_test

import (
	"fmt"
	"strings"
)

// changes are the kinds of dangerous migrations.
var changes = []func(*world){
	(*world).changeType, (*world).changeType, (*world).changeType, (*world).changeType, (*world).changeType,
	(*world).changeID,
	(*world).renameColumn, (*world).renameColumn, (*world).renameColumn, (*world).renameTable,
	(*world).replaceIndex, (*world).replaceUnique, (*world).replaceCheck, (*world).replaceKey,
	(*world).replaceForeignKey,
	(*world).addColumn, (*world).addColumn, (*world).addConstraint, (*world).addConstraint, (*world).setNotNull,
	(*world).dropColumn, (*world).dropTable,
	(*world).bracket, (*world).enumSwap, (*world).copyAndDrop,
}

// part is one of the changes of a migration.
type part struct {
	sql string
	// renames is true for one after which old code goes on under the old name.
	renames bool
}

func (w *world) part() part { return part{w.up, strings.HasPrefix(w.kind, "rename")} }

func (w *world) migration() {
	pick(w, changes)(w)
	w.parts = append(w.parts, w.part())
	if w.chance(12) {
		first, kind := w.up, w.kind
		pick(w, changes)(w)
		w.parts = append(w.parts, w.part())
		w.up, w.kind = first+w.up, kind+" and "+w.kind
	}
}

func (w *world) changes(kind, format string, args ...any) {
	w.kind, w.up = kind, fmt.Sprintf(format, args...)
}

func (w *world) changeType() {
	c := w.some(1, anyColumn)[0]
	to := strings.ReplaceAll(pick(w, c.typ.becomes), "$c", quoted(c.name))
	w.moved, w.converts = true, strings.Contains(to, "*") || strings.Contains(to, "upper")
	alter := fmt.Sprintf("ALTER TABLE t ALTER COLUMN %s TYPE %s;\n", quoted(c.name), to)
	w.kind = "type"
	switch {
	case len(w.views) > 0 && w.chance(70):
		w.kind, w.up = "type between views", w.aroundViews(alter)
	case c.hasDefault && w.chance(40):
		w.kind = "type between defaults"
		w.up = fmt.Sprintf("ALTER TABLE t ALTER COLUMN %s DROP DEFAULT;\n%sALTER TABLE t ALTER COLUMN %s SET DEFAULT "+
			"'%s';\n", quoted(c.name), alter, quoted(c.name), c.typ.value(9))
	default:
		w.up = alter
	}
}

// aroundViews drops the views, does something, and makes them again.
func (w *world) aroundViews(statement string) string {
	var drops, makes string
	for i := len(w.views) - 1; i >= 0; i-- {
		if !strings.HasSuffix(w.views[i], "()") {
			drops += "DROP VIEW " + w.views[i] + ";\n"
		}
	}
	for _, sql := range w.ddl {
		if strings.HasPrefix(sql, "CREATE VIEW") {
			makes += sql + ";\n"
		}
	}
	return drops + statement + makes
}

func (w *world) changeID() {
	w.moved = true
	w.changes("type of a key", "ALTER TABLE t ALTER COLUMN id TYPE %s;\n",
		pick(w, []string{"bigint", "bigint", "numeric"}))
}

func (w *world) renameColumn() {
	c := w.some(1, anyColumn)[0]
	w.renamed[c.name], w.compatible = "renamed", true
	w.changes("rename column", "ALTER TABLE t RENAME COLUMN %s TO renamed;\n", quoted(c.name))
}

func (w *world) renameTable() {
	w.table, w.compatible = "t_renamed", true
	w.changes("rename table", "ALTER TABLE t RENAME TO t_renamed;\n")
}

// made finds the names that were given to things of a kind.
func (w *world) made(prefix string) []string {
	var all []string
	for _, sql := range w.ddl {
		for _, word := range strings.FieldsFunc(sql, func(r rune) bool { return strings.ContainsRune(" ,();", r) }) {
			if strings.HasPrefix(word, prefix) && len(word) > len(prefix) && word[len(prefix)] <= '9' &&
				!contains(all, word) {
				all = append(all, word)
			}
		}
	}
	return all
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

func (w *world) replaceIndex() {
	cols := w.some(2, comparable)
	if len(cols) == 0 {
		cols = []*column{{name: "touched"}}
	}
	old := "t_none"
	if all := append(w.made("t_i"), w.made("t_p")...); len(all) > 0 {
		old = pick(w, all)
	} else {
		w.do("CREATE INDEX t_none ON t (%s)", list(cols))
	}
	exists := pick(w, []string{"", "IF EXISTS "})
	fresh := pick(w, []string{old, old, "t_other"})
	w.changes("replace index", "DROP INDEX %s%s;\nCREATE %sINDEX %s ON t (%s, id);\n", exists, old,
		pick(w, []string{"", "UNIQUE "}), fresh, list(cols))
}

func (w *world) replaceUnique() {
	cols := w.some(2, comparable)
	if len(cols) == 0 {
		w.changeID()
		return
	}
	w.do("ALTER TABLE t ADD CONSTRAINT t_once UNIQUE (%s)", list(cols))
	w.uniques = append(w.uniques, namesOf(cols))
	fresh := pick(w, []string{"t_once", "t_once", "t_twice"})
	form := pick(w, []string{
		"ALTER TABLE t DROP CONSTRAINT t_once;\nALTER TABLE t ADD CONSTRAINT %s UNIQUE (%s, id);\n",
		"ALTER TABLE t DROP CONSTRAINT t_once, ADD CONSTRAINT %s UNIQUE (id, %s);\n",
		"ALTER TABLE t DROP CONSTRAINT t_once;\nCREATE UNIQUE INDEX %s ON t (%s, id);\n",
	})
	w.changes("replace unique", form, fresh, list(cols))
}

func (w *world) replaceCheck() {
	cols := w.some(1, func(c *column) bool { return c.typ.number })
	if len(cols) == 0 {
		w.changeID()
		return
	}
	w.do("ALTER TABLE t ADD CONSTRAINT t_small CHECK (%s < 500)", list(cols))
	between := pick(w, []string{"", "", fmt.Sprintf("UPDATE t SET %s = 1 WHERE %s = 2;\n", list(cols), list(cols))})
	w.changes("replace check",
		"ALTER TABLE t DROP CONSTRAINT t_small;\n%sALTER TABLE t ADD CONSTRAINT %s CHECK (%s < %d);\n", between,
		pick(w, []string{"t_small", "t_less"}), list(cols), pick(w, []int{400, 600}))
}

func (w *world) replaceKey() {
	w.changes("replace key", "ALTER TABLE t DROP CONSTRAINT t_pkey;\nALTER TABLE t ADD PRIMARY KEY (id, %s);\n",
		list(w.some(1, comparableOr(w))))
}

func comparableOr(w *world) func(*column) bool {
	for _, c := range w.columns {
		if comparable(c) && !c.generated {
			return comparable
		}
	}
	return func(c *column) bool { return c.typ.sql != "json" }
}

func (w *world) replaceForeignKey() {
	cols := w.some(1, func(c *column) bool { return c.typ.sql == "int" || c.typ.sql == "bigint" })
	if len(cols) == 0 {
		w.changes("replace foreign key",
			"ALTER TABLE child DROP CONSTRAINT IF EXISTS child_tid_fkey;\nALTER TABLE child ADD FOREIGN KEY (tid) "+
				"REFERENCES t (id) %s;\n", w.actions())
		return
	}
	w.do("ALTER TABLE t ADD CONSTRAINT t_to_p FOREIGN KEY (%s) REFERENCES p (id)", list(cols))
	w.changes("replace foreign key",
		"ALTER TABLE t DROP CONSTRAINT t_to_p, ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES p (id) %s;\n",
		pick(w, []string{"t_to_p", "t_to_p2"}), list(cols), w.actions())
}

func (w *world) addColumn() {
	w.changes("add column", "ALTER TABLE t ADD COLUMN fresh %s;\n", pick(w, []string{
		"uuid NOT NULL DEFAULT gen_random_uuid()", "uuid DEFAULT gen_random_uuid()",
		"int NOT NULL DEFAULT 3 CHECK (fresh > 0)", "int REFERENCES p (id)",
		"int DEFAULT 5 REFERENCES p (id)", "text UNIQUE", "uuid DEFAULT gen_random_uuid() UNIQUE",
		"timestamptz NOT NULL DEFAULT clock_timestamp()", "int CHECK (fresh > 3)",
	}))
}

func (w *world) addConstraint() {
	cols := w.some(2, comparable)
	switch w.IntN(5) {
	case 0:
		if nums := w.some(1, func(c *column) bool {
			return c.typ.sql == "int" || c.typ.sql == "bigint"
		}); len(nums) > 0 {
			w.changes("add foreign key", "ALTER TABLE t ADD FOREIGN KEY (%s) REFERENCES p (id) %s;\n", list(nums),
				w.actions())
			return
		}
	case 1:
		if nums := w.some(1, func(c *column) bool { return c.typ.number }); len(nums) > 0 {
			w.changes("add check",
				"ALTER TABLE t ADD CHECK (%s > 0), ADD CONSTRAINT named CHECK (%s < 100000) NO INHERIT;\n", list(nums),
				list(nums))
			return
		}
	case 2:
		if len(cols) > 0 {
			w.changes("add unique", "ALTER TABLE t ADD UNIQUE (%s)%s;\n", list(cols),
				pick(w, []string{"", "", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"}))
			return
		}
	}
	if len(cols) == 0 {
		cols = []*column{{name: "touched"}}
	}
	w.changes("create index", "CREATE %sINDEX ON t (%s, id);\n", pick(w, []string{"", "UNIQUE "}), list(cols))
}

func (w *world) setNotNull() {
	c := w.some(1, anyColumn)[0]
	w.changes("set not null", "ALTER TABLE t ALTER COLUMN %s SET NOT NULL;\n", quoted(c.name))
}

func (w *world) dropColumn() {
	c := w.some(1, anyColumn)[0]
	w.dropped, w.moved = append(w.dropped, c.name), true
	w.changes("drop column", "ALTER TABLE t DROP COLUMN %s;\n", quoted(c.name))
}

func (w *world) dropTable() { w.changes("drop table", "DROP TABLE child;\n") }

// bracket does something while something else is off.
func (w *world) bracket() {
	c := w.some(1, anyColumn)[0]
	name := quoted(c.name)
	open, shut := "ALTER TABLE t DISABLE TRIGGER ALL;\n", "ALTER TABLE t ENABLE TRIGGER ALL;\n"
	switch w.IntN(6) {
	case 1:
		open, shut = "LOCK TABLE t;\n", ""
	case 2:
		open, shut = "SET LOCAL search_path = public;\n", ""
	case 3:
		open, shut = "ALTER TABLE t SET (autovacuum_enabled = false);\n", "ALTER TABLE t RESET (autovacuum_enabled);\n"
	case 4:
		open, shut = "SET CONSTRAINTS ALL DEFERRED;\n", ""
	case 5:
		open, shut = "ALTER TABLE t ALTER COLUMN "+name+" DROP NOT NULL;\n",
			"ALTER TABLE t ALTER COLUMN "+name+" SET NOT NULL;\n"
		if !c.notNull {
			open = "CREATE TEMP TABLE kept AS SELECT * FROM t;\n"
			shut = ""
		}
	}
	inner := pick(w, []string{
		"CREATE INDEX ON t (touched, id);\n", "UPDATE t SET touched = touched + 1;\n",
		"ALTER TABLE t ALTER COLUMN touched TYPE bigint;\n",
	})
	w.changes("bracket", "%s", open+inner+shut)
}

func (w *world) enumSwap() {
	w.changes("enum swap", "ALTER TYPE mood RENAME TO mood_old;\nCREATE TYPE mood AS ENUM ('a', 'b', 'c', 'e');\n")
	for _, c := range w.columns {
		if c.typ.sql == "mood" {
			w.up += fmt.Sprintf("ALTER TABLE t ALTER COLUMN %s DROP DEFAULT;\nALTER TABLE t ALTER COLUMN %s TYPE "+
				"mood USING %s::text::mood;\n", quoted(c.name), quoted(c.name), quoted(c.name))
		}
	}
	w.up += "DROP TYPE mood_old;\nCREATE INDEX ON t (touched);\n"
}

func (w *world) copyAndDrop() {
	c := w.some(1, anyColumn)[0]
	w.dropped, w.moved = append(w.dropped, c.name), true
	w.changes("copy and drop",
		"ALTER TABLE t ADD COLUMN copied text;\nUPDATE t SET copied = %s::text;\nALTER TABLE t DROP COLUMN %s;\n",
		quoted(c.name), quoted(c.name))
}

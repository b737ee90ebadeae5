package fix_test

import (
	"fmt"
	"strings"
)

// dependents are ways in which something may hang on the table or its columns.
var dependents = []func(*world){
	func(w *world) { w.index(false) }, func(w *world) { w.index(false) }, func(w *world) {
		w.index(true)
	}, (*world).uniqueKey, (*world).uniqueKey,
	(*world).partialIndex, (*world).expressionIndex, (*world).check, (*world).check, (*world).foreignKey,
	(*world).foreignKey, (*world).referred,
	(*world).view, (*world).view, (*world).view, (*world).function, (*world).trigger, (*world).trigger, (*world).policy,
	(*world).publication,
	(*world).statistics, (*world).said, (*world).said, (*world).said, (*world).tuned, (*world).generatedColumn,
	(*world).kin, (*world).rowType, (*world).exclusion,
	(*world).chosen, (*world).rule,
}

func (w *world) index(unique bool) {
	cols := w.some(2, comparable)
	if len(cols) == 0 {
		return
	}
	name := w.fresh("t_i")
	word, tail := "", ""
	if unique {
		word = "UNIQUE "
		w.uniques = append(w.uniques, namesOf(cols))
	}
	if w.chance(30) {
		tail = " INCLUDE (touched)"
	}
	if w.chance(20) {
		tail += " WITH (fillfactor = 70)"
	}
	order := pick(w, []string{"", " DESC", " DESC NULLS LAST"})
	w.do("CREATE %sINDEX %s ON t (%s%s)%s", word, name, list(cols), order, tail)
	if w.chance(20) {
		w.do("COMMENT ON INDEX %s IS 'an index'", name)
	}
}

func (w *world) uniqueKey() {
	cols := w.some(2, comparable)
	if len(cols) == 0 {
		return
	}
	name := w.fresh("t_k")
	how := pick(w, []string{"", "", "", " DEFERRABLE", " DEFERRABLE INITIALLY DEFERRED"})
	word := pick(w, []string{"UNIQUE", "UNIQUE", "UNIQUE NULLS NOT DISTINCT"})
	w.do("ALTER TABLE t ADD CONSTRAINT %s %s (%s)%s", name, word, list(cols), how)
	if how == "" {
		w.uniques, w.names = append(w.uniques, namesOf(cols)), append(w.names, name)
	}
	if w.chance(30) {
		w.do("COMMENT ON CONSTRAINT %s ON t IS 'once'", name)
	}
}

func (w *world) partialIndex() {
	cols, on := w.some(1, comparable), w.some(1, func(c *column) bool { return c.typ.number })
	if len(cols) == 0 || len(on) == 0 {
		return
	}
	word := pick(w, []string{"", "UNIQUE "})
	w.do("CREATE %sINDEX %s ON t (%s) WHERE %s > 3", word, w.fresh("t_p"), list(cols), list(on))
}

func (w *world) expressionIndex() {
	cols := w.some(1, func(c *column) bool { return c.typ.number || c.typ.text })
	if len(cols) == 0 {
		return
	}
	expression := "lower(%s)"
	if cols[0].typ.number {
		expression = "(%s * 2)"
	}
	w.do("CREATE INDEX %s ON t ((%s), id)", w.fresh("t_e"), fmt.Sprintf(expression, list(cols)))
}

func (w *world) check() {
	cols := w.some(2, func(c *column) bool { return c.typ.number })
	var condition string
	switch {
	case len(cols) > 0:
		condition = strings.Join(namesOf(cols), " + ") + " > 0"
	default:
		if cols = w.some(1, func(c *column) bool { return c.typ.text }); len(cols) == 0 {
			return
		}
		condition = list(cols) + " <> ''"
	}
	name := w.fresh("t_c")
	w.do("ALTER TABLE t ADD CONSTRAINT %s CHECK (%s)%s", name, condition,
		pick(w, []string{"", "", " NOT VALID", " NO INHERIT"}))
	if w.chance(30) {
		w.do("COMMENT ON CONSTRAINT %s ON t IS 'held'", name)
	}
}

func (w *world) foreignKey() {
	cols := w.some(1, func(c *column) bool {
		return c.typ.sql == "int" || c.typ.sql == "bigint" || c.typ.sql == "smallint"
	})
	if len(cols) == 0 {
		return
	}
	w.do("ALTER TABLE t ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES p (id) %s%s", w.fresh("t_f"), list(cols),
		w.actions(), pick(w, []string{"", "", " DEFERRABLE INITIALLY DEFERRED", " NOT VALID"}))
}

// referred has another table refer to a column of this one.
func (w *world) referred() {
	cols := w.some(1, func(c *column) bool {
		return c.typ.sql == "int" || c.typ.sql == "bigint" || c.typ.sql == "text"
	})
	if len(cols) == 0 {
		return
	}
	key, other := w.fresh("t_r"), w.fresh("other")
	w.do("ALTER TABLE t ADD CONSTRAINT %s UNIQUE (%s)", key, list(cols))
	w.do("CREATE TABLE %s (v %s REFERENCES t (%s) %s)", other, cols[0].typ.sql, list(cols), w.actions())
	w.uniques = append(w.uniques, namesOf(cols))
}

func (w *world) view() {
	cols := w.some(2, anyColumn)
	name := w.fresh("v")
	switch w.IntN(6) {
	case 0:
		w.do("CREATE VIEW %s AS SELECT count(*) AS n FROM t", name)
	case 1:
		w.do("CREATE MATERIALIZED VIEW %s AS SELECT id, %s FROM t", name, list(cols))
		return
	case 2:
		w.do("CREATE VIEW %s AS SELECT t.id, p.k, %s FROM t JOIN p ON p.id = t.id", name,
			"t."+strings.Join(namesOf(cols), ", t."))
	case 3:
		w.do("CREATE VIEW %s AS SELECT id FROM t WHERE %s IS NOT NULL", name, quoted(cols[0].name))
	default:
		w.do("CREATE VIEW %s AS SELECT id, %s FROM t", name, list(cols))
	}
	w.views = append(w.views, name)
	if w.chance(20) {
		w.do("CREATE VIEW %s_up AS SELECT * FROM %s", name, name)
		w.views = append(w.views, name+"_up")
	}
	if w.chance(20) {
		w.do("GRANT SELECT ON %s TO pg_monitor", name)
	}
}

func (w *world) function() {
	cols := w.some(1, anyColumn)
	name := w.fresh("f")
	body := fmt.Sprintf("SELECT count(%s) FROM t", list(cols))
	if w.chance(50) {
		w.do("CREATE FUNCTION %s() RETURNS bigint BEGIN ATOMIC %s; END", name, body)
	} else {
		w.do("CREATE FUNCTION %s() RETURNS bigint LANGUAGE sql AS '%s'", name, body)
	}
	w.views = append(w.views, name+"()")
}

func (w *world) trigger() {
	f, name := w.fresh("tf"), w.fresh(pick(w, []string{"tr", "tr", "zzz"}))
	cols := w.some(1, anyColumn)
	c := quoted(cols[0].name)
	switch w.IntN(6) {
	case 0:
		w.do("CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.touched := NEW.touched + 1; RETURN "+
			"NEW; END'", f)
		w.do("CREATE TRIGGER %s BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION %s()", name, f)
		w.touched = true
	case 1:
		w.do("CREATE TABLE IF NOT EXISTS log (r jsonb)")
		w.do("CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES "+
			"(to_jsonb(NEW)); RETURN NEW; END'", f)
		w.do("CREATE TRIGGER %s AFTER INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION %s()", name, f)
	case 2:
		w.do("CREATE TABLE IF NOT EXISTS copies (LIKE t)")
		w.do("CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO copies VALUES (NEW.*); "+
			"RETURN NEW; END'", f)
		w.do("CREATE TRIGGER %s AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION %s()", name, f)
	case 3:
		w.do("CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.%s := NEW.%s; RETURN NEW; END'", f, c,
			c)
		w.do("CREATE TRIGGER %s BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION %s()", name, f)
	case 4:
		w.do("CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'", f)
		w.do("CREATE TRIGGER %s BEFORE UPDATE OF %s ON t FOR EACH ROW EXECUTE FUNCTION %s()", name, c, f)
	default:
		w.do("CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'", f)
		w.do("CREATE TRIGGER %s AFTER UPDATE ON t FOR EACH ROW WHEN (NEW.%s IS NOT NULL) EXECUTE FUNCTION %s()", name,
			c, f)
	}
}

func (w *world) policy() {
	cols := w.some(1, anyColumn)
	w.do("CREATE POLICY %s ON t USING (%s IS NOT NULL OR true)", w.fresh("pol"), list(cols))
	if w.chance(50) {
		w.do("ALTER TABLE t ENABLE ROW LEVEL SECURITY")
	}
	if w.chance(30) {
		w.do("ALTER TABLE t FORCE ROW LEVEL SECURITY")
	}
}

func (w *world) publication() {
	cols := w.some(1, anyColumn)
	switch name := w.fresh("pub"); w.IntN(4) {
	case 0:
		w.do("CREATE PUBLICATION %s FOR TABLE t (id, %s)", name, list(cols))
	case 1:
		w.do("CREATE PUBLICATION %s FOR TABLE p", name)
	case 2:
		w.do("CREATE PUBLICATION %s FOR ALL TABLES", name)
	default:
		w.do("CREATE PUBLICATION %s FOR TABLE t WHERE (id > 3)", name)
	}
}

func (w *world) statistics() {
	cols := w.some(2, comparable)
	if len(cols) < 1 {
		return
	}
	name := w.fresh("t_s")
	w.do("CREATE STATISTICS %s ON id, %s FROM t", name, list(cols))
	if w.chance(40) {
		w.do("COMMENT ON STATISTICS %s IS 'statistics'", name)
	}
}

// said is what is said of a column.
func (w *world) said() {
	c := list(w.some(1, anyColumn))
	switch w.IntN(4) {
	case 0:
		w.do(`COMMENT ON COLUMN t.%s IS 'it''s \ a column'`, c)
	case 1:
		w.do("GRANT SELECT (%s), UPDATE (%s) ON t TO pg_monitor", c, c)
	case 2:
		w.do("GRANT INSERT (%s) ON t TO PUBLIC", c)
	default:
		w.do("GRANT REFERENCES (%s) ON t TO pg_read_all_data WITH GRANT OPTION", c)
	}
}

func (w *world) tuned() {
	c := list(w.some(1, anyColumn))
	w.do("ALTER TABLE t ALTER COLUMN %s %s", c,
		pick(w, []string{"SET STATISTICS 50", "SET (n_distinct = -0.5)", "SET STATISTICS 0"}))
}

func (w *world) generatedColumn() {
	cols := w.some(1, func(c *column) bool { return c.typ.number })
	if len(cols) == 0 {
		return
	}
	name := w.fresh("gen")
	w.do("ALTER TABLE t ADD COLUMN %s bigint GENERATED ALWAYS AS (%s * 2) STORED", name, list(cols))
	w.columns = append(w.columns, &column{name: name, typ: families[1], generated: true})
}

func (w *world) kin() {
	if w.chance(30) {
		w.do("CREATE TABLE %s () INHERITS (t)", w.fresh("kid"))
	}
}

func (w *world) rowType() {
	switch w.IntN(4) {
	case 0:
		w.do("CREATE TABLE %s (r t)", w.fresh("keeper"))
	case 1:
		w.do("CREATE FUNCTION %s(r t) RETURNS int LANGUAGE sql AS 'SELECT 1'", w.fresh("fr"))
	}
}

func (w *world) exclusion() {
	cols := w.some(1, func(c *column) bool { return c.typ.number || c.typ.text })
	if len(cols) > 0 && w.chance(40) {
		w.do("ALTER TABLE t ADD CONSTRAINT %s EXCLUDE USING btree (%s WITH =)", w.fresh("t_x"), list(cols))
	}
}

// chosen has the table clustered on an index, or identified by one.
func (w *world) chosen() {
	cols := w.some(1, func(c *column) bool { return comparable(c) && c.notNull })
	if len(cols) == 0 {
		return
	}
	name := w.fresh("t_u")
	w.do("CREATE UNIQUE INDEX %s ON t (%s)", name, list(cols))
	w.uniques = append(w.uniques, namesOf(cols))
	w.do("ALTER TABLE t %s %s", pick(w, []string{"CLUSTER ON", "REPLICA IDENTITY USING INDEX"}), name)
}

func (w *world) rule() {
	if w.chance(30) {
		w.do("CREATE RULE %s AS ON UPDATE TO t WHERE NEW.id < 0 DO ALSO DELETE FROM child WHERE n < 0", w.fresh("r"))
	}
}

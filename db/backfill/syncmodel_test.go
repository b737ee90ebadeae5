package backfill_test

import (
	"fmt"
	"strings"
	"testing"

	"belay/db/dbtest"
)

// The shadow w holds what the application wrote, and of each row what the backfill
// may have made of it:
//
//	own   the last value was written as such, and differs from what a backfill writes
//	kept  and was written where no batch comes any more
//	hist  the values that the statement has had for the row
//	ever  the WHERE has selected the row, since a lone column was written
//	moved its key was changed
//
// Triggers of the shadow's own find them. test.cursor and test.upper say between
// which keys batches are to come.

// column is one of the two that may be set.
type column struct{ name, value string }

// model is a statement on its table.
type model struct {
	where   string
	columns []column
	dflt    string // of status, quoted; "" = none
	// chosen is true where the WHERE reads what is set, keyed where the table has a
	// key, strict where it is known which rows a batch still meets.
	chosen, keyed, strict bool
}

func (m model) set() string {
	all := make([]string, len(m.columns))
	for i, c := range m.columns {
		all[i] = c.name + " = " + c.value
	}
	return strings.Join(all, ", ")
}

func (m model) of(row, expression string) string {
	return "(SELECT (" + expression + ") FROM (SELECT " + row + ".*) AS t)"
}

func (m model) selects(row string) string {
	if m.where == "" {
		return "true"
	}
	return "coalesce(" + m.of(row, m.where) + ", false)"
}

func (m model) defaultOf(c column) string {
	if c.name == "status" && m.dflt != "" {
		return m.dflt
	}
	return "NULL"
}

// shadow makes w.
func (m model) shadow(t *testing.T, s *stand, columns string) {
	t.Helper()
	s.Exec(t, `CREATE TABLE w (`+columns+`, own_status bool, own_tag bool, kept_status bool, kept_tag bool,
		hist_status text[], hist_tag text[], ever bool, moved bool, PRIMARY KEY (id))`)
	function := func(name, body string) {
		s.Exec(t,
			`CREATE OR REPLACE FUNCTION `+name+
				`() RETURNS trigger LANGUAGE plpgsql SET standard_conforming_strings = on SET transform_null_equals = off AS $f$
			DECLARE passed bool := NEW.id <= current_setting('test.cursor')::int OR NEW.id > current_setting('test.upper')::int;
			BEGIN `+body+` RETURN NEW; END $f$`)
	}
	always := `IF TG_OP = 'INSERT' THEN NEW.moved := false; NEW.ever := false; ELSE NEW.moved := OLD.moved OR NEW.id <> OLD.id; END IF;
		NEW.ever := NEW.ever OR ` + m.selects("NEW") + `;`
	for _, c := range m.columns {
		function("w_"+c.name,
			fmt.Sprintf(`IF NOT (current_setting('test.self')::bool AND NEW.%[1]s IS NOT DISTINCT FROM OLD.%[1]s) THEN
			NEW.own_%[1]s := NEW.%[1]s IS NOT NULL; NEW.kept_%[1]s := passed; NEW.ever := NEW.ever AND %[2]t; END IF;`, c.name, len(m.columns) > 1))
		s.Exec(t,
			fmt.Sprintf(
				`CREATE TRIGGER zz_m1_%[1]s BEFORE UPDATE OF %[1]s ON w FOR EACH ROW EXECUTE FUNCTION w_%[1]s()`,
				c.name,
			))
		always += fmt.Sprintf(`
			IF TG_OP = 'INSERT' THEN NEW.own_%[1]s := NEW.%[1]s IS NOT NULL AND NEW.%[1]s IS DISTINCT FROM %[3]s; NEW.kept_%[1]s := passed; END IF;
			NEW.own_%[1]s := NEW.own_%[1]s AND NEW.%[1]s IS DISTINCT FROM %[2]s;
			NEW.kept_%[1]s := NEW.kept_%[1]s AND passed;
			NEW.hist_%[1]s := NEW.hist_%[1]s || %[2]s::text;`, c.name, m.of("NEW", c.value), m.defaultOf(c))
	}
	function("w_always", always)
	s.Exec(t, `CREATE TRIGGER zz_m2 BEFORE INSERT OR UPDATE ON w FOR EACH ROW EXECUTE FUNCTION w_always()`)
}

// begin forgets what was written before the trigger was there.
func (m model) begin(t *testing.T, s *stand) {
	t.Helper()
	s.Exec(t, `ALTER TABLE w DISABLE TRIGGER USER`)
	s.Exec(t,
		`UPDATE w SET own_status = false, own_tag = false, kept_status = false, kept_tag = false, moved = false, ever = `+m.selects("w"))
	for _, c := range m.columns {
		s.Exec(t, fmt.Sprintf(`UPDATE w SET hist_%s = ARRAY[%s::text]`, c.name, m.of("w", c.value)))
	}
	s.Exec(t, `ALTER TABLE w ENABLE TRIGGER USER`)
}

// may says what may stand in a column: what the application wrote, what the
// statement made of the row once, what it makes of it now, or either of the first
// two. After the end of the backfill nothing fills what an UPDATE empties.
func (m model) may(c column, ended bool) string {
	r := strings.NewReplacer("{own}", "w.own_"+c.name, "{kept}", "w.kept_"+c.name, "{empty}", "w."+c.name+" IS NULL",
		"{untouched}", "cardinality(w.hist_"+c.name+") = 1", "{selected}", m.selects("w"),
		"{filled}", map[bool]string{true: "'either'", false: "'once'"}[ended || len(m.columns) > 1],
		"{now}", map[bool]string{true: "'now'", false: "'either'"}[m.keyed && !ended],
		"{all}", fmt.Sprint(m.where == ""), "{keyed}", fmt.Sprint(m.keyed), "{strict}", fmt.Sprint(m.strict))
	if m.chosen {
		return r.Replace(`CASE WHEN {selected} THEN {filled} WHEN NOT w.ever THEN 'wrote' ELSE 'either' END`)
	}
	return r.Replace(`CASE WHEN {own} THEN CASE WHEN {kept} AND {strict} THEN 'wrote' ELSE 'either' END
		WHEN {selected} AND NOT w.moved AND ({empty} AND {all} OR {untouched}) THEN {now}
		WHEN {selected} AND NOT w.moved AND {empty} AND {keyed} THEN {filled} WHEN w.ever THEN 'either' ELSE 'wrote' END`)
}

// wrong lists the rows of t that are not as they may be.
func (m model) wrong(t *testing.T, s *stand, ended bool) (all []string) {
	t.Helper()
	all = dbtest.QueryCol[string](t, s.DB, `SELECT format('row: t %s, w %s', t, w) FROM t FULL JOIN w ON w.id = t.id
		WHERE t.id IS NULL OR w.id IS NULL OR (t.a, t.note, t.gen) IS DISTINCT FROM (w.a, w.note, w.gen)`)
	for _, c := range m.columns {
		all = append(all, dbtest.QueryCol[string](t, s.DB, fmt.Sprintf(
			`SELECT format('%[1]s may be %%s: t %%s, w %%s', may, x.t, x.w) FROM (
				SELECT t::text AS t, w::text AS w, %[2]s AS may, t.%[1]s AS got, w.%[1]s AS wrote, w.hist_%[1]s AS hist, %[3]s::text AS now
				FROM t JOIN w ON w.id = t.id) x
			WHERE NOT (may IN ('wrote', 'either') AND got IS NOT DISTINCT FROM wrote
				OR may IN ('once', 'either') AND EXISTS (SELECT FROM unnest(hist) h WHERE h IS NOT DISTINCT FROM got)
				OR may = 'now' AND got IS NOT DISTINCT FROM now)`, c.name, m.may(c, ended), m.of("w", c.value)))...)
	}
	return all
}

package fix_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// world is a generated schema with rows, a migration of it, and code that writes
// and reads it. The same seed makes the same world.
type world struct {
	*rand.Rand
	columns []*column
	// ddl makes the schema; up is the migration, kind what it is, parts are its changes.
	ddl      []string
	up, kind string
	parts    []part
	// uniques are lists of columns that ON CONFLICT may name, views what may be read.
	uniques [][]string
	names   []string // of unique constraints
	views   []string
	// renamed maps old names of columns to new ones, dropped are those that old code
	// must not use; table is the table's name for new code.
	renamed map[string]string
	dropped []string
	table   string
	// compatible is true where old code must go on to the end.
	compatible bool
	// moved is true where a column stands at another place in the end, converts where
	// the migration makes other values of the old ones.
	moved, converts bool
	// touched is true where a trigger counts the updates of a row.
	touched bool
	serial  int
}

// column is a column of the table t.
type column struct {
	name string
	typ  *family
	// null and unset: the application may write NULL, or leave it out.
	notNull, hasDefault bool
	// unsteady values differ between copies of the database.
	unsteady  bool
	generated bool
}

// family is a type with values of its own for each number from 1 on, as quoted
// literals, and the types that it may become.
type family struct {
	sql     string
	value   func(n int) string
	fill    string // over g
	becomes []string
	number  bool
	text    bool
}

func num(n int) string { return fmt.Sprint(n) }

var families = []*family{
	{
		sql: "int", value: num, fill: "g", number: true,
		becomes: []string{"bigint", "bigint", "numeric(12,2)", "smallint", "text", "double precision"},
	},
	{sql: "bigint", value: num, fill: "g", number: true, becomes: []string{"int", "numeric", "text USING $c::text"}},
	{sql: "smallint", value: num, fill: "g", number: true, becomes: []string{"int", "bigint"}},
	{
		sql: "numeric(10,2)", value: num, fill: "g", number: true,
		becomes: []string{"numeric(12,4)", "int", "bigint USING ($c * 100)::bigint"},
	},
	{
		sql: "text", value: num, fill: "g::text", text: true,
		becomes: []string{
			"int USING $c::int", "varchar(20)", "bigint", "jsonb USING to_jsonb($c)",
			"bigint USING nullif($c, '')::bigint", "text COLLATE \"C\"",
		},
	},
	{
		sql: "varchar(20)", value: num, fill: "g::text", text: true,
		becomes: []string{"varchar(10)", "text", "int USING $c::int", "varchar(40)", "char(12)"},
	},
	{sql: "text", value: func(n int) string {
		return fmt.Sprintf("w%d", n)
	}, fill: "'w' || g", text: true, becomes: []string{"varchar(30)", "text USING upper($c)", "mood"}},
	{sql: "timestamp", value: func(n int) string {
		return fmt.Sprintf("2024-01-01 00:00:%02d", n%60)
	}, fill: "timestamp '2024-01-01' + g * interval '1 second'", becomes: []string{"timestamptz", "date", "text"}},
	{sql: "date", value: func(n int) string {
		return fmt.Sprintf("2024-%02d-%02d", n/28%12+1, n%28+1)
	}, fill: "date '2024-01-01' + g", becomes: []string{"timestamp", "timestamptz"}},
	{sql: "uuid", value: func(n int) string {
		return fmt.Sprintf("00000000-0000-0000-0000-%012d", n)
	}, fill: "('00000000-0000-0000-0000-' || lpad(g::text, 12, '0'))::uuid", becomes: []string{"text", "varchar(40)"}},
	{sql: "jsonb", value: func(n int) string {
		return fmt.Sprintf(`{"n": %d}`, n)
	}, fill: "jsonb_build_object('n', g)", becomes: []string{"json", "text"}},
	{sql: "json", value: func(n int) string {
		return fmt.Sprintf(`{"n": %d}`, n)
	}, fill: "json_build_object('n', g)", becomes: []string{"jsonb"}},
	{sql: "boolean", value: func(n int) string {
		return fmt.Sprint(n%2 == 0)
	}, fill: "g % 2 = 0", becomes: []string{"text", "int USING $c::int"}},
	{sql: "mood", value: func(n int) string {
		return []string{"a", "b", "c"}[n%3]
	}, fill: "(ARRAY['a', 'b', 'c'])[g % 3 + 1]::mood", becomes: []string{"text", "varchar(10)"}},
	{sql: "posint", value: num, fill: "g", number: true, becomes: []string{"int", "bigint", "posbig"}},
}

const rows = 40

func newWorld(seed uint64) *world {
	w := &world{Rand: rand.New(rand.NewPCG(seed, 17)), renamed: map[string]string{}, table: "t"}
	w.schema()
	w.migration()
	return w
}

func (w *world) chance(percent int) bool { return w.IntN(100) < percent }

func pick[T any](w *world, all []T) T { return all[w.IntN(len(all))] }

// fresh is a name that was not given yet.
func (w *world) fresh(prefix string) string {
	w.serial++
	return fmt.Sprintf("%s%d", prefix, w.serial)
}

func (w *world) do(format string, args ...any) { w.ddl = append(w.ddl, fmt.Sprintf(format, args...)) }

// some are one or two columns that the condition holds for; nil = there is none.
func (w *world) some(most int, is func(*column) bool) []*column {
	var all []*column
	for _, c := range w.columns {
		if is(c) && !c.generated {
			all = append(all, c)
		}
	}
	w.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(len(all), 1+w.IntN(most))]
}

func anyColumn(*column) bool { return true }

func comparable(c *column) bool {
	return c.typ.sql != "json" && c.typ.sql != "boolean" && c.typ.sql != "mood"
}

func namesOf(columns []*column) []string {
	var names []string
	for _, c := range columns {
		names = append(names, quoted(c.name))
	}
	return names
}

func quoted(name string) string {
	if strings.ToLower(name) != name {
		return `"` + name + `"`
	}
	return name
}

func list(columns []*column) string { return strings.Join(namesOf(columns), ", ") }

// schema makes a table t with rows, another one that it refers to, one that refers
// to it, and some of all that may hang on a column.
func (w *world) schema() {
	w.do("CREATE TYPE mood AS ENUM ('a', 'b', 'c', 'd')")
	w.do("CREATE DOMAIN posint AS int CHECK (VALUE > 0)")
	w.do("CREATE DOMAIN posbig AS bigint CHECK (VALUE > 0)")
	w.do("CREATE TABLE p (id int PRIMARY KEY, k text)")
	w.do("INSERT INTO p SELECT g, 'k' || g FROM generate_series(1, 80) g")
	id := pick(w, []string{"int", "serial", "bigint", "int GENERATED BY DEFAULT AS IDENTITY", "bigserial"})
	for _, name := range []string{"alpha", "beta", "Gamma", "note", "state"}[:2+w.IntN(4)] {
		w.columns = append(w.columns, w.column(name))
	}
	if w.chance(10) {
		w.do("CREATE TABLE base (x int)")
	}
	var defs, fills []string
	for _, c := range w.columns {
		defs = append(defs, w.define(c))
		fills = append(fills, c.typ.fill)
	}
	w.do("CREATE TABLE t (id %s PRIMARY KEY, %s, touched int NOT NULL DEFAULT 0)", id, strings.Join(defs, ", "))
	w.do("INSERT INTO t (id, %s) SELECT g, %s FROM generate_series(1, %d) g", list(w.columns),
		strings.Join(fills, ", "), rows)
	if strings.Contains(id, "serial") || strings.Contains(id, "IDENTITY") {
		w.do("SELECT setval(pg_get_serial_sequence('t', 'id'), 1000)")
	}
	w.uniques = append(w.uniques, []string{"id"})
	w.do("CREATE TABLE child (n int, tid %s)",
		strings.Split(strings.ReplaceAll(strings.ReplaceAll(id, "bigserial", "bigint"), "serial", "int"), " ")[0])
	w.do("INSERT INTO child SELECT g, g FROM generate_series(1, 20) g")
	if w.chance(50) {
		w.do("ALTER TABLE child ADD CONSTRAINT child_tid_fkey FOREIGN KEY (tid) REFERENCES t (id) %s", w.actions())
	}
	for range w.IntN(7) {
		pick(w, dependents)(w)
	}
	w.do("ANALYZE")
}

func (w *world) actions() string {
	return pick(w, []string{
		"", "ON DELETE CASCADE", "ON DELETE SET NULL", "ON UPDATE CASCADE ON DELETE CASCADE", "ON DELETE RESTRICT",
		"ON UPDATE CASCADE",
	})
}

func (w *world) column(name string) *column {
	return &column{name: name, typ: pick(w, families)}
}

// define is the column's definition.
func (w *world) define(c *column) string {
	def := quoted(c.name) + " " + c.typ.sql
	if c.typ.text && w.chance(10) {
		def += ` COLLATE "C"`
	}
	if w.chance(35) {
		c.hasDefault = true
		switch {
		case c.typ.sql == "uuid" && w.chance(50):
			def, c.unsteady = def+" DEFAULT gen_random_uuid()", true
		case (c.typ.sql == "timestamp" || c.typ.sql == "date") && w.chance(60):
			def, c.unsteady = def+" DEFAULT now()", true
		case c.typ.number && w.chance(40):
			def += " DEFAULT 7"
		default:
			def += " DEFAULT '" + c.typ.value(7) + "'"
		}
	}
	if w.chance(45) {
		c.notNull = true
		def += " NOT NULL"
	}
	return def
}

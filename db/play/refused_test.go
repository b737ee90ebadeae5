package play_test

import (
	"fmt"
	"strings"

	"belay/sqlview/catalog"

	"pgregory.net/rapid"
)

// refused draws a statement that the server often refuses: something is there
// already, is missing, is of another kind, does not fit. Some of them it accepts.
func (n *names) refused(t *rapid.T) string {
	n.t = t
	families := []func() string{n.taken, n.missing, n.otherKind, n.columnsRefused, n.keysRefused, n.indexRefused,
		n.typesRefused, n.partitionsRefused, n.renamesRefused, n.rowsRefused, n.newTable, n.objectsRefused}
	return families[rapid.IntRange(0, len(families)-1).Draw(t, "refused")]()
}

func (n *names) anyRelation() string {
	all := append(append(append([]string{}, n.tables...), n.views...), n.matviews...)
	return n.one(append(append(all, n.sequences...), n.indexes...)...)
}

func (n *names) ifNot() string { return n.one("", "", "", "IF NOT EXISTS ") }

func (n *names) ifThere() string { return n.one("", "", "", "IF EXISTS ") }

// taken makes what may be there already.
func (n *names) taken() string {
	name := n.one(n.anyRelation(), n.anyRelation(), "fresh", "public.pos", "gone.fresh")
	table := n.table()
	switch rapid.IntRange(0, 13).Draw(n.t, "taken") {
	case 0:
		return "CREATE TABLE " + n.ifNot() + name + " (a int)"
	case 1:
		return n.one("CREATE VIEW ", "CREATE OR REPLACE VIEW ") + name + " AS SELECT 1 AS one"
	case 2:
		return "CREATE MATERIALIZED VIEW " + n.ifNot() + name + " AS SELECT 1 AS one"
	case 3:
		return "CREATE SEQUENCE " + n.ifNot() + name
	case 4:
		return "CREATE INDEX " + n.ifNot() + catalog.Base(name) + " ON " + table + " (id)"
	case 5:
		return n.one("CREATE TYPE "+name+" AS ENUM ('k')", "CREATE TYPE "+name+" AS (k int)",
			"CREATE DOMAIN "+name+" AS int",
			"CREATE TYPE mood AS ENUM ('k')", "CREATE DOMAIN pos AS text")
	case 6:
		return "CREATE SCHEMA " + n.ifNot() + n.one("other", "public", "fresh", "pg_mine")
	case 7:
		return "CREATE TABLE " + name + " AS SELECT 1 AS one"
	case 8:
		return "ALTER TABLE " + table + " ADD COLUMN " + n.ifNot() + n.column(table) + " int"
	case 9:
		return "ALTER TABLE " + table + " ADD CONSTRAINT " + n.constraint(table) + " " +
			n.one("CHECK (id > 0)", "UNIQUE (id)", "FOREIGN KEY (a) REFERENCES "+n.table()+" (id)")
	case 10:
		return "CREATE " + n.one("", "OR REPLACE ") + "TRIGGER " + n.trigger(table) + " AFTER INSERT ON " +
			n.anyRelation() +
			" FOR EACH " + n.one("ROW", "STATEMENT") + " EXECUTE FUNCTION " + n.one("tf()", "tf()", "nothing()")
	case 11:
		return "CREATE POLICY " + n.dependent(table, catalog.PolicyKind) + " ON " + n.one(table, n.anyRelation()) +
			" USING (" + n.one("true", "id > 0", "missing > 0") + ")"
	case 12:
		return "CREATE STATISTICS " + n.one(n.one(n.stats...), "fresh", "gone.s") + " ON " +
			n.one("id, a", "id", "id, missing", "id, id") + " FROM " + n.anyRelation()
	}
	return "CREATE FUNCTION " + n.one("f1(int)", "f1(text)", "f2()", "fresh()", "gone.f()", "fresh(nothing)") +
		" RETURNS int LANGUAGE sql AS 'SELECT 1'"
}

// missing names what may not be there.
func (n *names) missing() string {
	name := n.one("nothing", "public.nothing", "gone.nothing", "other.t0", n.anyRelation())
	table := n.table()
	switch rapid.IntRange(0, 15).Draw(n.t, "missing") {
	case 0:
		return "ALTER TABLE " + n.ifThere() + name + " ADD COLUMN z int"
	case 1:
		return "DROP " + n.one("TABLE ", "VIEW ", "MATERIALIZED VIEW ", "SEQUENCE ", "INDEX ") + n.ifThere() + name
	case 2:
		return "DROP " + n.one("TYPE ", "DOMAIN ") + n.ifThere() + n.one("nothing", "mood", "pair", "gone.t", "pos2")
	case 3:
		return "DROP FUNCTION " + n.ifThere() + n.one("nothing", "f1(text)", "f1(int)", "f2()", "f2(int)", "gone.f()")
	case 4:
		return "DROP SCHEMA " + n.ifThere() + n.one("gone", "other")
	case 5:
		return "DROP " + n.one("TRIGGER ", "POLICY ", "RULE ") + n.ifThere() + "nothing ON " + n.one(table, name)
	case 6:
		return "ALTER TABLE " + table + " ALTER COLUMN missing " +
			n.one("SET NOT NULL", "DROP NOT NULL", "SET DEFAULT 1", "TYPE text", "SET STATISTICS 5", "DROP IDENTITY")
	case 7:
		return "ALTER TABLE " + table + " " + n.one("DROP COLUMN "+n.ifThere(), "DROP CONSTRAINT "+n.ifThere(),
			"VALIDATE CONSTRAINT ", "DISABLE TRIGGER ") + "missing"
	case 8:
		return "CREATE INDEX ON " + name + " (id)"
	case 9:
		return "CREATE VIEW fresh AS SELECT * FROM " + name
	case 10:
		return "COMMENT ON " + n.one("TABLE "+name, "COLUMN "+table+".missing", "INDEX "+name, "TYPE nothing",
			"SCHEMA gone",
			"FUNCTION f1(text)", "CONSTRAINT missing ON "+table, "TRIGGER missing ON "+table) + " IS 'x'"
	case 11:
		return "GRANT SELECT " + n.one("", "(missing) ", "(id) ") + "ON " + name + " TO " + n.one("belay_r",
			"nobody_here")
	case 12:
		return "ALTER TABLE " + table + " OWNER TO " + n.one("belay_r", "nobody_here")
	case 13:
		return "LOCK TABLE " + name
	case 14:
		return "ALTER " + n.one("SEQUENCE ", "VIEW ", "INDEX ", "MATERIALIZED VIEW ") + n.ifThere() + name +
			" RENAME TO fresh"
	}
	return n.one("DROP PUBLICATION nothing", "DROP STATISTICS nothing", "DROP EXTENSION nothing",
		"ALTER TYPE nothing ADD VALUE 'q'",
		"ALTER DOMAIN nothing SET NOT NULL", "REFRESH MATERIALIZED VIEW "+name, "TRUNCATE "+name, "ANALYZE "+name,
		"ALTER TABLE "+table+" CLUSTER ON nothing", "ALTER TABLE "+table+" REPLICA IDENTITY USING INDEX nothing")
}

// otherKind takes one kind of relation for another.
func (n *names) otherKind() string {
	name := n.anyRelation()
	switch rapid.IntRange(0, 9).Draw(n.t, "kind") {
	case 0:
		return "DROP " + n.one("TABLE ", "VIEW ", "MATERIALIZED VIEW ", "SEQUENCE ", "INDEX ") + name + " CASCADE"
	case 1:
		return "ALTER " + n.one("VIEW ", "INDEX ", "SEQUENCE ", "MATERIALIZED VIEW ") + name + " SET SCHEMA other"
	case 2:
		return "ALTER TABLE " + name + " " + n.one("ADD COLUMN z int", "ADD CHECK (true)",
			"ENABLE ROW LEVEL SECURITY",
			"DISABLE TRIGGER ALL", "SET (fillfactor = 90)", "ALTER COLUMN id SET DEFAULT 1", "REPLICA IDENTITY FULL",
			"SET UNLOGGED")
	case 3:
		return "CREATE INDEX ON " + name + " (id)"
	case 4:
		return n.one("TRUNCATE ", "LOCK TABLE ", "REINDEX TABLE ", "REINDEX INDEX ", "REFRESH MATERIALIZED VIEW ") +
			name
	case 5:
		return "CREATE TABLE fresh (r int REFERENCES " + name + ")"
	case 6:
		return "CREATE TABLE fresh (x int) INHERITS (" + name + ")"
	case 7:
		return "CREATE TRIGGER fresh " + n.one("BEFORE", "AFTER", "INSTEAD OF") + " INSERT ON " + name +
			" FOR EACH " +
			n.one("ROW", "STATEMENT") + " EXECUTE FUNCTION tf()"
	case 8:
		return "COMMENT ON " + n.one("TABLE ", "VIEW ", "INDEX ", "SEQUENCE ") + name + " IS 'x'"
	}
	return n.one("CREATE RULE fresh AS ON DELETE TO "+name+" DO NOTHING", "CREATE POLICY fresh ON "+name,
		"CREATE PUBLICATION fresh FOR TABLE "+name, "ALTER SEQUENCE "+name+" OWNED BY "+n.table()+".id",
		"CREATE SEQUENCE fresh OWNED BY "+name+".id", "CREATE STATISTICS fresh ON id, a FROM "+name)
}

func (n *names) value() string {
	return n.one("1", "'x'", "'2024-01-01'", "true", "now()", "1.5", "NULL", "f2()", "nothing()", "id", "'x'::text",
		"a + 1",
		"CURRENT_DATE", "gen_random_uuid()", "f1(1)", "f1('x'::text)", "(SELECT 1)", "nextval('s1')")
}

func (n *names) anyType() string {
	return n.one(n.typeName(), "nothing", "gone.t", "record", "serial", "boolean", "uuid", "jsonb", "int[]", "pos2",
		"mood", "bytea")
}

// columnsRefused changes columns in ways that may not be.
func (n *names) columnsRefused() string {
	table := n.table()
	head := "ALTER TABLE " + n.one("", "", "ONLY ") + table + " "
	c := n.column(table)
	switch rapid.IntRange(0, 8).Draw(n.t, "columns") {
	case 0, 1:
		return head + "ADD COLUMN z " + n.anyType() + " " + n.one("", "DEFAULT "+n.value(),
			"GENERATED ALWAYS AS IDENTITY",
			"GENERATED ALWAYS AS ("+n.value()+") STORED", "DEFAULT 1 GENERATED ALWAYS AS IDENTITY", "NULL NOT NULL",
			"CHECK ("+n.value()+")", "UNIQUE", "PRIMARY KEY", "REFERENCES "+n.table())
	case 2:
		return head + "ALTER COLUMN " + c + " SET DEFAULT " + n.value()
	case 3:
		return head + "ALTER COLUMN " + c + " TYPE " + n.anyType() + n.one("", "", " USING "+n.value(),
			" USING "+c+"::text")
	case 4:
		return head + "ALTER COLUMN " + c + n.one(" ADD GENERATED ALWAYS AS IDENTITY", " DROP IDENTITY",
			" DROP IDENTITY IF EXISTS",
			" SET GENERATED ALWAYS", " DROP EXPRESSION", " DROP EXPRESSION IF EXISTS", " SET STORAGE EXTERNAL",
			" DROP NOT NULL")
	case 5:
		return head + "DROP COLUMN " + c + n.one("", ", ADD COLUMN "+c+" int", ", ALTER COLUMN "+c+" SET NOT NULL")
	case 6:
		return head + "ADD " + n.one("", "CONSTRAINT k ") + "CHECK (" +
			n.one("missing > 0", "id", "id > 0 AND nothing(id)", "f1(id)", "f1(b)", "a > (SELECT 1)",
				"id = 'x'::text") + ")"
	case 7:
		return head + "ALTER COLUMN ctid SET NOT NULL"
	}
	return head + n.one("ADD COLUMN a int", "ADD COLUMN ctid int", "ADD COLUMN xmin text",
		"ADD COLUMN z int, ADD COLUMN z text",
		"ALTER COLUMN "+c+" TYPE bigint, ALTER COLUMN "+c+" SET DEFAULT 'x'")
}

// keysRefused makes keys and foreign keys that may not fit.
func (n *names) keysRefused() string {
	table, other := n.table(), n.anyRelation()
	head := "ALTER TABLE " + n.one("", "", "ONLY ") + table + " ADD "
	switch rapid.IntRange(0, 4).Draw(n.t, "keys") {
	case 0, 1:
		return head + "FOREIGN KEY (" + n.one("a", "missing", "id, a", "b", n.column(table)) + ") REFERENCES " +
			n.one(other, n.table(), n.table(), "nothing") + n.one("", " (id)", " (a)", " (missing)", " (id, a)",
			" (b)")
	case 2:
		return head + n.one("PRIMARY KEY", "UNIQUE") + " (" +
			n.one("id", "a", "missing", "id, id", "ctid", n.column(table), "id, "+n.column(table)) + ")"
	case 3:
		return head + n.one("CONSTRAINT k ", "") + n.one("UNIQUE", "PRIMARY KEY") + " USING INDEX " +
			n.one(catalog.Base(n.one(n.indexes...)), "nothing")
	}
	return head + "EXCLUDE USING " + n.one("btree", "gist", "hash", "gin") + " (" + n.one("id", "a", "missing",
		"b") + " WITH =)"
}

func (n *names) indexRefused() string {
	table := n.one(n.table(), n.table(), n.one(n.matviews...))
	columns := n.one("id", "a", "b", "missing", "id, a", n.column(table), "(a + 1)", "f1(a)", "nothing(a)",
		"(now())", "id DESC",
		"f2()", "id NULLS FIRST")
	return "CREATE " + n.one("", "UNIQUE ") + "INDEX " + n.one("", "", "CONCURRENTLY ") + n.one("", "k ") + "ON " +
		n.one("", "", "ONLY ") + table + " USING " + n.one("btree", "btree", "btree", "hash", "gin", "gist",
		"brin") + " (" + columns + ")" +
		n.one("", "", " INCLUDE (a)", " INCLUDE (missing)") + n.one("", "", " WHERE id > 0", " WHERE missing",
		" WHERE id",
		" WHERE now() > now()")
}

func (n *names) typesRefused() string {
	switch rapid.IntRange(0, 4).Draw(n.t, "types") {
	case 0:
		return "ALTER TYPE " + n.one("mood", "mood", "pair", "pos", "nothing") +
			n.one(" ADD VALUE 'x'", " ADD VALUE IF NOT EXISTS 'x'", " ADD VALUE 'k' AFTER 'q'",
				" ADD VALUE 'k' BEFORE 'y'",
				" RENAME VALUE 'x' TO 'y'", " RENAME VALUE 'q' TO 'k'")
	case 1:
		return "ALTER DOMAIN " + n.one("pos", "pos2", "mood", "nothing") +
			n.one(" DROP CONSTRAINT nothing", " DROP CONSTRAINT IF EXISTS nothing", " VALIDATE CONSTRAINT nothing",
				" ADD CONSTRAINT pos_check CHECK (VALUE > 0)", " SET NOT NULL")
	case 2:
		return "ALTER TYPE " + n.one("pair", "mood", "nothing") + n.one(" ADD ATTRIBUTE a int",
			" DROP ATTRIBUTE nothing", " RENAME TO mood",
			" RENAME TO fresh", " SET SCHEMA gone", " SET SCHEMA other", " OWNER TO nobody_here")
	case 3:
		return "CREATE TABLE fresh " + n.one("OF pair", "OF mood", "OF nothing", "OF pair (PRIMARY KEY (id))")
	}
	return "CREATE DOMAIN fresh AS " + n.anyType()
}

func (n *names) partitionsRefused() string {
	table := n.table()
	if n.one("", "x", "y") != "" {
		table = n.partitioned()
	}
	bound := n.one("DEFAULT", "FOR VALUES IN (1)", "FOR VALUES IN (77)", "FOR VALUES FROM (2) TO (4)",
		"FOR VALUES FROM (50) TO (60)",
		"FOR VALUES FROM (9) TO (3)", "FOR VALUES WITH (MODULUS 2, REMAINDER 0)", "FOR VALUES FROM (1, 2) TO (3, 4)",
		"FOR VALUES FROM (MINVALUE) TO (0)", "FOR VALUES IN (NULL)")
	switch rapid.IntRange(0, 5).Draw(n.t, "partitions") {
	case 0, 1:
		return "CREATE TABLE " + n.one("fresh", "fresh", n.table()) + " PARTITION OF " + n.one(table, table,
			"nothing") + " " + bound
	case 2:
		return "ALTER TABLE " + table + " ATTACH PARTITION " + n.one(n.anyRelation(), n.table(), "nothing") + " " +
			bound
	case 3:
		return "ALTER TABLE " + table + " DETACH PARTITION " + n.one(n.child(table), n.table(), "nothing")
	case 4:
		return "ALTER TABLE " + n.table() + n.one(" INHERIT ", " NO INHERIT ") + n.one(n.anyRelation(), n.table(),
			"nothing")
	}
	return "CREATE TABLE fresh (id int, b text) PARTITION BY " + n.one("RANGE", "LIST", "HASH") + " (" + n.one("id",
		"missing", "id, b", "ctid") + ")"
}

func (n *names) partitioned() string {
	var all []string
	for _, t := range n.tables {
		if r := n.snap.Relations.Get(t); r.Kind == catalog.PartitionedTable {
			all = append(all, t)
		}
	}
	return n.one(append(all, n.tables[0])...)
}

func (n *names) renamesRefused() string {
	table := n.one(n.table(), n.anyRelation())
	fresh := catalog.Base(n.one(n.anyRelation(), "fresh", strings.Repeat("long", 20)))
	switch rapid.IntRange(0, 4).Draw(n.t, "renames") {
	case 0:
		return "ALTER " + n.one("TABLE ", "VIEW ", "SEQUENCE ") + table + " RENAME TO " + fresh
	case 1, 2:
		return "ALTER TABLE " + n.one("", "ONLY ") + table + " RENAME COLUMN " + n.one("id", "missing",
			n.column(table)) + " TO " +
			n.one("a", "id", "fresh", "ctid")
	case 3:
		return "ALTER TABLE " + table + " RENAME CONSTRAINT " + n.one(n.constraint(table), "missing") + " TO " +
			n.one("fresh", n.constraint(table))
	}
	return n.one("ALTER SCHEMA other RENAME TO public", "ALTER SCHEMA gone RENAME TO k",
		"ALTER TABLE "+table+" SET SCHEMA gone",
		"ALTER TRIGGER missing ON "+table+" RENAME TO k", "ALTER POLICY missing ON "+table+" RENAME TO k",
		"ALTER FUNCTION nothing() RENAME TO k", "ALTER FUNCTION f1(int) RENAME TO k", "ALTER TYPE mood RENAME TO pair")
}

func (n *names) rowsRefused() string {
	table := n.anyRelation()
	c := n.column(table)
	switch rapid.IntRange(0, 6).Draw(n.t, "rows") {
	case 0:
		return fmt.Sprintf("INSERT INTO %s (id, %s) VALUES (2, %s)", table, n.one("missing", c), n.value())
	case 1:
		return fmt.Sprintf("INSERT INTO %s (id, a) VALUES (%s)", table, n.one("1", "1, 2, 3", "1, 2"))
	case 2:
		return fmt.Sprintf("UPDATE %s SET %s = %s", table, n.one("missing", c), n.value())
	case 3:
		return fmt.Sprintf("DELETE FROM %s WHERE %s", table, n.one("missing = 1", "id = 1", "nothing(id)"))
	case 4:
		return fmt.Sprintf("SELECT %s FROM %s", n.one("missing", "id", c, "nothing(id)", "count(*)"), n.one(table,
			"nothing", "gone.t"))
	case 5:
		return fmt.Sprintf("UPDATE %s SET a = 1, a = 2", table)
	}
	return fmt.Sprintf("CREATE VIEW fresh AS SELECT x.%s FROM %s x", n.one("id", "missing", c), table)
}

// newTable makes a table with something that may not be.
func (n *names) newTable() string {
	column := "k " + n.anyType() + n.one("", " DEFAULT "+n.value(), " GENERATED ALWAYS AS IDENTITY", " PRIMARY KEY",
		" UNIQUE",
		" CHECK (k > 0)", " CHECK (missing > 0)", " REFERENCES "+n.anyRelation(), " REFERENCES "+n.table()+" (id)",
		" REFERENCES "+n.table()+" (missing)", " GENERATED ALWAYS AS (id + 1) STORED")
	more := n.one("", ", id int", ", PRIMARY KEY (id)", ", PRIMARY KEY (missing)", ", UNIQUE (id, id)",
		", CHECK (id)",
		", FOREIGN KEY (id) REFERENCES "+n.table()+" (id)", ", LIKE "+n.anyRelation(), ", LIKE nothing",
		", EXCLUDE USING gin (id WITH =)")
	return "CREATE TABLE " + n.one("fresh", "fresh", "fresh", n.anyRelation()) + " (id int, " + column + more + ")" +
		n.one("", "", " INHERITS ("+n.anyRelation()+")", " PARTITION BY LIST (k)", " PARTITION BY RANGE (missing)")
}

func (n *names) objectsRefused() string {
	table := n.table()
	switch rapid.IntRange(0, 3).Draw(n.t, "objects") {
	case 0:
		p := "fresh"
		if len(n.snap.Publications) > 0 {
			p = n.snap.Publications[0].Name
		}
		return n.one("CREATE PUBLICATION "+p+" FOR TABLE "+n.anyRelation(),
			"ALTER PUBLICATION "+p+" ADD TABLE "+n.anyRelation(),
			"ALTER PUBLICATION "+p+" DROP TABLE "+table)
	case 1:
		return n.one("CREATE RULE "+n.dependent(table, catalog.RuleKind)+" AS ON UPDATE TO "+table+" DO ALSO NOTHING",
			"CREATE EXTENSION plpgsql", "CREATE ROLE belay_r", "DROP ROLE nobody_here", "ALTER ROLE nobody_here LOGIN")
	case 2:
		return "VACUUM " + n.one("", "FULL ", "ANALYZE ") + n.one(table, "nothing")
	}
	return n.one("REINDEX TABLE CONCURRENTLY "+table, "CREATE DATABASE k", "ALTER SYSTEM SET work_mem = '8MB'",
		"ALTER TABLE "+table+" DETACH PARTITION "+n.child(table)+" CONCURRENTLY",
		"DROP INDEX CONCURRENTLY "+n.one(n.indexes...))
}

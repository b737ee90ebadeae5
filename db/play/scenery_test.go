package play_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// scenery draws the statements that make a schema: trees of partitions, tables
// that inherit, foreign keys between them, views, policies, triggers, functions,
// types and domains. Those that the server refuses are left out by whoever runs
// them.
func scenery(t *rapid.T) []string {
	s := &stage{t: t}
	s.say(`CREATE TYPE mood AS ENUM ('x', 'y')`, `CREATE TYPE pair AS (id int, a bigint, b text)`,
		`CREATE DOMAIN pos AS int`+s.maybe(` CHECK (VALUE > 0)`),
		`CREATE DOMAIN pos2 AS pos`, `CREATE SEQUENCE s1`, `CREATE SCHEMA other`,
		`CREATE FUNCTION f1(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT $1 > 0$$`,
		`CREATE FUNCTION f2() RETURNS int LANGUAGE plpgsql AS $$BEGIN RETURN 1; END$$`,
		`CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$`)
	for i := range s.number(2, 5) {
		s.table(fmt.Sprintf("t%d", i))
	}
	for range s.number(3, 10) {
		s.extra()
	}
	return s.made
}

// stage is a schema in the making: what can be named.
type stage struct {
	t      *rapid.T
	made   []string
	tables []string // plain and partitioned tables, views
	leaves []string
	count  int
}

func (s *stage) say(all ...string) { s.made = append(s.made, all...) }

func (s *stage) number(from, to int) int { return rapid.IntRange(from, to).Draw(s.t, "n") }

func (s *stage) one(all ...string) string { return rapid.SampledFrom(all).Draw(s.t, "one") }

func (s *stage) maybe(text string) string { return s.one("", text) }

func (s *stage) name(prefix string) string {
	s.count++
	return fmt.Sprintf("%s%d", prefix, s.count)
}

// columns are those of a table, the first two always there.
func (s *stage) columns(references []string) string {
	all := []string{"id int" + s.one("", " NOT NULL"), "a int" + s.one("", " NOT NULL", " DEFAULT 1")}
	for _, c := range []string{"b text", "c varchar(20)", "d timestamp", "m mood", "p pos2", "n numeric(10,2)",
		"v int DEFAULT f2()", "q int DEFAULT nextval('s1')",
		"g int GENERATED ALWAYS AS (a + 1) STORED", "k serial", "o bigint GENERATED ALWAYS AS IDENTITY", "w pair"} {
		if s.number(0, 3) == 0 {
			all = append(all, c)
		}
	}
	if len(references) > 0 && s.number(0, 1) == 0 {
		all = append(all, "r int REFERENCES "+s.one(references...)+" (id)"+s.action())
	}
	if s.number(0, 3) == 0 {
		all = append(all, "CHECK (f1(a))")
	}
	return strings.Join(all, ", ")
}

func (s *stage) action() string {
	return s.one("", "", " ON DELETE CASCADE", " ON DELETE SET NULL", " ON UPDATE CASCADE ON DELETE CASCADE",
		" DEFERRABLE")
}

func (s *stage) table(name string) {
	key := s.one(", PRIMARY KEY (id)", ", UNIQUE (id)", "", ", PRIMARY KEY (id)")
	switch s.number(0, 5) {
	case 0, 1:
		s.say(fmt.Sprintf("CREATE %sTABLE %s (%s%s)", s.one("", "", "", "UNLOGGED "), name, s.columns(s.tables), key))
	case 2:
		s.say(fmt.Sprintf("CREATE TABLE %s (%s%s)", name, s.columns(s.tables), key))
		for range s.number(1, 3) {
			s.heir(name)
		}
	case 3:
		s.say(fmt.Sprintf("CREATE TABLE %s OF pair", name), fmt.Sprintf("ALTER TABLE %s ADD UNIQUE (id)", name))
	default:
		by := s.one("LIST", "RANGE")
		s.say(fmt.Sprintf("CREATE TABLE %s (%s%s) PARTITION BY %s (id)", name, s.columns(s.tables), key, by))
		s.partitions(name, by, 0)
	}
	s.tables = append(s.tables, name)
	s.say(fmt.Sprintf("INSERT INTO %s (id, a) VALUES (1, 1), (5, 2)", name))
}

func (s *stage) heir(parent string) {
	name := s.name("h")
	s.say(fmt.Sprintf("CREATE TABLE %s (%s) INHERITS (%s)", name,
		s.one("", "a int", "extra int, CHECK (extra > 0)", "id int, a int"), parent))
	s.tables = append(s.tables, name)
	s.say(fmt.Sprintf("INSERT INTO %s (id, a) VALUES (7, 1)", name))
	if s.number(0, 2) == 0 {
		s.heir(name)
	}
}

func (s *stage) partitions(parent, by string, depth int) {
	bounds := []string{"FOR VALUES IN (1, 2)", "FOR VALUES IN (5)"}
	if by == "RANGE" {
		bounds = []string{"FOR VALUES FROM (1) TO (3)", "FOR VALUES FROM (3) TO (9)"}
	}
	for _, bound := range append(bounds, "DEFAULT") {
		if bound == "DEFAULT" && s.number(0, 2) > 0 {
			continue
		}
		name := s.name("p")
		sub := ""
		if depth < 2 && s.number(0, 2) == 0 {
			sub = s.one("LIST", "RANGE")
		}
		switch {
		case sub != "":
			s.say(fmt.Sprintf("CREATE TABLE %s PARTITION OF %s %s PARTITION BY %s (id)", name, parent, bound, sub))
			s.partitions(name, sub, depth+1)
		case s.number(0, 3) == 0: // made apart, with keys and a foreign key of its own
			s.say(fmt.Sprintf("CREATE TABLE %s (LIKE %s%s)", name, parent, s.maybe(" INCLUDING ALL")))
			if len(s.tables) > 0 {
				s.say(fmt.Sprintf("ALTER TABLE %s ADD FOREIGN KEY (a) REFERENCES %s (id)%s", name, s.one(s.tables...),
					s.action()))
			}
			s.say(fmt.Sprintf("ALTER TABLE %s ATTACH PARTITION %s %s", parent, name, bound))
		default:
			s.say(fmt.Sprintf("CREATE TABLE %s PARTITION OF %s %s", name, parent, bound))
		}
		s.tables, s.leaves = append(s.tables, name), append(s.leaves, name)
	}
}

// extra adds one more thing to what is there.
func (s *stage) extra() {
	on := s.one(s.tables...)
	other := s.one(s.tables...)
	name := s.name("x")
	switch s.number(0, 13) {
	case 0:
		s.say(fmt.Sprintf("CREATE %sINDEX %s ON %s%s (%s)%s", s.maybe("UNIQUE "), name, s.one("", "", "ONLY "), on,
			s.one("id", "a", "a, id", "b", "f1(a)", "d"), s.one("", "", " WHERE a > 0")))
	case 1, 2:
		s.say(fmt.Sprintf("CREATE VIEW %s AS SELECT %s FROM %s", name, s.one("*", "id, a", "id, f1(a) AS f"), on))
		s.tables = append(s.tables, name)
	case 3:
		s.say(fmt.Sprintf("CREATE MATERIALIZED VIEW %s AS SELECT id, a FROM %s", name, on),
			fmt.Sprintf("CREATE UNIQUE INDEX ON %s (id, a)", name))
	case 4:
		s.say(fmt.Sprintf("CREATE TRIGGER %s AFTER %s ON %s FOR EACH %s EXECUTE FUNCTION tf()", name,
			s.one("INSERT", "UPDATE OF a", "DELETE"), on, s.one("ROW", "STATEMENT")))
	case 5:
		s.say(fmt.Sprintf("CREATE POLICY %s ON %s USING (%s)", name, on,
			s.one("a > 0", "f1(a)", "a IN (SELECT o.id FROM "+other+" o)")))
	case 6:
		s.say(fmt.Sprintf("ALTER TABLE %s ADD FOREIGN KEY (a) REFERENCES %s (id)%s%s", on, other, s.action(),
			s.maybe(" NOT VALID")))
	case 7:
		s.say(fmt.Sprintf("ALTER TABLE %s ADD CHECK (%s)%s", on, s.one("a > 0", "f1(a)", "a IS NOT NULL"),
			s.one("", " NOT VALID", " NO INHERIT")))
	case 8:
		s.say(fmt.Sprintf("CREATE STATISTICS %s ON id, a FROM %s", name, on))
	case 9:
		s.say(fmt.Sprintf("CREATE PUBLICATION %s FOR %s", name,
			s.one("TABLE "+on, "TABLES IN SCHEMA public", "TABLE "+on+", "+other)))
	case 10:
		s.say(fmt.Sprintf("CREATE FUNCTION %s(%s) RETURNS int LANGUAGE sql%s", name, s.one("pair", on, "mood", "int"),
			s.one(" AS $$SELECT 1$$", fmt.Sprintf(" BEGIN ATOMIC SELECT a FROM %s; END", on))))
	case 11:
		s.say(fmt.Sprintf("CREATE RULE %s AS ON UPDATE TO %s DO ALSO UPDATE %s SET a = 1", name, on, other))
	case 12:
		s.say(fmt.Sprintf("ALTER TABLE %s %s", on,
			s.one("ENABLE ROW LEVEL SECURITY", "REPLICA IDENTITY FULL", "CLUSTER ON "+on+"_pkey",
				"ADD CONSTRAINT "+name+" UNIQUE (id, a)", "DETACH PARTITION "+other)))
	default:
		s.say(fmt.Sprintf("CREATE TABLE %s (x %s)", name, s.one(on, "pos", "pos2[]", "mood[]", "pair")))
	}
}

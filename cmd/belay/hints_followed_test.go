package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"belay/db/dbtest"
	"belay/db/scratch"
)

// situation is a state of a server in which a hint with SQL is printed, and what is
// different once the SQL was run as the hint has it.
type situation struct {
	name string
	// made are SQL of a superuser, one by one; an error is part of the situation. $LOGIN
	// and $OWNER are roles, $DB the database.
	made []string
	// as is true where $LOGIN calls belay and no superuser; dsn where its DSN asks for a role.
	as, dsn bool
	toml    string
	files   map[string]string
	args    []string
	// hint finds the SQL in what is printed, as its first group. sql stands for it where
	// the hint names what to give without spelling it.
	hint, sql string
	// ends is the exit code with the hint, then that of the same command once it was
	// followed; the hint is gone then, unless stays.
	ends, then int
	stays      bool
	// rows is what the hint's query must find at least; 0 = it is no query.
	rows int
	from int // the first version of the server that has it; 0 = any
}

const (
	historyMade = `CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)`
	historyAt1  = `INSERT INTO schema_migrations VALUES (1, false)`
	tableOfOdd  = `CREATE TABLE "Odd T" (id int, "a b" int); INSERT INTO "Odd T" VALUES (1, 1), (1, 1)`
	ownTable    = `CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t SELECT g FROM generate_series(1, 20) g`
)

var (
	lookOnly = []string{"run", "--answers", "unanswered.toml", "--output", "json"}
	fillT    = []string{
		"backfill", "--table", "public.t", "--set", "a = 'x'", "--where", "a IS NULL", "--answers", "a.toml",
		"--output", "json",
	}
)

var situations = []situation{
	{
		name: "the history table may not be read", as: true, args: []string{"status"}, ends: 1,
		hint: `(GRANT SELECT ON TABLE .*)`, made: []string{historyMade, historyAt1},
	},
	{name: "nor its schema", as: true, args: []string{"status"}, toml: "history_table = \"kept.done\"\n", ends: 1,
		hint: `(GRANT USAGE ON SCHEMA .*)`,
		made: []string{
			"CREATE SCHEMA kept", strings.Replace(historyMade, "schema_migrations", "kept.done", 1),
			"GRANT SELECT ON kept.done TO $LOGIN",
		}},
	{name: "the database may not be connected to", as: true, args: []string{"status"}, ends: 1,
		hint: `(GRANT CONNECT ON DATABASE "[^"]+" TO "[^"]+")`,
		made: []string{
			"REVOKE CONNECT ON DATABASE $DB FROM PUBLIC", historyMade, "GRANT SELECT ON schema_migrations TO $LOGIN",
		}},
	{name: "an INVALID index of an odd name",
		made: []string{
			historyMade, historyAt1, tableOfOdd, `CREATE UNIQUE INDEX CONCURRENTLY "Bad ix" ON "Odd T" (id)`,
		},
		args: lookOnly, hint: `(DROP INDEX CONCURRENTLY "public"\."Bad ix")`, ends: 4, then: 4},
	{name: "a partition half detached", from: 14, args: lookOnly, ends: 4, then: 4,
		hint: `(ALTER TABLE "public"\."Log s" DETACH PARTITION "public"\."Log 1" FINALIZE)`,
		made: []string{historyMade, historyAt1, `CREATE TABLE "Log s" (id int) PARTITION BY RANGE (id)`,
			`CREATE TABLE "Log 1" PARTITION OF "Log s" FOR VALUES FROM (0) TO (9)`,
			"hold:SELECT count(*) FROM \"Log s\"", `cancel:ALTER TABLE "Log s" DETACH PARTITION "Log 1" CONCURRENTLY`,
			"release"}},
	{name: "a prepared transaction", args: lookOnly, ends: 4, then: 4,
		hint: `COMMIT PREPARED 'it''s mine 1' or (ROLLBACK PREPARED 'it''s mine 1')`,
		made: []string{historyMade, historyAt1, ownTable, `BEGIN; LOCK TABLE t; PREPARE TRANSACTION 'it''s mine 1'`}},
	{name: "a slot without a consumer", args: lookOnly, ends: 4, then: 4,
		hint: `where nobody needs it: (SELECT pg_drop_replication_slot\('left_over'\))`,
		made: []string{historyMade, historyAt1, `SELECT pg_create_physical_replication_slot('left_over', true)`}},
	{name: "duplicates in the way of an index", args: lookOnly, ends: 4, then: 4, stays: true, rows: 1,
		hint: `clear them first: (SELECT .*?) counts them`,
		made: []string{
			historyMade, historyAt1, ownTable, `INSERT INTO t SELECT g + 20, 'twice' FROM generate_series(1, 2) g`,
		},
		files: map[string]string{"migrations/000002_next.up.sql": "CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a);\n"}},
	{name: "rows in the way of a NOT NULL", args: lookOnly, ends: 4, then: 4, stays: true, rows: 1,
		hint:  `fill these rows first: belay backfill [^;]*; (SELECT .*?) counts them`,
		made:  []string{historyMade, historyAt1, ownTable},
		files: map[string]string{"migrations/000002_next.up.sql": "ALTER TABLE t ALTER COLUMN a SET NOT NULL;\n"}},

	{name: "a role of the DSN that the login has not", as: true, dsn: true, args: []string{"status"}, ends: 1,
		hint: `GRANT the role that the connection asks for to "login_\d+"`, sql: "GRANT $OWNER TO $LOGIN",
		made: []string{historyMade, "GRANT SELECT ON schema_migrations TO $OWNER"}},
	{name: "a role of belay.toml that is not there", as: true, args: []string{"run", "--answers", "a.toml"}, ends: 1,
		hint: `(CREATE ROLE "nobody_there_\d+")`,
		toml: "[target.prod]\nenvironment = \"production\"\nrole = \"nobody_there_$N\"\n",
		made: []string{historyMade, "GRANT SELECT ON schema_migrations TO $LOGIN"}, then: 1},

	{name: "what doctor says of a role that the login may not take", as: true, args: []string{"doctor"}, ends: 1,
		then: 1, hint: `(GRANT "owner_\d+" TO "login_\d+")`,
		toml: "[target.prod]\nenvironment = \"production\"\nrole = \"$OWNER\"\n"},
	{
		name: "sessions that do not show what they do", as: true, args: []string{"doctor"}, ends: 1, then: 1,
		hint: `(GRANT pg_read_all_stats TO "login_\d+")`, made: []string{"hold:SELECT 1"},
	},
	{
		name: "a ledger of others", as: true, args: []string{"doctor"}, ends: 1, then: 1,
		hint: `(GRANT [A-Z]+ ON (?:SCHEMA belay|TABLE belay\.[a-z_]+) TO "login_\d+")`, made: []string{"ledger"},
	},
	{
		name: "a setting of the role", as: true, args: []string{"doctor"}, ends: 1, then: 1,
		hint: `where it is not meant: (ALTER ROLE .*)`,
		made: []string{"ALTER ROLE $LOGIN SET transform_null_equals = on"},
	},
	{
		name: "a setting of the database", as: true, args: []string{"doctor"}, ends: 1, then: 1,
		hint: `where it is not meant: (ALTER DATABASE .*)`,
		made: []string{"ALTER DATABASE $DB SET bytea_output = 'escape'"},
	},
	{name: "a setting of the role in the database", as: true, args: []string{"doctor"}, ends: 1, then: 1,
		hint: `where it is not meant: (ALTER ROLE .* IN DATABASE .*)`,
		made: []string{"ALTER ROLE $LOGIN IN DATABASE $DB SET transform_null_equals = on"}},

	{name: "a backfill without the right", as: true, args: fillT, ends: 1,
		hint: `for the table itself: (GRANT SELECT, UPDATE ON .*? TO "login_\d+")`,
		made: []string{ownTable, "GRANT SELECT ON t TO $LOGIN", "GRANT CREATE ON DATABASE $DB TO $LOGIN"}},
	{name: "a backfill under a rule", args: fillT, ends: 1,
		hint: `for everybody: (ALTER TABLE .*? DISABLE RULE "no t")`,
		made: []string{ownTable, `CREATE RULE "no t" AS ON UPDATE TO t DO INSTEAD NOTHING`}},
	{name: "a backfill under a trigger", args: append(fillT[:len(fillT):len(fillT)], "--batch-time", "10ms"),
		hint: `is stopped by (ALTER TABLE .*? DISABLE TRIGGER "Tr t")`,
		made: []string{ownTable, `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
			`CREATE TRIGGER "Tr t" BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()`}},
	{name: "a backfill that a publication refuses", args: fillT, ends: 1,
		hint: `(ALTER TABLE \S+ REPLICA IDENTITY DEFAULT) where it has`,
		made: []string{ownTable, "ALTER TABLE t REPLICA IDENTITY NOTHING", "CREATE PUBLICATION p FOR TABLE t"}},
}

// shortSituations is how many a plain go test plays.
const shortSituations = 4

// TestHintsHelp brings a server into each situation in which belay advises SQL, takes
// the SQL from what belay prints, runs it, and gives the same command again.
func TestHintsHelp(t *testing.T) {
	t.Parallel()
	played := situations
	if !dbtest.Long() {
		played = situations[:shortSituations]
	}
	cluster := dbtest.NewCluster(t, scratch.Options{
		Settings: map[string]string{"max_prepared_transactions": "4", "wal_level": "logical"},
	})
	t.Logf("%d of %d situations", len(played), len(situations))
	for n, s := range played {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.play(t, dbtest.In(t, cluster, "hint_"+string(rune('a'+n))))
		})
	}
}

func (s situation) play(t *testing.T, d *dbtest.DB) {
	p := newPersonAt(t, d, map[string]string{
		"migrations/000001_base.up.sql": "SELECT 1;\n", "migrations/000002_next.up.sql": "SELECT 2;\n",
		"a.toml":          loginAnswers + "backfill.trigger = \"no\"\n",
		"unanswered.toml": "target.environment = \"staging\"\n",
	})
	if major := dbtest.QueryVal[int](t, d,
		"SELECT current_setting('server_version_num')::int / 10000"); major < s.from {
		return
	}
	owner, _ := d.Role(t, "owner", "")
	login, dsn := d.Role(t, "login", "")
	fill := strings.NewReplacer("$OWNER", owner, "$LOGIN", login, "$DB", d.Name, "$N",
		strings.TrimPrefix(login, "login_")).Replace
	if s.as {
		p.env["DATABASE_URL"] = dsn
	}
	if s.dsn {
		p.env["DATABASE_URL"] += fill("&options=-c%20role%3D$OWNER")
	}
	p.write(s.files)
	if s.toml != "" {
		p.write(map[string]string{"belay.toml": fill(s.toml)})
	}
	s.make(p, fill)
	before := wants(t, p, s.ends, s.args...)
	found := s.found(before)
	if len(found) == 0 {
		t.Fatalf("no hint like %s in:\n%v", s.hint, before)
	}
	for _, sql := range found {
		if s.sql != "" {
			sql = fill(s.sql)
		}
		t.Log(sql)
		if s.rows > 0 {
			if n := len(dbtest.QueryCol[string](t, d, "SELECT q::text FROM ("+sql+") q")); n < s.rows {
				t.Errorf("%s finds %d rows", sql, n)
			}
			continue
		}
		d.Exec(t, sql)
	}
	after := wants(t, p, s.then, s.args...)
	if again := s.found(after); len(again) > 0 != s.stays {
		t.Errorf("followed, and then the hints are %q:\n%v", again, after)
	}
}

// found is the SQL that the hints of a situation have.
func (s situation) found(said said) (all []string) {
	text := strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\u003e`, ">", `\u003c`, "<").Replace(said.out + said.err)
	for _, m := range regexp.MustCompile(s.hint).FindAllStringSubmatch(text, -1) {
		if sql := m[len(m)-1]; !slices.Contains(all, sql) {
			all = append(all, sql)
		}
	}
	return all
}

// make brings the server into the situation. Beside SQL there are hold:SQL, which is
// held in an open transaction, release, cancel:SQL, which waits for a lock and is
// cancelled there, and ledger, which is the schema that doctor prints.
func (s situation) make(p *person, fill func(string) string) {
	release := func() {}
	for _, sql := range s.made {
		held, isHeld := strings.CutPrefix(sql, "hold:")
		switch {
		case isHeld:
			_, release = p.db.Blocker(p.t, held)
		case sql == "release":
			release()
		case strings.HasPrefix(sql, "cancel:"):
			cancelled(p.t, p.db, strings.TrimPrefix(sql, "cancel:"))
		case sql == "ledger":
			p.db.Exec(p.t, "CREATE ROLE belay_run; CREATE ROLE belay_view")
			p.db.Exec(p.t, strings.ReplaceAll(wants(p.t, p, 0, "doctor", "--print-ledger").out, "\\", "-- \\"))
		default:
			attempt(p.t, p.db, fill(sql))
		}
	}
}

// attempt runs SQL that may fail: that is the situation.
func attempt(t *testing.T, d *dbtest.DB, sql string) {
	t.Helper()
	if _, err := d.Conn(t).Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Log(err)
	}
}

// cancelled runs SQL until it waits for a lock, and has the server cancel it there.
func cancelled(t *testing.T, d *dbtest.DB, sql string) {
	t.Helper()
	c, ended := d.Conn(t), make(chan error)
	go func() {
		_, err := c.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol)
		ended <- err
	}()
	d.WaitForLockWait(t, c.PgConn().PID())
	d.Exec(t, "SELECT pg_cancel_backend($1)", c.PgConn().PID())
	if err := <-ended; err == nil {
		t.Fatalf("%s was not cancelled", sql)
	}
}

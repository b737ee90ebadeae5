package main

import (
	"strings"
	"testing"

	"belay/db/dbtest"
)

// login is one kind of login as teams have them in production. $OWNER owns the
// tables, $LOGIN logs in, $DB is the database.
type login struct {
	name string
	// made are SQL of a superuser; dsn is added to the DSN, toml is the belay.toml.
	made, dsn, toml string
	// owns is who owns what the run makes.
	owns string
	// refused is a part of why nothing may run, hint of what is advised; "" = it runs.
	refused, hint string
	// helps carries the advice out: SQL, or with "toml:" another belay.toml.
	helps string
	// noLedger is true where the ledger is not the login's to make.
	noLedger bool
}

const setOwner = "[target.prod]\nenvironment = \"production\"\nrole = \"$OWNER\"\n"

var logins = []login{
	{
		name: "login with set role",
		made: "ALTER ROLE $LOGIN NOINHERIT; GRANT $OWNER TO $LOGIN; ALTER ROLE $LOGIN SET role = '$OWNER'",
		owns: "$OWNER",
	},
	{
		name: "role of belay.toml, NOINHERIT", made: "ALTER ROLE $LOGIN NOINHERIT; GRANT $OWNER TO $LOGIN",
		toml: setOwner, owns: "$OWNER", noLedger: true,
	},
	{name: "CONNECTION LIMIT 1", made: "GRANT $OWNER TO $LOGIN; ALTER ROLE $LOGIN CONNECTION LIMIT 1", owns: "$LOGIN",
		refused: "may have 1 connection (rolconnlimit): a run needs three",
		hint:    `ALTER ROLE "$LOGIN" CONNECTION LIMIT 3`, helps: `ALTER ROLE "$LOGIN" CONNECTION LIMIT 3`},
	{name: "member, NOINHERIT", made: "ALTER ROLE $LOGIN NOINHERIT; GRANT $OWNER TO $LOGIN", owns: "$OWNER",
		noLedger: true,
		refused:  "lacks ownership on public.t", hint: `set role = "$OWNER" for the target in belay.toml`,
		helps: "toml:" + setOwner},
	{name: "table of a superuser", made: "ALTER TABLE t OWNER TO postgres; GRANT CREATE ON SCHEMA public TO $LOGIN",
		owns: "$LOGIN", noLedger: true,
		refused: "lacks ownership on public.t", hint: `ALTER TABLE "public"."t" OWNER TO "$LOGIN"`,
		helps: `ALTER TABLE "public"."t" OWNER TO "$LOGIN"`},

	{name: "superuser", made: "ALTER ROLE $LOGIN SUPERUSER", owns: "$LOGIN"},
	{
		name: "owner",
		made: "ALTER TABLE t OWNER TO $LOGIN; GRANT CREATE ON SCHEMA public TO $LOGIN; GRANT CREATE ON DATABASE $DB " +
			"TO $LOGIN", owns: "$LOGIN",
	},
	{name: "member, INHERIT", made: "GRANT $OWNER TO $LOGIN", owns: "$LOGIN"},
	{
		name: "set role in the database",
		made: "ALTER ROLE $LOGIN NOINHERIT; GRANT $OWNER TO $LOGIN; ALTER ROLE $LOGIN IN DATABASE $DB SET role = " +
			"'$OWNER'", owns: "$OWNER",
	},
	{
		name: "set role by options", made: "ALTER ROLE $LOGIN NOINHERIT; GRANT $OWNER TO $LOGIN",
		dsn: "&options=-c%20role%3D$OWNER", owns: "$OWNER",
	},
	{
		name: "role as a parameter", made: "ALTER ROLE $LOGIN NOINHERIT; GRANT $OWNER TO $LOGIN", dsn: "&role=$OWNER",
		owns: "$OWNER",
	},
	{
		name: "set role and pg_monitor",
		made: "ALTER ROLE $LOGIN NOINHERIT; GRANT $OWNER, pg_monitor TO $LOGIN; ALTER ROLE $LOGIN SET role = '$OWNER'",
		owns: "$OWNER",
	},
	{name: "role of belay.toml, INHERIT", made: "GRANT $OWNER TO $LOGIN", toml: setOwner, owns: "$OWNER"},
	{name: "role of belay.toml, no member", toml: setOwner, owns: "$OWNER", noLedger: true,
		refused: "role $LOGIN lacks SET ROLE on role $OWNER", hint: `GRANT "$OWNER" TO "$LOGIN"`,
		helps: `ALTER ROLE $LOGIN NOINHERIT; GRANT "$OWNER" TO "$LOGIN"`},
	{
		name: "set role and another in belay.toml",
		made: "CREATE ROLE $OWNER_x; GRANT $OWNER TO $LOGIN; GRANT $OWNER_x TO $LOGIN; ALTER ROLE $LOGIN SET role = " +
			"'$OWNER_x'", toml: setOwner, owns: "$OWNER", noLedger: true,
	},
	{
		name: "no member", owns: "$LOGIN", refused: "lacks ownership on public.t", hint: `GRANT "$OWNER" TO "$LOGIN"`,
		helps: `GRANT "$OWNER" TO "$LOGIN"`,
	},
	{name: "no member, NOINHERIT", made: "ALTER ROLE $LOGIN NOINHERIT", owns: "$OWNER", noLedger: true,
		refused: "lacks ownership on public.t", hint: `GRANT "$OWNER" TO "$LOGIN", and set role = "$OWNER"`,
		helps: "toml:" + setOwner + "sql:" + `GRANT "$OWNER" TO "$LOGIN"`},
	{name: "CONNECTION LIMIT 2", made: "GRANT $OWNER TO $LOGIN; ALTER ROLE $LOGIN CONNECTION LIMIT 2", owns: "$LOGIN",
		refused: "may have 2 connections (rolconnlimit): a run needs three",
		hint:    `ALTER ROLE "$LOGIN" CONNECTION LIMIT 3`, helps: `ALTER ROLE "$LOGIN" CONNECTION LIMIT 3`},
	{name: "CONNECTION LIMIT 3", made: "GRANT $OWNER TO $LOGIN; ALTER ROLE $LOGIN CONNECTION LIMIT 3", owns: "$LOGIN"},
	{name: "CONNECTION LIMIT of the database", made: "GRANT $OWNER TO $LOGIN; ALTER DATABASE $DB CONNECTION LIMIT 2",
		owns:    "$LOGIN",
		refused: "may have 2 connections (datconnlimit): a run needs three",
		hint:    `ALTER DATABASE "$DB" CONNECTION LIMIT 3`, helps: `ALTER DATABASE "$DB" CONNECTION LIMIT 3`},
	{
		name: "managed service's admin",
		made: "ALTER ROLE $LOGIN CREATEROLE CREATEDB; GRANT $OWNER TO $LOGIN WITH ADMIN OPTION; GRANT pg_monitor TO " +
			"$LOGIN", owns: "$LOGIN",
	},
	{name: "owner that makes roles",
		made: "ALTER ROLE $OWNER CREATEROLE; GRANT CREATE ON SCHEMA public TO $LOGIN; GRANT CREATE ON DATABASE $DB " +
			"TO $LOGIN", owns: "$LOGIN",
		refused: "lacks ownership on public.t", hint: `ALTER TABLE "public"."t" OWNER TO "$LOGIN"`,
		helps: `ALTER TABLE "public"."t" OWNER TO "$LOGIN"`},
}

// short is how many of logins a plain go test plays, each with its run alone; the
// others, and all commands, are in the long form.
const short = 2

const loginAnswers = `target.environment = "production"
run.confirm = "$DBNAME"
rollback.confirm = "$DBNAME"
history.create = "yes"
ledger.create = "yes"
backup.choice = "schema"
rehearse.choice = "none"
rehearse.waive = "test"
monitor.waive = "test"
smoke.waive = "test"
deploy.state = "everywhere"
review.accept.drop-column = "test"
`

// TestLogins plays every command as each kind of login: right, or refused before
// anything has changed, with a reason and with advice that helps.
// Cases: connection_limit_message, login_with_set_role, target_role_noinherit_verify.
func TestLogins(t *testing.T) {
	kinds := logins
	if !dbtest.Long() {
		kinds = logins[:short]
	}
	for _, l := range kinds {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			l.play(t)
		})
	}
}

func (l login) play(t *testing.T) {
	p := newPerson(t, nil)
	owner, _ := p.db.Role(t, "owner", "")
	name, dsn := p.db.Role(t, "login", "")
	fill := strings.NewReplacer("$OWNER", owner, "$LOGIN", name, "$DB", p.db.Name).Replace
	p.db.Exec(t,
		fill(`CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t SELECT g FROM generate_series(1, 100) g; ALTER TABLE t OWNER TO $OWNER;
		GRANT USAGE, CREATE ON SCHEMA public TO $OWNER; GRANT CREATE ON DATABASE $DB TO $OWNER`))
	if strings.Contains(l.made, "$OWNER_x") {
		t.Cleanup(func() { p.db.Exec(t, fill("DROP OWNED BY $OWNER_x; DROP ROLE $OWNER_x")) })
	}
	p.db.Exec(t, fill(l.made))
	p.env["DATABASE_URL"] = dsn + fill(l.dsn)
	p.write(map[string]string{
		"migrations/000001_a.up.sql":   "ALTER TABLE t ADD COLUMN x int;\nCREATE TABLE n (id int PRIMARY KEY);\n",
		"migrations/000001_a.down.sql": "DROP TABLE n;\nALTER TABLE t DROP COLUMN x;\n",
		"a.toml":                       loginAnswers,
	})
	if l.toml != "" {
		p.write(map[string]string{"belay.toml": fill(l.toml)})
	}
	if dbtest.Long() {
		l.looks(t, p)
	}
	if l.refused != "" {
		l.stops(t, p, fill)
		l.follow(p, fill)
	}
	l.runs(t, p, fill)
}

// wants calls belay and compares the exit code.
func wants(t *testing.T, p *person, code int, args ...string) said {
	t.Helper()
	s := p.belay(args...)
	if s.code != code {
		t.Errorf("belay %s: %v, want exit %d", strings.Join(args, " "), s, code)
	}
	return s
}

// looks are the commands that any login may call.
func (l login) looks(t *testing.T, p *person) {
	for _, args := range [][]string{{"watch", "--once"}, {"script"}, {"backfill", "--list"}} {
		wants(t, p, 0, args...)
	}
	if l.refused == "" {
		for _, command := range []string{"status", "review", "doctor"} {
			wants(t, p, 0, command)
		}
	} else {
		// The review may foretell what the login's role is refused.
		wants(t, p, 1, "status")
		if s := p.belay("review"); s.code != 0 && s.code != 3 {
			t.Errorf("belay review: %v", s)
		}
	}
	wants(t, p, 1, "stop")
	wants(t, p, 1, "attach")
}

// stops wants each command that would change something refused for the reason.
func (l login) stops(t *testing.T, p *person, fill func(string) string) {
	before := dbtest.QueryVal[string](t, p.db, made)
	commands := [][]string{{"run", "--answers", "a.toml"}}
	if dbtest.Long() {
		commands = append(commands, []string{"rehearse", "--answers", "a.toml"})
	}
	for _, args := range commands {
		s := wants(t, p, 1, args...)
		if all := s.out + s.err; !strings.Contains(all, fill(l.refused)) || !strings.Contains(all, fill(l.hint)) {
			t.Errorf("belay %s says %v, want %q and %q", args[0], s, fill(l.refused), fill(l.hint))
		}
	}
	if dbtest.Long() {
		wants(t, p, 1, fillBackfill...)
	}
	if now := dbtest.QueryVal[string](t, p.db, made); now != before {
		t.Errorf("refused, and yet %s became %s", before, now)
	}
}

// follow does what the hint advises.
func (l login) follow(p *person, fill func(string) string) {
	toml, isTOML := strings.CutPrefix(l.helps, "toml:")
	toml, sql, _ := strings.Cut(toml, "sql:")
	if !isTOML {
		toml, sql = "", l.helps
	}
	if toml != "" {
		p.write(map[string]string{"belay.toml": fill(toml)})
	}
	if sql != "" {
		p.db.Exec(p.t, fill(sql))
	}
}

var fillBackfill = []string{
	"backfill", "--table", "public.t", "--set", "a = 'x'", "--where", "a IS NULL", "--answers", "a.toml",
}

// made are the columns and tables that are there, with their owners.
const made = `SELECT string_agg(c.relname || ' ' || pg_get_userbyid(c.relowner) || ' ' || c.relnatts, ', ' ORDER BY c.relname) FROM pg_class c
	WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace`

// runs wants everything to go: the run, the next one, the proof, the way back.
func (l login) runs(t *testing.T, p *person, fill func(string) string) {
	wants(t, p, 0, "run", "--answers", "a.toml")
	owners := dbtest.QueryCol[string](t, p.db,
		`SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE relname IN ('n', 'schema_migrations')`)
	if want := fill(l.owns); len(owners) != 2 || owners[0] != want || owners[1] != want {
		t.Errorf("the new tables belong to %v, want %s", owners, want)
	}
	if s := wants(t, p, 0, "status"); !strings.Contains(s.out, "1 applied, 0 pending") {
		t.Errorf("status: %v", s)
	}
	p.write(map[string]string{
		"migrations/000002_b.up.sql":   "ALTER TABLE n ADD COLUMN y int;\n",
		"migrations/000002_b.down.sql": "ALTER TABLE n DROP COLUMN y;\n",
	})
	wants(t, p, 0, "run", "--answers", "a.toml")
	if !dbtest.Long() {
		return
	}
	wants(t, p, 0, "report")
	wants(t, p, 0, "rollback", "--answers", "a.toml")
	if l.noLedger {
		wants(t, p, 1, fillBackfill...)
		return
	}
	wants(t, p, 0, fillBackfill...)
	if n := p.db.Count(t, "t WHERE a = 'x'"); n != 100 {
		t.Errorf("%d of 100 rows are filled", n)
	}
	wants(t, p, 0, "backfill", "--list")
}

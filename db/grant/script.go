package grant

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"belay/db"
	"belay/db/ledger"
	"belay/sqlview/parse"
	"belay/sqlview/visible"
)

// quote writes a name so that the script can be printed anywhere.
func quote(name string) string {
	quoted := pgx.Identifier{name}.Sanitize()
	if escaped, problem := parse.Escaped(quoted); problem == nil {
		return escaped
	}
	return quoted
}

func quoted(names []string) string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = quote(n)
	}
	return strings.Join(all, ", ")
}

// Script is the SQL for the DBA, to run as a superuser in the database. It may be
// run again. The logins have no password until somebody gives them one.
func (f Facts) Script() string {
	head, s := &script{}, &script{}
	head.say("belay: a role for each task, for database %s on PostgreSQL %d. Run it there as a superuser; it may be "+
		"run again.", f.Database, f.Major)
	head.say("Then give the logins a password (\\password %s), and set role = %q for the target in belay.toml.", Run,
		f.owner())
	f.run(s)
	f.view(s)
	f.dump(s)
	f.smoke(s)
	f.ledger(s)
	return head.String() + db.Script(s.String())
}

type script struct{ strings.Builder }

// say writes a remark; no name in it can end its line.
func (s *script) say(format string, args ...any) {
	visible.Fprintf(s, "-- "+format+"\n", args...)
}

func (s *script) do(format string, args ...any) { fmt.Fprintf(s, format+";\n", args...) }

// create makes a role that is not there yet.
func (s *script) create(role, options string) {
	s.do("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) '%s') THEN "+
		"CREATE ROLE %s %s; END IF; END $$", role, role, options)
}

func (f Facts) owner() string {
	if len(f.Owners) == 0 {
		return ""
	}
	return f.Owners[0]
}

// common are the rights of every role that looks at the database.
func (f Facts) common(s *script, role string) {
	s.do("GRANT CONNECT ON DATABASE %s TO %s", quote(f.Database), role)
	if len(f.Schemas) > 0 {
		s.do("GRANT USAGE ON SCHEMA %s TO %s", quoted(f.Schemas), role)
	}
}

func (f Facts) run(s *script) {
	s.say("")
	s.say("%s runs the migrations. It inherits nothing of the owner's: %s stands in between, so that it", Run, Become)
	s.say("becomes the owner by SET ROLE for the length of a unit, and new objects belong to their neighbours' owner.")
	s.create(Run, "LOGIN")
	s.create(Become, "NOLOGIN NOINHERIT")
	s.do("GRANT %s TO %s", Become, Run)
	for _, o := range f.Owners {
		s.do("GRANT %s TO %s", quote(o), Become)
	}
	s.do("GRANT pg_read_all_stats, pg_read_all_settings TO %s", Run)
	f.common(s, Run)
	f.history(s, Run)
}

func (f Facts) history(s *script, role string) {
	if f.History == "" {
		s.say("the tool's history table is not there yet: after the first run, GRANT SELECT on it TO %s", role)
		return
	}
	s.do("GRANT SELECT ON TABLE %s TO %s", f.History, role)
}

func (f Facts) view(s *script) {
	s.say("")
	s.say("%s looks: review, estimate, status, watch. It reads no table but the history.", View)
	s.create(View, "LOGIN")
	s.do("GRANT pg_read_all_stats, pg_read_all_settings TO %s", View)
	f.common(s, View)
	f.history(s, View)
}

func (f Facts) dump(s *script) {
	s.say("")
	s.say("%s reads every row, for pg_dump. %s takes it for a dump alone.", Dump, Run)
	s.create(Dump, "LOGIN")
	s.do("GRANT %s TO %s", Dump, Become)
	f.common(s, Dump)
	if f.RowSecurity {
		s.say("a table has row security: a dump without this would be refused")
		s.do("ALTER ROLE %s BYPASSRLS", Dump)
	}
	if f.Major >= 14 {
		s.do("GRANT pg_read_all_data TO %s", Dump)
		return
	}
	if len(f.Schemas) > 0 {
		s.do("GRANT SELECT ON ALL TABLES IN SCHEMA %s TO %s", quoted(f.Schemas), Dump)
		s.do("GRANT SELECT ON ALL SEQUENCES IN SCHEMA %s TO %s", quoted(f.Schemas), Dump)
	}
}

func (f Facts) smoke(s *script) {
	s.say("")
	s.say("%s reads what the SQL probes ask. Narrower: GRANT the application's own reading role TO %s instead.", Smoke,
		Smoke)
	s.create(Smoke, "LOGIN")
	s.do("GRANT %s TO %s", Smoke, Become)
	f.common(s, Smoke)
	if len(f.Schemas) > 0 {
		s.do("GRANT SELECT ON ALL TABLES IN SCHEMA %s TO %s", quoted(f.Schemas), Smoke)
	}
}

func (f Facts) ledger(s *script) {
	s.say("")
	if f.Ledger == 0 {
		s.say("The ledger (schema belay) is not there. To let belay make it where belay.toml says ledger = \"target\":")
		s.say("GRANT CREATE ON DATABASE %s TO %s;  or make it yourself: belay doctor --print-ledger", quote(f.Database),
			Run)
		return
	}
	s.WriteString(ledger.Grants(Run, View, f.Ledger))
}

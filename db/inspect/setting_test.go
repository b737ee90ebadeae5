package inspect_test

import (
	"fmt"
	"testing"

	"belay/db"
	"belay/db/dbtest"
	"belay/db/inspect"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

func TestSettingsThatChangeWhatStatementsMean(t *testing.T) {
	quote := func(s string) string { return pgx.Identifier{s}.Sanitize() }
	for _, c := range []struct {
		name  string
		setup func(role, database string) string
		dsn   string
		tool  []db.Setting
		want  func(role, database string) []string
	}{
		{name: "nothing"},
		{name: "role and database", setup: func(role, database string) string {
			return fmt.Sprintf(`ALTER ROLE %s SET transform_null_equals = on; ALTER DATABASE %s SET transform_null_equals = off;
				ALTER DATABASE %[2]s SET DateStyle = 'SQL, DMY'; ALTER ROLE %[1]s IN DATABASE %[2]s SET session_replication_role = replica;
				ALTER DATABASE %[2]s SET work_mem = '64kB'; ALTER ROLE %[1]s SET plpgsql.variable_conflict = use_column`, quote(role), quote(database))
		}, want: func(role, database string) []string {
			return []string{
				"DateStyle by database " + database + " undone by ALTER DATABASE " + database + " RESET DateStyle",
				"plpgsql.variable_conflict by role " + role + " undone by ALTER ROLE " + role +
					" RESET plpgsql.variable_conflict",
				"session_replication_role by role " + role + " in database " + database + " undone by ALTER ROLE " +
					role + " IN DATABASE " + database + " RESET session_replication_role, stop",
				"transform_null_equals by role " + role + " undone by ALTER ROLE " + role +
					" RESET transform_null_equals",
			}
		}},
		{name: "what the tool sets itself", setup: func(_, database string) string {
			return `ALTER DATABASE ` + quote(database) + ` SET DateStyle = 'SQL, DMY'`
		}, tool: []db.Setting{{Name: "DateStyle", Want: "ISO, MDY"}}},
		{name: "DSN", setup: func(_, database string) string {
			return `ALTER DATABASE ` + quote(database) + ` SET search_path = app`
		}, dsn: "&options=-c%20row_security%3Doff&search_path=other", want: func(string, string) []string {
			return []string{
				"row_security by the DSN or PGOPTIONS undone by ", "search_path by the DSN or PGOPTIONS undone by ",
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := dbtest.New(t)
			role, dsn := d.Role(t, "team", "")
			if c.setup != nil {
				d.Exec(t, c.setup(role, d.Name))
			}
			cfg, err := db.ParseConfig(dsn+c.dsn, "test")
			if err != nil {
				t.Fatal(err)
			}
			conn, err := db.Connect(bounded(t), cfg.WithTeam(c.tool), db.Session{Kind: db.Monitor})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			f, err := inspect.Preflight(bounded(t), conn, inspect.Scope{})
			if err != nil {
				t.Fatal(err)
			}
			var got, want []string
			for _, s := range f.Settings {
				line := s.Name + " by " + s.By + " undone by " + s.Undo
				if s.Stop {
					line += ", stop"
				}
				got = append(got, line)
				if s.Undo == "" {
					continue
				}
				d.Exec(t, s.Undo) // a hint that is followed helps
			}
			if c.want != nil {
				want = c.want(role, d.Name)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if c.dsn == "" {
				wantNoSettings(t, dsn)
			}
		})
	}
}

func wantNoSettings(t *testing.T, dsn string) {
	t.Helper()
	f, err := inspect.Preflight(bounded(t), monitor(t, dsn), inspect.Scope{})
	if err != nil || len(f.Settings) > 1 || len(f.Settings) == 1 && f.Settings[0].By[:8] != "database" {
		t.Errorf("left: %v, %v", f.Settings, err)
	}
}

package db_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"belay/db"
	"belay/db/dbtest"

	"github.com/jackc/pgx/v5"
)

// hostile are values that a role, a database or a DSN may give a session.
var hostile = map[string]string{
	"client_encoding": "LATIN1", "DateStyle": "SQL, DMY", "IntervalStyle": "iso_8601",
	"standard_conforming_strings": "off",
	"bytea_output":                "escape", "extra_float_digits": "-15", "search_path": "public, pg_catalog",
	"quote_all_identifiers": "on",
	"transform_null_equals": "on", "array_nulls": "off", "row_security": "on", "gin_fuzzy_search_limit": "1",
	"exit_on_error":  "on",
	"cpu_tuple_cost": "1000000", "enable_indexscan": "off", "enable_nestloop": "off", "work_mem": "64kB",
	"join_collapse_limit": "1", "geqo_threshold": "2",
	"plan_cache_mode": "force_generic_plan", "jit": "on", "client_min_messages": "debug2",
	"default_transaction_isolation": "serializable", "default_transaction_deferrable": "on",
}

func TestSessionsKeepToTheirOwnSettings(t *testing.T) {
	options := func(dsn string) string {
		var all []string
		for name, value := range hostile {
			all = append(all, "-c%20"+name+"%3D"+strings.NewReplacer(" ", `%5C%20`, ",", "%2C").Replace(value))
		}
		return dsn + "&options=" + strings.Join(all, "%20")
	}
	alter := func(t *testing.T, d *dbtest.DB, what string) {
		var all strings.Builder
		for name, value := range hostile {
			to := " TO '" + value + "'"
			if name == "search_path" {
				to = " TO " + value
			}
			all.WriteString("ALTER " + what + " SET " + name + to + ";")
		}
		d.Exec(t, all.String())
	}
	for name, give := range map[string]func(*testing.T, *dbtest.DB) (dsn string){
		"database": func(t *testing.T, d *dbtest.DB) string {
			alter(t, d, "DATABASE "+pgx.Identifier{d.Name}.Sanitize())
			return d.DSN
		},
		"role": func(t *testing.T, d *dbtest.DB) string {
			role, dsn := d.Role(t, "app", "")
			alter(t, d, "ROLE "+pgx.Identifier{role}.Sanitize())
			return dsn
		},
		"DSN": func(t *testing.T, d *dbtest.DB) string { return options(d.DSN) },
		"PGOPTIONS": func(t *testing.T, d *dbtest.DB) string {
			var all []string
			for name, value := range hostile {
				all = append(all, "-c "+name+"="+strings.ReplaceAll(value, " ", `\ `))
			}
			t.Setenv("PGOPTIONS", strings.Join(all, " "))
			return d.DSN
		},
	} {
		t.Run(name, func(t *testing.T) {
			dsn := give(t, dbtest.New(t))
			for _, kind := range []db.Kind{db.Executor, db.Monitor, db.Escape} {
				c := connect(t, dsn, db.Session{Kind: kind, Run: "7f3c9a21", Step: "run"})
				wantPinned(t, c)
				wantTeam(t, c)
				wantPinned(t, c) // what is lent ends with the transaction
			}
		})
	}
}

func wantPinned(t *testing.T, c *db.Conn) {
	t.Helper()
	for name, bad := range hostile {
		got := show(t, c, name)
		if got == bad && name != "row_security" || name == "row_security" && got != "off" {
			t.Errorf("%s: %s = %s", c.Session.Kind, name, got)
		}
	}
	if got := show(t, c, "search_path"); got != "pg_catalog, pg_temp" {
		t.Errorf("search_path = %s", got)
	}
}

// wantTeam looks that the team's own settings come back where its statements run.
func wantTeam(t *testing.T, c *db.Conn) {
	t.Helper()
	always := []string{"client_encoding", "exit_on_error", // and what only tunes
		"cpu_tuple_cost", "enable_indexscan", "enable_nestloop", "work_mem", "join_collapse_limit", "geqo_threshold",
		"plan_cache_mode"}
	err := c.AsTeam(bounded(t), pgx.ReadOnly, func(tx pgx.Tx) error {
		for name, want := range hostile {
			var got string
			if err := tx.QueryRow(bounded(t), "SELECT pg_catalog.current_setting($1)", name).Scan(&got); err != nil {
				return err
			}
			if ours := slices.Contains(always, name); ours != (strings.ReplaceAll(got, `"`, "") != want) {
				t.Errorf("%s: the team's %s = %s, given %s", c.Session.Kind, name, got, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func show(t *testing.T, c *db.Conn, name string) (value string) {
	t.Helper()
	if err := c.QueryRow(bounded(t), "SELECT pg_catalog.current_setting($1)", name).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestSchemasAreThoseOfTheTeam(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, "CREATE SCHEMA app")
	for path, want := range map[string]string{
		"public": "public", "app,public": "app public", "nowhere,app": "app", "nowhere": "", "": "",
	} {
		c := connect(t, d.DSN+"&search_path="+path, db.Session{Kind: db.Monitor})
		got, err := c.Schemas(bounded(t))
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: got %v, %v", path, got, err)
		}
	}
}

// A server that cannot give what belay relies on is not worked on.
func TestUnpinnedSessionIsRefused(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, `CREATE DATABASE mule TEMPLATE template0 ENCODING 'MULE_INTERNAL' LC_COLLATE 'C' LC_CTYPE 'C'`)
	t.Cleanup(func() { d.Exec(t, "DROP DATABASE mule") })
	_, err := db.Connect(bounded(t), config(t, strings.Replace(d.DSN, "/"+d.Name, "/mule", 1)), db.Session{
		Kind: db.Monitor,
	})
	var pin *db.PinError
	if !errors.As(err, &pin) || pin.Refused[0].Name != "client_encoding" {
		t.Fatalf("got %v", err)
	}
	message, hint := db.Explain(err)
	if !strings.Contains(message, "client_encoding") || hint == "" {
		t.Errorf("%s / %s", message, hint)
	}
}

// A role that is given no time at all is connected all the same: belay's sessions have
// limits of their own.
func TestHurriedSessionIsConnected(t *testing.T) {
	d := dbtest.New(t)
	names := dbtest.QueryCol[string](t, d,
		`SELECT name FROM pg_catalog.pg_settings WHERE context = 'user' AND name LIKE '%timeout' AND name <> 'tcp_user_timeout' ORDER BY name`)
	role, dsn := d.Role(t, "hurried", "")
	for _, name := range names {
		d.Exec(t, "ALTER ROLE "+pgx.Identifier{role}.Sanitize()+" SET "+name+" = 1")
	}
	for _, dsn := range []string{
		dsn, d.DSN + "&options=-cstatement_timeout%3D1%20-cidle_in_transaction_session_timeout%3D1",
	} {
		for range 5 {
			for _, kind := range []db.Kind{db.Executor, db.Monitor, db.Escape} {
				c := connect(t, dsn, db.Session{Kind: kind, Run: "7f3c9a21", Step: "run"})
				if got := show(t, c, "statement_timeout"); got == "1ms" {
					t.Errorf("%s: statement_timeout = %s", kind, got)
				}
			}
		}
	}
}

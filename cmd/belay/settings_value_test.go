package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"belay/db/dbtest"
)

// hostile is one value of one parameter that a session of a role may begin with.
type hostile struct {
	name, value string
	// list is true where the value is several, with commas.
	list bool
	// super is true where only a superuser may give it.
	super bool
}

func (h hostile) String() string { return fmt.Sprintf("%s = %q", h.name, h.value) }

// literal is the value as SET takes it.
func (h hostile) literal() string {
	parts := []string{h.value}
	if h.list {
		parts = strings.Split(h.value, ",")
	}
	for i, p := range parts {
		parts[i] = "'" + strings.ReplaceAll(strings.TrimSpace(p), "'", "''") + "'"
	}
	return strings.Join(parts, ", ")
}

// option is the value as options of a DSN and PGOPTIONS take it.
func (h hostile) option() string {
	return "-c " + h.name + "=" + strings.NewReplacer(`\`, `\\`, " ", `\ `).Replace(h.value)
}

// words are values of the parameters that take any text, besides "" and one that is
// none of its words.
var words = map[string][]string{
	"search_path":                {"nowhere", "pg_catalog", "pg_temp, public", "public, pg_catalog", "other, public"},
	"DateStyle":                  {"SQL, DMY", "German", "Postgres, YMD"},
	"TimeZone":                   {"Pacific/Kiritimati", "Europe/Dublin", "UTC+25"},
	"client_encoding":            {"LATIN1", "SQL_ASCII", "SJIS", "GB18030"},
	"default_text_search_config": {"simple", "pg_catalog.german"},
	"timezone_abbreviations":     {"India", "Australia"},
	"lc_messages":                {"C", "de_DE.UTF-8"},
	"lc_monetary":                {"C", "en_US.UTF-8"},
	"session_preload_libraries":  {"auto_explain", "nowhere"},
	"local_preload_libraries":    {"nowhere"},
	"backtrace_functions":        {"ExecutorRun"},
	"wal_consistency_checking":   {"all"},
	"log_line_prefix":            {"%m [%p] %a é"},
	"application_name":           {"belay/deadbeef/run", "psql"},
	"plpgsql.extra_errors":       {"all"},
	"plpgsql.extra_warnings":     {"all"},
	"default_tablespace":         {"pg_default"},
	"temp_tablespaces":           {"pg_default"},
	"role":                       {"bystander", "none"},
	"createrole_self_grant":      {"set, inherit"},
}

// lists are the parameters whose value is a list of names.
var lists = []string{
	"search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries",
	"unix_socket_directories", "shared_preload_libraries", "debug_io_direct", "synchronized_standby_slots",
	"createrole_self_grant",
}

// hostiles reads every parameter that a session may be given, with the values that
// differ most from what it has: the other word, each word, the ends of a range.
func hostiles(t *testing.T, d *dbtest.DB) [][]hostile {
	t.Helper()
	conn := d.Conn(t)
	if _, err := conn.Exec(t.Context(), "LOAD 'plpgsql'"); err != nil { // its parameters are known only then
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), `SELECT name, vartype, context, reset_val,
		coalesce(min_val, ''), coalesce(max_val, ''), coalesce(enumvals, '{}'), coalesce(unit, '') FROM pg_settings
		WHERE context IN ('user', 'superuser') ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	all := [][]hostile{valued("role", "", words["role"])} // which pg_settings leaves out
	_, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (struct{}, error) {
		var name, kind, context, now, least, most, unit string
		var enum []string
		if err := r.Scan(&name, &kind, &context, &now, &least, &most, &enum, &unit); err != nil {
			return struct{}{}, err
		}
		var values []string
		switch kind {
		case "bool":
			values = []string{"on", "off"}
		case "enum":
			values = enum
		case "integer", "real":
			values = []string{least, most}
			if unit == "ms" || unit == "s" {
				values = append(values, "1")
			}
		default:
			values = append([]string{"", `it's "é" \n`}, words[name]...)
		}
		values = slices.DeleteFunc(values, func(v string) bool { return v == now })
		all = append(all, valued(name, context, values))
		return struct{}{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func valued(name, context string, values []string) (all []hostile) {
	for _, v := range values {
		all = append(all, hostile{
			name: name, value: v, list: slices.Contains(lists, name), super: context == "superuser",
		})
	}
	return all
}

package shapes

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"belay/db/dbtest"
	"belay/db/scratch"
)

// TestLogOfAServer reads what a server wrote, in each of its formats: each statement that
// was sent is there, with how often and when last, and none of another database.
func TestLogOfAServer(t *testing.T) {
	for _, format := range []string{"stderr", "csvlog", "jsonlog"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			// The server runs as another user.
			dir, err := os.MkdirTemp("", "belay-log-")
			if err == nil {
				err = os.Chmod(dir, 0o777)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			bin, err := scratch.Find("")
			if err != nil {
				t.Skip(err)
			}
			if format == "jsonlog" && bin.Major < 15 {
				t.Skip("jsonlog is of 15 and later")
			}
			cluster := dbtest.NewCluster(t, scratch.Options{Settings: map[string]string{
				"log_directory": dir, "log_filename": "server.log", "log_file_mode": "0644",
				"log_line_prefix": "%m [%p] ", "lc_messages": "C",
				"session_preload_libraries": "auto_explain", "auto_explain.log_min_duration": "0",
			}})
			conn := dbtest.Connect(t, cluster.DSN(""))
			for _, sql := range []string{"logging_collector = on", "log_destination = " + format} {
				if _, err := conn.Exec(t.Context(), "ALTER SYSTEM SET "+sql); err != nil {
					t.Fatal(err)
				}
			}
			if err := cluster.Restart(t.Context(), scratch.Fast); err != nil {
				t.Fatal(err)
			}
			d := dbtest.In(t, cluster, "shop")
			before := time.Now().Add(-time.Minute)
			d.Exec(t, `CREATE TABLE users (id bigint PRIMARY KEY, email text, "Name" text)`)
			for i := range 3 {
				d.Exec(t, fmt.Sprintf("SELECT email\n FROM users -- \n WHERE id = %d AND \"Name\" <> 'it''s %d'", i, i))
				d.Exec(t, `UPDATE users SET email = $1 WHERE id = $2`, "a@example.com", i)
			}
			other := dbtest.In(t, cluster, "other")
			other.Exec(t, `CREATE TABLE elsewhere (id int)`)
			other.Exec(t, `SELECT id FROM elsewhere`)
			ends := map[string]string{"stderr": ".log", "csvlog": ".csv", "jsonlog": ".json"}
			name := filepath.Join(dir, "server"+ends[format])
			var all []Shape
			dbtest.WaitFor(t, "the log", func() bool {
				f, err := os.Open(name)
				if err != nil {
					return false
				}
				defer f.Close()
				if all, err = Log(f, "log", "shop"); err != nil {
					t.Fatal(err)
				}
				return len(all) > 1
			})
			for _, want := range []string{
				`SELECT email FROM users WHERE id = ? AND "Name" <> ?`, `UPDATE users SET email = $1 WHERE id = $2`,
			} {
				i := slices.IndexFunc(all, func(s Shape) bool { return s.withoutValues().SQL == want })
				if i < 0 {
					t.Errorf("%s is not there: %+v", want, all)
				} else if s := all[i]; s.Calls != 3 || !s.Last.After(before) {
					t.Errorf("%+v", s)
				}
			}
			elsewhere := func(s Shape) bool { return strings.Contains(s.SQL, "elsewhere") }
			if format != "stderr" && slices.ContainsFunc(all, elsewhere) {
				t.Error("a statement of another database is there")
			}
			if all, err = Of(t.Context(), all); err != nil || len(all) < 2 {
				t.Errorf("%d shapes, %v", len(all), err)
			}
		})
	}
}

// TestLogLines reads lines by hand: prefixes, durations, statements of more lines, and what
// is no statement.
func TestLogLines(t *testing.T) {
	const text = `2026-11-30 08:00:00.123 UTC [7] app@shop LOG:  statement: SELECT 1 FROM a
2026-11-30 08:00:01 UTC [7] LOG:  duration: 0.12 ms  parse <unnamed>: SELECT 2 FROM b
2026-11-30 08:00:01 UTC [7] LOG:  duration: 0.12 ms  execute <unnamed>: SELECT 2
	FROM b WHERE id = $1
2026-11-30 08:00:01 UTC [7] DETAIL:  parameters: $1 = 'x: LOG:  statement: SELECT 9'
2026-11-30 08:00:02 CEST [7] ERROR:  relation "c" does not exist
2026-11-30 08:00:02 CEST [7] LOG:  duration: 3.1 ms  plan:
	Query Text: SELECT 3
	FROM c;
	Query Parameters: $1 = '5'
	Seq Scan on c  (cost=0.00..1.00 rows=1 width=4)
LOG:  duration: 3.1 ms  plan:
	{
	  "Query Text": "SELECT 4 FROM \"d\"",
	  "Plan": {
LOG:  checkpoint starting: time
`
	all, err := Log(strings.NewReader(text), "server.log", "shop")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range all {
		got = append(got, s.Shown()+" | "+s.Sender())
	}
	want := []string{
		`SELECT 1 FROM a | server.log, 1 time, last 2026-11-30 08:00:00 UTC`,
		`SELECT 2 FROM b WHERE id = $1 | server.log, 1 time, last 2026-11-30 08:00:01 UTC`,
		`SELECT 3 FROM c; | server.log, 1 time`, `SELECT 4 FROM "d" | server.log, 1 time`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

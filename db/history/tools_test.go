package history_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/history"
	"belay/sqlview/migration"
)

// realTool is how a tool is called: one file forward, all forward, one back, and
// what it says of the folder.
type realTool struct {
	format string
	// variable names the program, else it is looked for in PATH as program.
	variable, program, install string
	// one, all and back are the arguments; {dir} and {dsn} are put in.
	one, all, back []string
	// alone is true where the tool cannot run one file: it is given a folder of one.
	alone bool
	// status are the arguments; behind belay's row its output must have said.
	status []string
	said   string
	// without is taken out of its sample, because the tool itself cannot run it.
	without string
}

var realTools = []realTool{
	{
		format: "goose", variable: "BELAY_TEST_GOOSE", program: "goose",
		install: "go install github.com/pressly/goose/v3/cmd/goose@v3.29.0",
		one:     []string{"-dir", "{dir}", "postgres", "{dsn}", "up-by-one"},
		all:     []string{"-dir", "{dir}", "postgres", "{dsn}", "up"},
		back:    []string{"-dir", "{dir}", "postgres", "{dsn}", "down"},
		status:  []string{"-dir", "{dir}", "postgres", "{dsn}", "status"},
		said:    "Pending                  -- 20240117101500_index_order_ref.sql",
	},
	{
		format: "tern", variable: "BELAY_TEST_TERN", program: "tern",
		install: "go install github.com/jackc/tern/v2@v2.3.4",
		one:     []string{"migrate", "-m", "{dir}", "--conn-string", "{dsn}", "-d", "+1"},
		all:     []string{"migrate", "-m", "{dir}", "--conn-string", "{dsn}"},
		back:    []string{"migrate", "-m", "{dir}", "--conn-string", "{dsn}", "-d", "-1"},
		status:  []string{"status", "-m", "{dir}", "--conn-string", "{dsn}"}, said: "version:  2 of 3",
	},
	{
		format: "dbmate", variable: "BELAY_TEST_DBMATE", program: "dbmate", install: "npm install dbmate@2.36.0",
		alone:  true,
		one:    []string{"--url", "{dsn}", "-d", "{dir}", "--no-dump-schema", "migrate"},
		all:    []string{"--url", "{dsn}", "-d", "{dir}", "--no-dump-schema", "migrate"},
		back:   []string{"--url", "{dsn}", "-d", "{dir}", "--no-dump-schema", "rollback"},
		status: []string{"--url", "{dsn}", "-d", "{dir}", "status"}, said: "Applied: 2",
	},
	{
		format: "node-pg-migrate", variable: "BELAY_TEST_NODE_PG_MIGRATE", program: "node-pg-migrate",
		install: "npm install node-pg-migrate@9.0.0 pg",
		// Its sample's third file cannot be run by the tool: CONCURRENTLY in a transaction.
		without: " CONCURRENTLY",
		one:     []string{"up", "1", "-m", "{dir}"}, all: []string{"up", "-m", "{dir}"},
		back: []string{"down", "1", "-m", "{dir}"},
	},
}

// What the tool writes, belay reads; what belay writes, the tool reads and goes
// on from. The tool applies the first file, belay the second, the tool the third;
// belay takes the third back, the tool the second.
func TestToolsGoOn(t *testing.T) {
	for _, tool := range realTools {
		t.Run(tool.format, func(t *testing.T) { tool.roundTrip(t) })
	}
}

func (r realTool) roundTrip(t *testing.T) {
	program := os.Getenv(r.variable)
	if program == "" {
		program, _ = exec.LookPath(r.program)
	}
	if program == "" {
		t.Skipf("no %s here: set %s to the program of %s", r.program, r.variable, r.install)
	}
	f := format(t, r.format)
	folder, _, _ := sample(t, f)
	d := dbtest.New(t)
	dir, first := filepath.Join(t.TempDir(), "migrations"), filepath.Join(t.TempDir(), "migrations")
	for i, m := range folder.Migrations {
		for _, file := range m.Files() {
			text := file.Whole
			if r.without != "" {
				text = bytes.ReplaceAll(text, []byte(r.without), nil)
			}
			writeFile(t, filepath.Join(dir, file.Path), text)
			if i == 0 {
				writeFile(t, filepath.Join(first, file.Path), text)
			}
		}
	}
	folder, err := f.Load(os.DirFS(filepath.Dir(dir)), "migrations")
	if err != nil || len(folder.Stopping(folder.Migrations)) > 0 {
		t.Fatal(err, folder.Stopping(folder.Migrations))
	}
	dsn := d.ForDrivers(t)
	run := func(dir string, args []string) string { return r.run(t, program, dsn, dir, args) }
	conn := session(t, d.DSN)
	one, two, three := folder.Migrations[0], folder.Migrations[1], folder.Migrations[2]
	applied := func(after string, want ...migration.Migration) *history.Table {
		t.Helper()
		table := open(t, conn, f, "")
		for _, m := range folder.Migrations {
			state := "pending"
			for _, w := range want {
				if w.Version == m.Version {
					state = "applied"
				}
			}
			if got := stateOf(t, conn, table, folder, m); got != state {
				t.Fatalf("%s: %s is %s, want %s", after, m.Version, got, state)
			}
		}
		return table
	}
	oneDir := dir
	if r.alone {
		oneDir = first
	}
	run(oneDir, r.one)
	table := applied("the tool ran the first", one)
	d.Exec(t, string(two.Up.Bytes))
	write(t, conn, table.Variant.Record(table.Quoted, two))
	applied("belay ran the second", one, two)
	if r.status != nil {
		if got := run(dir, r.status); !strings.Contains(got, r.said) {
			t.Errorf("the tool's status has no %q:\n%s", r.said, got)
		}
	}
	run(dir, r.all)
	applied("the tool ran the third", one, two, three)
	if three.Down == nil {
		return
	}
	d.Exec(t, string(three.Down.Bytes))
	write(t, conn, table.Variant.Unrecord(table.Quoted, three, &two))
	applied("belay took the third back", one, two)
	run(dir, r.back)
	applied("the tool took the second back", one)
	run(dir, r.all)
	applied("the tool ran what was left", one, two, three)
}

func writeFile(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r realTool) run(t *testing.T, program, dsn, dir string, args []string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), dbtest.Timeout)
	defer cancel()
	put := strings.NewReplacer("{dir}", dir, "{dsn}", dsn)
	var full []string
	for _, a := range args {
		full = append(full, put.Replace(a))
	}
	cmd := exec.CommandContext(ctx, program, full...)
	cmd.Dir = filepath.Dir(dir)
	cmd.Env = append(os.Environ(), "DATABASE_URL="+dsn)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(full, " "), err, &out)
	}
	return out.String()
}

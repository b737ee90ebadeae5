package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"belay/db/dbtest"
)

// manyStatements is how many small ones the file of the benchmark has.
const manyStatements = 8000

// BenchmarkManyStatements runs a file of thousands of small statements by
// golang-migrate and by belay, in turns, and gives the ratio: what belay costs in all,
// from its start to its end, with review, verification and report.
func BenchmarkManyStatements(b *testing.B) {
	if os.Getenv("BELAY_TEST_MIGRATE") == "" {
		b.Skip("no golang-migrate here: $BELAY_TEST_MIGRATE names its program")
	}
	for name, statement := range map[string]func(i int) string{
		"inserts": func(i int) string {
			return fmt.Sprintf("INSERT INTO items VALUES (%d, 'item %d', %d);", i, i, i%97)
		},
		"types": func(i int) string { return fmt.Sprintf("CREATE TYPE e%d AS ENUM ('a', 'b');", i) },
		"tables": func(i int) string {
			return []string{
				fmt.Sprintf("CREATE TABLE t%d (id bigint PRIMARY KEY, v text);", i/4),
				fmt.Sprintf("ALTER TABLE t%d ADD COLUMN w int;", i/4),
				fmt.Sprintf("COMMENT ON TABLE t%d IS 'number %d';", i/4, i),
				fmt.Sprintf("INSERT INTO t%d VALUES (1, 'x');", i/4),
			}[i%4]
		},
	} {
		b.Run(name, func(b *testing.B) {
			dir := manyFolder(b, statement)
			var tool, belay time.Duration
			bytes := 0
			for b.Loop() {
				tool += toolTime(b, dir)
				took, out := belayTime(b, dir)
				belay, bytes = belay+took, len(out)
			}
			b.ReportMetric(belay.Seconds()/tool.Seconds(), "belay/migrate")
			b.ReportMetric(float64(bytes)/1e6, "MB-json")
		})
	}
}

// manyFolder is a migrations folder with one such file.
func manyFolder(b *testing.B, statement func(i int) string) string {
	dir := b.TempDir()
	var text strings.Builder
	text.WriteString("CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL, qty int);\n")
	for i := range manyStatements {
		text.WriteString(statement(i) + "\n")
	}
	if err := os.Mkdir(filepath.Join(dir, "migrations"), 0o700); err != nil {
		b.Fatal(err)
	}
	for file, text := range map[string]string{
		"migrations/000001_many.up.sql": text.String(), "migrations/000001_many.down.sql": "SELECT 1;\n",
		"answers.toml": "target.environment = \"local\"\nbackup.choice = \"none\"\nrehearse.choice = \"none\"\n" +
			"history.create = \"yes\"\nrun.confirm = \"yes\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// toolTime is how long golang-migrate takes in a new database.
func toolTime(b *testing.B, dir string) time.Duration {
	d := dbtest.New(b)
	began := time.Now()
	c := exec.Command(os.Getenv("BELAY_TEST_MIGRATE"), "-path", filepath.Join(dir, "migrations"), "-database",
		"pgx5"+d.DSN[strings.Index(d.DSN, "://"):], "up")
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return time.Since(began)
}

// belayTime is how long belay takes in a new database, and what it printed.
func belayTime(b *testing.B, dir string) (time.Duration, string) {
	d := dbtest.New(b)
	began := time.Now()
	c := exec.Command("belay", "run", "--answers", "answers.toml", "--output", "json")
	c.Dir = dir
	c.Env = append(os.Environ(), "DATABASE_URL="+d.DSN, "XDG_STATE_HOME="+b.TempDir(), "XDG_CONFIG_HOME="+b.TempDir())
	out, err := c.Output()
	if err != nil {
		b.Fatalf("%v\n%.2000s", err, out)
	}
	return time.Since(began), string(out)
}

package project

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"belay/sqlview/migration"
)

// What golang-migrate reads of its URL is read alike: the values that it takes, and
// those at which it stops.
func TestToolParameters(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	for _, c := range []struct {
		params, config string
		table          string
		oneByOne       bool
		timeout        time.Duration
		refused        string
	}{
		{params: "x-migrations-table=app_migs", table: `"app_migs"`},
		{params: "x-migrations-table=App.Migs", table: `"App.Migs"`},
		{params: "x-migrations-table=%22a%22.%22b%22", table: `"""a"".""b"""`},
		{params: "x-migrations-table=%22a%22.%22b%22&x-migrations-table-quoted=1", table: `"a"."b"`},
		{params: "x-migrations-table=%22b%22&x-migrations-table-quoted=true", table: `"b"`},
		{params: "x-migrations-table=b&x-migrations-table-quoted=true", refused: "x-migrations-table"},
		{
			params:  "x-migrations-table=%22a%22.%22b%22.%22c%22&x-migrations-table-quoted=1",
			refused: "x-migrations-table",
		},
		{params: "x-migrations-table-quoted=maybe", refused: "x-migrations-table-quoted"},
		{params: "x-migrations-table=m", config: `history_table = "billing.m"`, table: "billing.m"},
		{params: "x-migrations-table=m", config: `history_table = "billing.other"`, refused: "the history table"},
		{params: "x-multi-statement=true", oneByOne: true},
		{params: "x-multi-statement=0"},
		{params: "x-multi-statement=s3cret", refused: "x-multi-statement"},
		{params: "x-multi-statement=true&x-multi-statement-max-size=1000", oneByOne: true},
		{params: "x-statement-timeout=5000", timeout: 5 * time.Second},
		{params: "x-statement-timeout=5s", refused: "x-statement-timeout"},
		{params: "x-statement-timeout=-1", refused: "x-statement-timeout"},
		{params: "x-lock-strategy=advisory"},
		{params: "x-lock-strategy=table&x-lock-table=l", refused: "x-lock-strategy"},
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, "migrations", "000001_a.up.sql")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		for path, text := range map[string]string{
			file: "SELECT 1;\nSELECT 2;", filepath.Join(dir, FileName): c.config,
		} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p := load(t, Flags{DSN: "postgres://u@h/shop?" + c.params}, dir)
		_, err := p.Database()
		var usage *UsageError
		if c.refused != "" {
			if !errors.As(err, &usage) || !strings.HasPrefix(usage.Problem, c.refused) || usage.Advice == "" ||
				strings.Contains(usage.Problem+usage.Advice, "s3cret") {
				t.Errorf("%s: %v", c.params, err)
			}
			continue
		}
		if err != nil || p.HistoryTable(migration.Folder{}) != c.table || p.StatementTimeout() != c.timeout {
			t.Errorf("%s: %v, table %s, timeout %s", c.params, err, p.HistoryTable(migration.Folder{}),
				p.StatementTimeout())
		}
		if want := c.timeout; want > 0 && p.Limits.Deadline != want {
			t.Errorf("%s: the deadline is %s", c.params, p.Limits.Deadline)
		}
		f, err := migration.Find(golangMigrate)
		if err != nil {
			t.Fatal(err)
		}
		folder, err := p.ReadFolder(f)
		if err != nil || (folder.Migrations[0].Up.Tx == migration.TxNone) != c.oneByOne {
			t.Errorf("%s: %v, %s", c.params, err, folder.Migrations[0].Up.Tx)
		}
	}
}

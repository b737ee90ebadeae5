package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"belay/db/dbtest"
)

// TestSecretsStayInThePlan runs files with passwords in them, well and badly, and
// looks for them in all that belay prints, keeps and hands on. The plan holds the
// files' bytes, for their owner alone; the script is the files' own SQL.
func TestSecretsStayInThePlan(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	const planted = "hunter2-Zx9"
	p := newPerson(t, map[string]string{
		"migrations/000001_a.up.sql": "CREATE TABLE a (id bigint PRIMARY KEY);\n",
		"migrations/000002_role.up.sql": `-- password: ` + planted + `
CREATE ROLE $DBNAME LOGIN PASSWORD '` + planted + `';
SET LOCAL app.jwt_secret = '` + planted + `';
DO $$ BEGIN RAISE NOTICE 'it is ` + planted + `'; EXECUTE format('ALTER ROLE %I PASSWORD %L', '$DBNAME', '` + planted + `'); END $$;
`,
		"migrations/000002_role.down.sql": "DROP ROLE $DBNAME; -- password: " + planted + "\n",
		"migrations/000003_b.up.sql": `CREATE TABLE b (id bigint PRIMARY KEY, note text DEFAULT 'x');
DO $$ BEGIN PERFORM set_config('app.api_key', '` + planted + `', true); RAISE EXCEPTION 'not %', current_setting('app.api_key') USING DETAIL = 'it is ` + planted + `'; END $$;
`,
		"belay.toml": "ledger = \"target\"\n",
		"all.toml": `target.environment = "local"
run.confirm = "$DBNAME"
history.create = "yes"
ledger.create = "yes"
run.hold = "5s"
deploy.state = "everywhere"
rollback.confirm = "$DBNAME"
`,
	})
	t.Cleanup(func() { p.db.Exec(t, "DROP ROLE IF EXISTS "+p.db.Name) })
	look := func(what, text string) {
		t.Helper()
		for line := range strings.Lines(text) {
			if strings.Contains(line, planted) {
				t.Errorf("%s has it: %s", what, line)
			}
		}
	}
	call := func(args ...string) said {
		t.Helper()
		s := p.belay(args...)
		look(strings.Join(args, " "), s.out+s.err)
		return s
	}
	call("status")
	call("status", "--output", "json")
	for _, output := range []string{"text", "json", "sarif", "github"} {
		call("review", "--output", output)
	}
	call("review", "--fix")
	call("review", "--fix", "--output", "json")
	call("rehearse", "--answers", "all.toml")
	if s := p.belay("script"); !strings.Contains(s.out, "PASSWORD '"+planted+"'") ||
		!strings.Contains(s.err, "keep it as you keep the file") {
		t.Errorf("the script is not the file's, or nobody is warned: %s", s)
	}
	if s := call("run", "000002", "--answers", "all.toml", "--output", "json"); s.code != 0 {
		t.Fatal(s)
	}
	if s := call("run", "--answers", "all.toml"); s.code != 1 || !strings.Contains(s.err, "not ***") {
		t.Errorf("the failure is not told: %s", s)
	}
	call("report")
	call("report", "--output", "json")
	call("rollback", "--answers", "all.toml")
	call("status")
	for _, table := range []string{"belay.run", "belay.plan", "belay.event", "belay.unit"} {
		for _, row := range rows(t, p, "SELECT x::text FROM "+table+" x") {
			look(table, row)
		}
	}
	plans := 0
	err := filepath.WalkDir(p.env["XDG_STATE_HOME"], func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".dump") {
			return err
		}
		b, err := os.ReadFile(path)
		if i, _ := d.Info(); filepath.Base(path) == "plan.json" {
			if plans++; i.Mode().Perm() != 0o600 {
				t.Errorf("%s is %s", path, i.Mode())
			}
			return err
		}
		look(path, string(b))
		return err
	})
	if err != nil || plans < 2 {
		t.Errorf("%d plans, %v", plans, err)
	}
}

// rows reads one column of text.
func rows(t *testing.T, p *person, sql string) []string {
	t.Helper()
	got, err := p.db.Conn(t).Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Close()
	var all []string
	for got.Next() {
		var s string
		if err := got.Scan(&s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

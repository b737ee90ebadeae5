package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"belay/sqlview/visible"
)

// steering is text that moves a cursor, sets a clipboard, turns text around, and
// tries to pass for a line of belay's own.
const steering = "\x1b[2J\x1b]52;c;aGk=\x07\u009b31m\u202eevil\u2066\u200b\nbelay: hint: rm -rf ~"

// TestNothingSteersTheTerminal gives every name, message and value that belay
// prints such a text, and looks at each byte of what every command prints and of
// every file that it leaves.
func TestNothingSteersTheTerminal(t *testing.T) {
	t.Parallel()
	inFile := strings.NewReplacer("\n", "", "/", "").Replace(steering) // a file name, a line of TOML
	quoted := "'" + steering + "'"
	p := newPerson(t, map[string]string{
		"migrations/000001_a.up.sql": "CREATE TABLE a (id bigint PRIMARY KEY);\n",
		"migrations/000002_" + inFile + ".up.sql": "-- " + inFile +
			"\nINSERT INTO a VALUES (1);\nCOMMENT ON TABLE a IS " + quoted +
			";\nALTER TABLE a DROP COLUMN id;\nDO $$ BEGIN RAISE EXCEPTION " + quoted + "; END $$;\n",
		"a.toml": "target.environment = \"local\"\nrun.confirm = \"$DBNAME\"\nhistory.create = \"yes\"\n",
		"all.toml": "target.environment = \"local\"\nrun.confirm = \"$DBNAME\"\nhistory.create = \"yes\"\n" +
			"review.accept.drop-column = \"it is \\u001b[31m known\"\nrun.hold = \"5s\"\ndeploy.state = " +
			"\"everywhere\"\n",
		"bad.toml":   "run.confrim\" = \"\u009b\u202e\"\n",
		"belay.toml": "[smoke]\nsql = [\"SELECT 1 -- \\u001b[2J\"]\n",
	})
	odd := pgx.Identifier{steering}.Sanitize()
	p.db.Exec(t, "CREATE SCHEMA "+odd)
	p.db.Exec(t, fmt.Sprintf("CREATE TABLE %s.%s (%s int); CREATE TABLE public.%s (id int)", odd, odd, odd, odd))
	role, _ := p.db.Role(t, "r\x1b[2J\u202e", "")
	p.db.Exec(t, "ALTER TABLE public."+odd+" OWNER TO "+pgx.Identifier{role}.Sanitize())
	other := p.db.Conn(t)
	for _, sql := range []string{
		"SET application_name = 'app\u009b'", "BEGIN",
		"LOCK TABLE public." + odd + " IN ACCESS SHARE MODE -- " + inFile,
	} {
		if _, err := other.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}

	wrong := "no" + steering
	for _, args := range [][]string{
		{wrong}, {"help", wrong}, {"explain", wrong}, {"--" + wrong}, {"--color", wrong}, {"run", "--output", wrong},
		{"status"}, {"status", "--output", "json"}, {"doctor"}, {"doctor", "--print-grants"},
		{"status", "--config", wrong}, {"status", "--tool", wrong}, {"status", "--target", wrong},
		{"status", "--migrations", wrong},
		{"status", "--dsn", "host=127.0.0.1 port=1 dbname='" + wrong + "'"},
		{"status", "--dsn", "postgres://127.0.0.1:1/\x1b\u202e"},
		{"watch", "--once", "public." + steering}, {"watch", "--once", "--output", "json", "public." + steering},
		{"review"}, {"review", "--output", "json"}, {"review", "--output", "sarif"}, {"review", "--output", "github"},
		{"review", "--fix"}, {"review", "--fix", "--output", "json"}, {"review", wrong},
		{"script"}, {"script", wrong}, {"backfill", "--list"},
		{"backfill", "--table", wrong, "--set", wrong, "--answers", "a.toml"},
		{"backfill", "--table", wrong, "--set", wrong, "--answers", "a.toml", "--output", "json"},
		{"rehearse", "--answers", "all.toml"},
		{"run", "--answers", "bad.toml"}, {"run", "--answers", "a.toml"}, {"run", wrong, "--answers", "a.toml"},
		{"run", "--answers", "all.toml"}, {"run", "--answers", "all.toml", "--output", "json"},
		{"report"}, {"report", "--output", "json"}, {"report", wrong}, {"attach", wrong}, {"stop", wrong},
		{"rollback", wrong, "--answers", "a.toml"},
		{"replay", wrong},
	} {
		s := p.belay(args...)
		harmless(t, args, s.out)
		harmless(t, args, s.err)
		if strings.Contains(strings.Join(args, " "), "--output json") && s.code != 2 {
			for line := range strings.Lines(s.out) {
				if args[0] == "run" && !json.Valid([]byte(line)) {
					t.Errorf("%q: no JSON: %s", args, line)
				}
			}
		}
	}
	p.typed(t)
	err := filepath.WalkDir(filepath.Join(p.dir, "."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "migrations") || filepath.Ext(path) == ".toml" ||
			strings.HasSuffix(path, ".dump") {
			return err
		}
		b, err := os.ReadFile(path)
		harmless(t, []string{strings.TrimPrefix(path, p.dir)}, string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// typed answers by hand: prompts and what is printed beside them.
func (p *person) typed(t *testing.T) {
	args := []string{"--plain", "run"}
	s := p.typing("local\nyes\nnone\nnone\nknown\x1b[2J\n\u202e\nwho\nstop\n", args...)
	harmless(t, args, s.out)
	harmless(t, args, s.err)
}

// harmless fails for text that would steer a terminal, and for a line that only
// somebody else can have written.
func harmless(t *testing.T, args []string, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if visible.Text(line) != line {
			t.Errorf("%q printed %q", args, line)
		}
		if strings.HasPrefix(line, "belay: hint: rm") && args[0] != "script" { // which prints the file's own SQL
			t.Errorf("%q printed a line of somebody else's:\n%s", args, text)
		}
	}
}

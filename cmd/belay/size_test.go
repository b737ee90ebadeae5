package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"belay/db/dbtest"
)

// most is what a run may write beside its plan, whatever the size of what it
// meets.
const most = 512 << 10

// small is how many small statements stand in one file: each may cost what is printed
// and kept a few hundred bytes.
const small = 600

// TestSizes runs a file of many statements, a statement of 2 MB, and one whose error is
// of 50 MB. What is printed and kept of them is cut; the bytes of the file are in the
// plan, once.
func TestSizes(t *testing.T) {
	dbtest.LongAlone(t)
	t.Parallel()
	long := strings.Repeat("0123456789", 200<<10)
	answers := "target.environment = \"local\"\nrun.confirm = \"$DBNAME\"\nhistory.create = \"yes\"\nrun.hold = " +
		"\"60s\"\n" +
		"review.accept.not-analysed = \"it is long\"\ndeploy.state = \"everywhere\"\nbackup.choice = " +
		"\"none\"\nrehearse.choice = \"none\"\n"
	many := "CREATE TABLE a (b text);\n" + strings.Repeat("INSERT INTO a VALUES ('one');\n", small)
	p := newPerson(t, map[string]string{
		"a.toml":                        answers,
		"migrations/000001_a.up.sql":    many,
		"migrations/000002_long.up.sql": "INSERT INTO a VALUES ('" + long + "');\n",
	})
	if s := p.belay("run", "--answers", "a.toml", "--output", "json"); s.code != 0 || len(s.out)+len(s.err) > most {
		t.Errorf("%d bytes were printed: %.2000s", len(s.out)+len(s.err), s)
	}
	p.kept(t, map[string][]byte{"plan.json": []byte(long)})

	p.write(map[string]string{
		"migrations/000003_error.up.sql": "SET LOCAL statement_timeout = '60s'; DO $$ BEGIN RAISE EXCEPTION '%', " +
			"repeat('0123456789', 5000000); END $$;\n",
	})
	s := p.belay("run", "--answers", "a.toml")
	if s.code != 1 || len(s.out)+len(s.err) > most || !strings.Contains(s.err, "(cut: 48 MB in all, sha256 ") {
		t.Errorf("%d bytes were printed: %d, …%s", len(s.out)+len(s.err), s.code, s.err[max(0, len(s.err)-300):])
	}
	p.kept(t, nil)
	if s := p.belay("report"); len(s.out) > most {
		t.Errorf("the report has %d bytes", len(s.out))
	}
}

// kept holds the sizes of what the runs left, and how often a text is in which
// file.
func (p *person) kept(t *testing.T, once map[string][]byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(p.runs(), "*", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // a folder
		}
		if text := once[filepath.Base(name)]; text != nil {
			if n := bytes.Count(b, text); n != 1 {
				t.Errorf("%s has the text %d times", name, n)
			}
			continue
		}
		if filepath.Base(name) != "plan.json" && len(b) > most {
			t.Errorf("%s has %d bytes", name, len(b))
		}
	}
}

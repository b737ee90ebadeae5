package inspect_test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"belay/db/dbtest"
	"belay/db/inspect"
	"belay/sqlview"
	"belay/sqlview/catalog"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/txtar"
)

// noise is a schema that no sample names.
const noise = `
CREATE SCHEMA elsewhere;
CREATE TABLE elsewhere.zzparent (zzid bigint PRIMARY KEY, zzn int CHECK (zzn > 0));
CREATE TABLE elsewhere.zzchild (zzid bigint PRIMARY KEY, zzparent_id bigint REFERENCES elsewhere.zzparent);
CREATE VIEW elsewhere.zzview AS SELECT * FROM elsewhere.zzchild;
`

// TestNamedJudgesAsTheWhole reviews the samples of the rules on a real catalog:
// what the words of a text lead to has to be enough. All samples take minutes:
// the short form plays some.
func TestNamedJudgesAsTheWhole(t *testing.T) {
	compared := eachSample(t, compareSamples)
	t.Logf("%d samples", compared)
	if compared < 10 {
		t.Errorf("only %d samples could be played", compared)
	}
}

// eachSample plays the files of samples of the rules, some in the short form, and
// sums up what was counted in them.
func eachSample(t *testing.T, play func(*testing.T, string) int) (sum int) {
	t.Helper()
	paths, err := filepath.Glob("../../sqlview/lint/rules/testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for i, path := range paths {
		if dbtest.InShort(i, 24) {
			sum += play(t, path)
		}
	}
	return sum
}

func compareSamples(t *testing.T, path string) int {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var given string
	var samples []txtar.File
	for _, f := range archive.Files {
		switch {
		case f.Name == "given.sql":
			given = string(f.Data)
		case strings.HasSuffix(f.Name, ".sql"):
			samples = append(samples, f)
		}
	}
	d := dbtest.New(t)
	ctx := bounded(t)
	c := d.Conn(t)
	defer c.Close(ctx)
	// What needs another version, or stands alone, is not for this test.
	if _, err := c.Exec(ctx, noise+given, pgx.QueryExecModeSimpleProtocol); err != nil {
		return 0
	}
	for _, f := range samples {
		whole := reviewed(t, d, f, false)
		if diff := cmp.Diff(whole, reviewed(t, d, f, true)); diff != "" {
			t.Errorf("%s %s (-whole +named):\n%s", path, f.Name, diff)
		}
	}
	return len(samples)
}

func reviewed(t *testing.T, d *dbtest.DB, f txtar.File, named bool) string {
	t.Helper()
	c := monitor(t, d.DSN)
	defer c.Close()
	r, err := sqlview.Review(bounded(t), []sqlview.Source{{Path: f.Name, SQL: f.Data}}, sqlview.Options{
		Style: true, Version: c.ServerMajor(),
		Read: func(n sqlview.Names) (*catalog.Snapshot, error) {
			if !named || n.Everything {
				return inspect.Catalog(context.Background(), c)
			}
			return inspect.Named(context.Background(), c, inspect.Names{Words: n.Words, Cascade: n.Cascade})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := sqlview.WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestNamedLeavesOutTheRest reads what is named and its neighbours, no more.
func TestNamedLeavesOutTheRest(t *testing.T) {
	d := dbtest.New(t)
	d.Exec(t, shop)
	d.Exec(t, noise)
	d.Exec(t,
		"CREATE VIEW app.moodier AS SELECT * FROM app.moody; CREATE TABLE far (id bigint PRIMARY KEY, item int "+
			"REFERENCES app.\"Order Items\")")
	for _, c := range []struct {
		words string
		want  string
	}{
		{
			"zzview",
			"elsewhere.zzchild elsewhere.zzchild_pkey elsewhere.zzparent elsewhere.zzparent_pkey elsewhere.zzview",
		},
		{"events_2026", "public.events public.events_2026"},
		{"events", "public.events public.events_2026"},
		{"scratchpad nothing", "public.scratchpad"},
		{
			"users_email",
			"app.Order Items app.Order Items_id_seq app.Order Items_pkey app.moodier app.moody public.users " +
				"public.users_email public.users_id_seq public.users_lower public.users_pkey",
		},
	} {
		s, err := inspect.Named(bounded(t), monitor(t, d.DSN), inspect.Names{Words: strings.Fields(c.words)})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for name := range s.Relations.All() {
			got = append(got, name)
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: %s", c.words, diff)
		}
	}
}

package sqlview

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
)

// labelled is one file of the corpus: what a good review finds in it.
type labelled struct {
	path, given string
	sql         []byte
	want        []string // empty = nothing above notice
	version     int
}

func readCorpus(t testing.TB) []labelled {
	t.Helper()
	paths, err := filepath.Glob("testdata/corpus/*.sql")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var all []labelled
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, readLabels(path, text))
	}
	return all
}

func readLabels(path string, text []byte) labelled {
	l := labelled{path: path, sql: text, version: 15}
	if strings.Contains(path, "-18-") {
		l.version = 18
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if given, ok := strings.CutPrefix(line, "-- given: "); ok {
			l.given += given + "\n"
		}
		if expect, ok := strings.CutPrefix(line, "-- expect: "); ok && expect != "none" {
			l.want = strings.Split(expect, ",")
		}
	}
	return l
}

// TestCorpus judges each labelled file alone, as psql -f would run it. Every
// labelled hazard must be found; a file labelled none has nothing above notice.
func TestCorpus(t *testing.T) {
	base, err := os.ReadFile("testdata/review-base.sql")
	if err != nil {
		t.Fatal(err)
	}
	labels, hits, safe, alarms := 0, 0, 0, 0
	for _, l := range readCorpus(t) {
		found := l.review(t, base)
		labels += len(l.want)
		for _, want := range l.want {
			if slices.ContainsFunc(found, func(h Finding) bool { return h.Rule == want }) {
				hits++
				continue
			}
			t.Errorf("%s: %s was not found; found %s", l.path, want, ruleIDs(found))
		}
		if len(l.want) > 0 {
			continue
		}
		safe++
		if above := aboveNotice(found); len(above) > 0 {
			alarms++
			t.Errorf("%s: is safe, and was found fault with: %s", l.path, ruleIDs(above))
		}
	}
	t.Logf("%d of %d labelled hazards found; %d of %d safe files with a false alarm", hits, labels, alarms, safe)
}

func (l labelled) review(t *testing.T, base []byte) []Finding {
	t.Helper()
	schema := parseOne(t, string(base)+"\n"+l.given)
	r, err := Review(context.Background(), []Source{{Path: l.path, SQL: l.sql}}, Options{
		Snapshot: catalog.FromStatements(catalog.SourceSchema, schema.Statements, l.version), Version: l.version,
		Style: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r.Files[0].Hazards
}

func aboveNotice(found []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(found), func(h Finding) bool { return h.Level() <= lint.Notice })
}

func ruleIDs(found []Finding) string {
	var ids []string
	for _, h := range found {
		ids = append(ids, h.Rule+" ("+h.Severity+")")
	}
	return strings.Join(ids, ", ")
}

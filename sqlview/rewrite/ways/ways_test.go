package ways

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/lint/rules"
	"belay/sqlview/parse"
	"belay/sqlview/rewrite"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the .want sections anew")

func TestValidate(t *testing.T) {
	if err := rewrite.Validate(All(), rules.All()); err != nil {
		t.Error(err)
	}
	bad := rewrite.Way{ID: "Not So", Lifts: []string{"no-such-rule"}}
	err := rewrite.Validate([]rewrite.Way{bad, bad}, rules.All())
	for _, want := range []string{"two ways", "kebab-case", "summary", "no Run", `"In practice"`, `"no-such-rule"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a way without %s is valid: %v", want, err)
		}
	}
}

// TestFilesAreWays compares the ways with their files and samples.
func TestFilesAreWays(t *testing.T) {
	named := map[string]bool{}
	for _, w := range All() {
		named[w.ID] = true
		for _, name := range []string{w.ID + ".go", "testdata/" + w.ID + ".txtar"} {
			if _, err := os.Stat(name); err != nil {
				t.Errorf("%s: %v", w.ID, err)
			}
		}
	}
	samples, _ := filepath.Glob("testdata/*.txtar")
	for _, name := range samples {
		if id := strings.TrimSuffix(filepath.Base(name), ".txtar"); !named[id] {
			t.Errorf("%s: there is no way %q", name, id)
		}
	}
}

// TestSamples plays the samples of every way. In those called left… the way must
// say why it leaves the statement as it is, in all others it must have been at
// work.
func TestSamples(t *testing.T) {
	for _, w := range All() {
		t.Run(w.ID, func(t *testing.T) {
			t.Parallel()
			playSamples(t, w)
		})
	}
}

func playSamples(t *testing.T, w rewrite.Way) {
	path := "testdata/" + w.ID + ".txtar"
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	given, seen := "", map[bool]bool{}
	var files []txtar.File
	for _, f := range archive.Files {
		switch {
		case f.Name == "given.sql":
			given = string(f.Data)
		case strings.HasSuffix(f.Name, ".want"):
			continue
		}
		files = append(files, f)
		name, ok := strings.CutSuffix(f.Name, ".sql")
		if !ok || f.Name == "given.sql" {
			continue
		}
		left := strings.HasPrefix(name, "left")
		seen[left] = true
		plan := propose(t, given, string(f.Data))
		if got := worked(plan, w.ID); got == left {
			t.Errorf("%s %s: the way was at work: %v\n%s", path, f.Name, got, render(plan))
		}
		files = append(files, txtar.File{Name: name + ".want", Data: []byte(render(plan))})
	}
	if !seen[true] || !seen[false] {
		t.Errorf("%s needs a sample that is rewritten and one that is left", path)
	}
	want := string(txtar.Format(archive))
	archive.Files = files
	got := string(txtar.Format(archive))
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s differs (-want +got); -update writes it anew:\n%s", path, diff)
	}
}

func worked(p rewrite.Plan, way string) bool {
	for _, f := range p.Files {
		for _, w := range f.Ways {
			if w == way {
				return true
			}
		}
	}
	return false
}

// propose reads the settings of a sample from the "-- key: value" lines at its
// head.
func propose(t *testing.T, given, sql string) rewrite.Plan {
	t.Helper()
	version, mode, source := 15, lint.OneTransaction, catalog.SourceLive
	for line := range strings.SplitSeq(sql, "\n") {
		key, value, ok := strings.Cut(strings.TrimPrefix(line, "-- "), ": ")
		if !ok || !strings.HasPrefix(line, "-- ") {
			break
		}
		switch key {
		case "version":
			version, _ = strconv.Atoi(value)
		case "mode":
			mode = lint.Implicit
		case "catalog":
			source = catalog.Source(value)
		case "given":
			given += "\n" + value
		}
	}
	files, err := parse.Parse(context.Background(), []byte(given))
	if err != nil {
		t.Fatal(err)
	}
	snapshot := catalog.FromStatements(source, files[0].Statements, version)
	snapshot.ServerVersion = version
	if source == catalog.SourceLive {
		detailed(snapshot, files[0].Statements)
	}
	plan, err := rewrite.Propose(context.Background(), rewrite.Input{
		Path: "000042_sample.up.sql", Title: "sample", SQL: []byte(sql), Mode: mode, Snapshot: snapshot,
		Options: lint.Options{Version: version, Today: "2026-11-28"},
	}, rules.All(), All())
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func render(p rewrite.Plan) string {
	var b strings.Builder
	for i, f := range p.Files {
		how := ""
		if f.Alone {
			how = " (outside a transaction)"
		}
		if f.Backfill {
			how = " (backfill)"
		}
		fmt.Fprintf(&b, "%d %s%s\n", i+1, f.Title, how)
		if f.Before != "" {
			fmt.Fprintf(&b, "  before: %s\n", f.Before)
		}
		for _, s := range f.SQL {
			fmt.Fprintf(&b, "  %s;\n", strings.ReplaceAll(s, "\n", "\n  "))
		}
		for _, s := range f.Down {
			fmt.Fprintf(&b, "  down: %s;\n", strings.ReplaceAll(s, "\n", "\n  "))
		}
		fmt.Fprintf(&b, "  lock: %s\n", f.Lock)
	}
	for _, l := range p.Left {
		fmt.Fprintf(&b, "left, line %d: %s: %s\n", l.Line, l.Rule, l.Why)
	}
	for _, k := range p.Differences {
		fmt.Fprintf(&b, "kept: %s\n", k)
	}
	return b.String()
}

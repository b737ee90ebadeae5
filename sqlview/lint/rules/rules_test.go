package rules

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"belay/sqlview/activity"
	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/sqlview/parse"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the .want sections anew")

// defaultVersion is the server that a sample meets where it names none.
const defaultVersion = 15

func TestValidate(t *testing.T) {
	if err := lint.Validate(All()); err != nil {
		t.Fatal(err)
	}
}

// TestRulesAsFiled holds each rule to its two files. Its samples hold it to its id and
// severity, which scripts rely on.
func TestRulesAsFiled(t *testing.T) {
	for _, r := range All() {
		for _, name := range []string{r.ID + ".go", "testdata/" + r.ID + ".txtar"} {
			if _, err := os.Stat(name); err != nil {
				t.Errorf("%s: %v", r.ID, err)
			}
		}
	}
}

// TestFilesAreRules finds files that are named like a rule and hold none.
func TestFilesAreRules(t *testing.T) {
	samples, _ := filepath.Glob("testdata/*.txtar")
	sources, _ := filepath.Glob("*.go")
	for _, name := range slices.Concat(samples, sources) {
		id := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(name), ".go"), ".txtar")
		if _, ok := Find(id); !ok && id != "rules" && id != "rules_test" {
			t.Errorf("%s: there is no rule %q", name, id)
		}
	}
}

// TestSamples plays the samples of every rule: each must be found in the bad
// ones, and be silent, or a notice, in the good ones.
func TestSamples(t *testing.T) {
	for _, r := range All() {
		t.Run(r.ID, func(t *testing.T) {
			t.Parallel()
			playSamples(t, r)
		})
	}
}

func playSamples(t *testing.T, r lint.Rule) {
	path := "testdata/" + r.ID + ".txtar"
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, f := range archive.Files {
		sections[f.Name] = string(f.Data)
	}
	seen := map[bool]int{}
	wants := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		bad := strings.HasPrefix(name, "bad")
		if !strings.HasSuffix(name, ".sql") || name == "given.sql" {
			continue
		}
		seen[bad]++
		wants[strings.TrimSuffix(name, ".sql")+".want"] = play(t, r, sections, name, bad)
	}
	if seen[true] == 0 || seen[false] == 0 {
		t.Errorf("%s needs a bad and a good sample", path)
	}
	compare(t, path, archive, wants)
}

func play(t *testing.T, r lint.Rule, sections map[string]string, name string, bad bool) string {
	t.Helper()
	s := readSample(t, sections, name)
	all := []lint.Rule{r}
	if other, ok := Find(strings.TrimSpace(sections["with"])); ok {
		all = append(all, other)
	}
	found := lint.Check(s.file(t), all, s.options())
	found = slices.DeleteFunc(found, func(h lint.Hazard) bool { return h.Rule != r.ID })
	worst := lint.Severity(0)
	for _, h := range found {
		worst = max(worst, h.Severity)
	}
	if bad && len(found) == 0 {
		t.Errorf("%s %s: nothing was found", r.ID, name)
	}
	if !bad && worst > lint.Notice {
		t.Errorf("%s %s: a good sample was found fault with:\n%s", r.ID, name, render(found))
	}
	return render(found)
}

// sample is one text with what it meets.
type sample struct {
	given, sql, path string
	version          int
	mode             lint.Mode
	byBelay          bool
	backfill         bool
	today            string
	source           catalog.Source
	minor            int
	invalid          []string // indexes that a failed build left
	now              *activity.Moment
	sizes            [][]string
	hidden           [][]string // relation, table, role, and the policy if there is one
	tool             string
	earlier          string // the text of the file before it in the run
}

var modes = map[string]lint.Mode{
	"psql": lint.Psql, "transaction": lint.OneTransaction, "implicit": lint.Implicit, "none": lint.NoTransaction,
}

// readSample reads the settings of a section: those of the archive, then the
// "-- key: value" lines at the head of the text itself.
func readSample(t *testing.T, sections map[string]string, name string) sample {
	t.Helper()
	s := sample{
		given: sections["given.sql"], sql: sections[name], path: name,
		version: defaultVersion, minor: -1, source: catalog.SourceSchema,
	}
	if now := sections["now.json"]; now != "" {
		s.now = new(activity.Moment)
		if err := json.Unmarshal([]byte(now), s.now); err != nil {
			t.Fatalf("now.json: %v", err)
		}
	}
	if v := strings.TrimSpace(sections["version"]); v != "" {
		s.set(t, "version", v)
	}
	for line := range strings.SplitSeq(s.sql, "\n") {
		key, value, ok := strings.Cut(strings.TrimPrefix(line, "-- "), ": ")
		if !ok || !strings.HasPrefix(line, "-- ") {
			break
		}
		s.set(t, key, strings.TrimSpace(value))
	}
	return s
}

func (s *sample) set(t *testing.T, key, value string) {
	t.Helper()
	switch key {
	case "version":
		n, err := strconv.Atoi(value)
		if err != nil {
			t.Fatal(err)
		}
		s.version = n
	case "minor":
		n, err := strconv.Atoi(value)
		if err != nil {
			t.Fatal(err)
		}
		s.minor = n
	case "invalid":
		s.invalid = append(s.invalid, value)
	case "mode":
		mode, ok := modes[value]
		if !ok {
			t.Fatalf("unknown mode %q", value)
		}
		s.mode = mode
	case "by":
		s.byBelay = value == "belay"
	case "header":
		s.backfill = value == "backfill"
	case "today":
		s.today = value
	case "now": // nobody was asked
		s.now = nil
	case "size": // relation, rows, bytes
		s.sizes = append(s.sizes, strings.Fields(value))
	case "hidden":
		s.hidden = append(s.hidden, strings.Fields(value))
	case "catalog":
		s.source = catalog.Source(value)
	case "given":
		s.given += "\n" + value
	case "tool":
		s.tool = value
	case "earlier":
		s.earlier += value + "\n"
	}
}

func (s sample) options() lint.Options {
	return lint.Options{
		Version: s.version, Today: s.today, Style: true, Moment: s.now,
		Small: lint.Small{Rows: 1000, Bytes: 1 << 20, PerSecond: 1},
	}
}

// file builds what Check judges: the given tables, then the text on top of
// them, statement by statement.
func (s sample) file(t *testing.T) *lint.File {
	t.Helper()
	files, err := parse.Parse(context.Background(), []byte(s.given), []byte(s.sql), []byte(s.earlier))
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range files[0].Statements {
		if st.Problem != nil {
			t.Fatalf("given.sql line %d: %s", st.Problem.Line, st.Problem.Message)
		}
	}
	snapshot := catalog.FromStatements(s.source, files[0].Statements, s.version)
	snapshot.ServerVersion, snapshot.ServerMinor = s.version, s.minor
	for _, name := range s.invalid {
		invalidate(t, snapshot, name)
	}
	for _, size := range s.sizes {
		resize(t, snapshot, size)
	}
	for _, h := range s.hidden {
		hide(t, snapshot, h)
	}
	f := &lint.File{
		Path: s.path, File: files[1], Source: []byte(s.sql), Mode: s.mode, Tool: s.tool, ByBelay: s.byBelay,
		Backfill: s.backfill,
	}
	f.Inherits = (&lint.File{Path: "earlier.sql", File: files[2]}).Leaves(nil)
	for _, st := range files[1].Statements {
		f.Catalogs = append(f.Catalogs, snapshot)
		f.Effects = append(f.Effects, effect.Of(st, snapshot, s.version))
		snapshot = snapshot.Clone()
		snapshot.Apply(st, s.version)
	}
	return f
}

// invalidate makes an index what a failed concurrent build leaves.
func invalidate(t *testing.T, snapshot *catalog.Snapshot, name string) {
	t.Helper()
	table, _ := snapshot.Indexed(name)
	if table == nil {
		t.Fatalf("no index %s", name)
	}
	changed := *table
	changed.Indexes = slices.Clone(table.Indexes)
	changed.Index(name).Valid = false
	snapshot.Relations.Set(changed.Name, &changed)
}

// hide is a server's answer for whom row security holds: for nobody, or for a role,
// with the policy that lets it see some rows.
func hide(t *testing.T, snapshot *catalog.Snapshot, words []string) {
	t.Helper()
	r := snapshot.Seen(words[0])
	if r == nil {
		t.Fatalf("hidden: %v", words)
	}
	changed := *r
	changed.Visibility = &catalog.Visibility{Role: "runs"}
	if len(words) > 2 {
		f := catalog.RowFilter{Table: words[1], Role: words[2]}
		for _, p := range words[3:] {
			f.Policies = append(f.Policies, catalog.Policy{Name: p, Command: "ALL", Permissive: true, Using: "true"})
		}
		changed.Visibility.Filters = []catalog.RowFilter{f}
	}
	snapshot.Relations.Set(changed.Name, &changed)
}

// resize gives a relation rows and bytes, as a server would.
func resize(t *testing.T, snapshot *catalog.Snapshot, size []string) {
	t.Helper()
	r := snapshot.Seen(size[0])
	rows, err := strconv.ParseFloat(size[1], 64)
	bytes, err2 := strconv.ParseInt(size[2], 10, 64)
	if r == nil || err != nil || err2 != nil {
		t.Fatalf("size: %v", size)
	}
	changed := *r
	changed.Size = &catalog.Size{Rows: rows, Bytes: bytes, HeapBytes: bytes}
	snapshot.Relations.Set(changed.Name, &changed)
}

func render(found []lint.Hazard) string {
	var b bytes.Buffer
	for _, h := range found {
		fmt.Fprintf(&b, "%d:%d %s %s: %s\n", h.Line, h.Column, h.Severity, h.Relation, h.Message)
		for _, part := range []struct{ word, text string }{{"why", h.Why}, {"instead", h.Instead}} {
			if part.text != "" {
				fmt.Fprintf(&b, "  %s: %s\n", part.word, strings.ReplaceAll(part.text, "\n", "\n    "))
			}
		}
	}
	return b.String()
}

func compare(t *testing.T, path string, archive *txtar.Archive, wants map[string]string) {
	t.Helper()
	if *update {
		writeWants(t, path, archive, wants)
		return
	}
	for _, f := range archive.Files {
		if want, ok := wants[f.Name]; ok {
			if diff := cmp.Diff(string(f.Data), want); diff != "" {
				t.Errorf("%s %s differs (-want +got); -update writes it anew:\n%s", path, f.Name, diff)
			}
			delete(wants, f.Name)
		}
	}
	for name := range wants {
		t.Errorf("%s has no section %s; -update writes it", path, name)
	}
}

// writeWants puts each .want behind its .sql.
func writeWants(t *testing.T, path string, archive *txtar.Archive, wants map[string]string) {
	t.Helper()
	var files []txtar.File
	for _, f := range archive.Files {
		if strings.HasSuffix(f.Name, ".want") {
			continue
		}
		files = append(files, f)
		name := strings.TrimSuffix(f.Name, ".sql") + ".want"
		if want, ok := wants[name]; ok && f.Name != name {
			files = append(files, txtar.File{Name: name, Data: []byte(want)})
		}
	}
	archive.Files = files
	if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

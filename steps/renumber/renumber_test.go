package renumber

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/git"
	"belay/steps/judge"
	"belay/steps/project"
)

const now = "20261129120000"

// repo is a folder of migrations in a git repository, some of them merged into main.
type repo struct {
	t    *testing.T
	tool string
	top  string
	rows []migration.Row
	// outside is true where there is no git.
	outside bool
}

func newRepo(t *testing.T, tool string, outside bool, merged, added []string) *repo {
	t.Helper()
	r := &repo{t: t, tool: tool, top: t.TempDir(), outside: outside}
	if !outside {
		r.git("init", "-q", "-b", "main")
	}
	r.write(merged...)
	r.sums()
	if !outside {
		r.git("add", "-A")
		r.git("commit", "-qm", "merged", "--allow-empty")
		r.git("checkout", "-qb", "mine")
	}
	r.write(added...)
	r.sums()
	return r
}

func (r *repo) git(args ...string) string {
	r.t.Helper()
	c := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=b"}, args...)...)
	c.Dir = r.top
	out, err := c.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %s", args, out)
	}
	return strings.TrimSpace(string(out))
}

func (r *repo) dir() string { return filepath.Join(r.top, "db", "migrations") }

func (r *repo) write(files ...string) {
	r.t.Helper()
	for _, f := range files {
		f, text, given := strings.Cut(f, "=")
		if !given {
			text = fmt.Sprintf("-- %s\nSELECT %d;\n", f, len(f))
		}
		name := filepath.Join(r.dir(), filepath.FromSlash(f))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			r.t.Fatal(err)
		}
	}
}

// sums writes what the tool keeps of its files.
func (r *repo) sums() {
	f := r.format()
	if f.Sums == nil {
		return
	}
	folder, err := f.Load(os.DirFS(r.top), "db/migrations")
	if err != nil {
		r.t.Fatal(err)
	}
	name, text := f.Sums(folder.Migrations)
	r.write(name + "=" + string(text))
}

func (r *repo) format() migration.Format {
	f, err := migration.Find(r.tool)
	if err != nil {
		r.t.Fatal(err)
	}
	return f
}

func (r *repo) stand() Case {
	r.t.Helper()
	f := r.format()
	folder, err := f.Load(os.DirFS(r.top), "db/migrations")
	if err != nil {
		r.t.Fatal(err)
	}
	s := judge.Standing{Format: f, Folder: folder, Git: git.Inspect(r.t.Context(), r.top, folder)}
	if r.rows != nil {
		s.Database = "shop"
		s.Status = migration.Compare(folder, r.rows, f.History).Doubt(s.Git.Adds)
	}
	return Case{Standing: s, Now: now}
}

// wrong are the problems of order and names that are left.
func (r *repo) wrong(c Case) []migration.Problem {
	all := slices.Concat(c.Folder.Problems, c.Format.Collide(c.Folder, c.Git.Added, c.Git.Merged),
		c.Status.Problems(c.Format))
	return slices.DeleteFunc(all, func(p migration.Problem) bool {
		return p.Kind != migration.Duplicate && p.Kind != migration.Late && p.Kind != migration.Edited
	})
}

func moved(p *Proposal) string {
	var all []string
	for _, r := range p.Renumbered {
		for _, m := range r.Moves {
			all = append(all, m.From+" > "+m.To)
		}
	}
	return strings.Join(all, ", ")
}

func TestRenumber(t *testing.T) {
	for _, c := range []struct {
		name, tool string
		outside    bool
		merged     []string
		added      []string
		rows       []migration.Row
		named      []string
		want       string
	}{
		{name: "merged meanwhile", tool: "golang-migrate", merged: []string{"000001_a.up.sql", "000002_theirs.up.sql"},
			added: []string{"000002_mine.up.sql", "000002_mine.down.sql"},
			want:  "000002_mine.up.sql > 000003_mine.up.sql, 000002_mine.down.sql > 000003_mine.down.sql"},
		{name: "what stands behind keeps its place", tool: "golang-migrate",
			merged: []string{"000001_a.up.sql", "000002_theirs.up.sql"},
			added:  []string{"000002_mine.up.sql", "000003_more.up.sql"},
			want:   "000002_mine.up.sql > 000003_mine.up.sql, 000003_more.up.sql > 000004_more.up.sql"},
		{name: "without a gap", tool: "tern", merged: []string{"001_a.sql", "002_theirs.sql", "003_theirs.sql"},
			added: []string{"002_mine.sql", "003_more.sql"},
			want:  "002_mine.sql > 004_mine.sql, 003_more.sql > 005_more.sql"},
		{name: "one into the name of the next", tool: "goose",
			merged: []string{"00001_a.sql=-- +goose Up\nSELECT 1;\n", "00002_theirs.sql=-- +goose Up\nSELECT 1;\n"},
			added:  []string{"00002_x.sql=-- +goose Up\nSELECT 1;\n", "00003_x.sql=-- +goose Up\nSELECT 2;\n"},
			want:   "00002_x.sql > 00003_x.sql, 00003_x.sql > 00004_x.sql"},
		{name: "late on the branch", tool: "dbmate",
			merged: []string{
				"20260101000000_a.sql=-- migrate:up\nSELECT 1;\n", "20260301000000_b.sql=-- migrate:up\nSELECT 1;\n",
			},
			added: []string{"20260201000000_mine.sql=-- migrate:up\nSELECT 1;\n"},
			want:  "20260201000000_mine.sql > " + now + "_mine.sql"},
		{name: "one second", tool: "golang-migrate", outside: true,
			added: []string{"20261101235959_a.up.sql", "20261101235959_b.up.sql"},
			named: []string{"20261101235959_b.up.sql"}, want: "20261101235959_b.up.sql > " + now + "_b.up.sql"},
		{name: "nobody knows what stands behind", tool: "golang-migrate", outside: true,
			added: []string{"000001_a.up.sql", "000001_b.up.sql", "000002_c.up.sql"},
			named: []string{"000001_b.up.sql"}, want: "000001_b.up.sql > 000003_b.up.sql"},
		{name: "late in the database", tool: "plain", outside: true,
			added: []string{"0001_a.sql", "0002_b.sql", "0009_d.sql"},
			rows:  []migration.Row{{Version: "0001"}, {Version: "0009"}}, want: "0002_b.sql > 0010_b.sql"},
		{name: "a folder for each", tool: "prisma",
			merged: []string{"20260101000000_a/migration.sql", "20260301000000_b/migration.sql"},
			added:  []string{"20260201000000_mine/migration.sql"}, want: "20260201000000_mine > " + now + "_mine"},
		{name: "dashes in a date", tool: "diesel",
			merged: []string{"2026-01-01-000000_a/up.sql", "2026-03-01-000000_b/up.sql"},
			added:  []string{"2026-02-01-000000_mine/up.sql", "2026-02-01-000000_mine/down.sql"},
			want:   "2026-02-01-000000_mine > 2026-11-29-120000_mine"},
		{name: "a file of sums", tool: "atlas", merged: []string{"20260101000000_a.sql", "20260301000000_b.sql"},
			added: []string{"20260201000000_mine.sql"}, want: "20260201000000_mine.sql > " + now + "_mine.sql"},
		{
			name: "a V before it", tool: "flyway", merged: []string{"V1__a.sql", "V2__theirs.sql"},
			added: []string{"V2__mine.sql"}, want: "V2__mine.sql > V3__mine.sql",
		},
		{
			name: "nothing is wrong", tool: "golang-migrate", merged: []string{"000001_a.up.sql"},
			added: []string{"000002_b.up.sql"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t, c.tool, c.outside, c.merged, c.added)
			r.rows = c.rows
			at := r.stand()
			at.Named = c.named
			p, err := Propose(at)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				if p != nil {
					t.Errorf("proposed %s", moved(p))
				}
				return
			}
			if p == nil || moved(p) != c.want {
				t.Fatalf("proposed %+v, want %s", p, c.want)
			}
			if len(r.wrong(at)) == 0 {
				t.Error("nothing was wrong before")
			}
			if _, err := Do(t.Context(), r.dir(), at, p, nil); err != nil {
				t.Fatal(err)
			}
			after := r.stand()
			if left := r.wrong(after); len(left) > 0 {
				t.Errorf("still wrong: %+v", left)
			}
			if p, err := Propose(after); p != nil || err != nil {
				t.Errorf("proposed again: %+v, %v", p, err)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	merged, added := []string{"000001_a.up.sql", "000002_theirs.up.sql"},
		[]string{"000002_mine.up.sql", "000003_more.up.sql"}
	for _, c := range []struct {
		name string
		set  func(*repo, *Case)
		want string
	}{
		{"merged", func(_ *repo, c *Case) {
			c.Named = []string{"000002_theirs.up.sql"}
		}, "000002_theirs.up.sql is merged into main"},
		{"run from here", func(_ *repo, c *Case) {
			c.Ran = map[string]steps.AppliedBy{"3": {Run: "ab12cd34", SHA256: sha(c, "3")}}
		}, "000002_mine.up.sql"},
		{"two of the version", func(_ *repo, c *Case) { c.Named = []string{"2"} }, "2 files have version 2"},
		{"none of the name", func(_ *repo, c *Case) { c.Named = []string{"9"} }, "no migration 9"},
	} {
		r := newRepo(t, "golang-migrate", false, merged, added)
		at := r.stand()
		c.set(r, &at)
		p, err := Propose(at)
		var refused *project.Refusal
		if c.name == "run from here" {
			// What has run stays, and nothing goes past it without a word.
			if err != nil || moved(p) != "000002_mine.up.sql > 000004_mine.up.sql" {
				t.Errorf("%s: %v, %+v", c.name, err, p)
			}
			continue
		}
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want) || refused.Advice == "" {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func sha(c *Case, version string) string { return c.Folder.Find(version).Up.SHA256 }

// TestNamed: a file with nothing wrong goes past what stands behind it, alone, where a
// person names it.
func TestNamed(t *testing.T) {
	for _, c := range []struct {
		name, tool            string
		merged, added, named  []string
		want, past, thenNamed string
	}{
		{"past two", "golang-migrate", []string{"000001_a.up.sql"},
			[]string{"000002_b.up.sql", "000003_c.up.sql", "000004_d.up.sql"}, []string{"000002_b.up.sql"},
			"000002_b.up.sql > 000005_b.up.sql", "000003_c.up.sql 000004_d.up.sql", "000005_b.up.sql"},
		{"two past one", "golang-migrate", []string{"000001_a.up.sql"},
			[]string{"000002_b.up.sql", "000003_c.up.sql", "000004_d.up.sql"}, []string{"2", "3"},
			"000002_b.up.sql > 000005_b.up.sql, 000003_c.up.sql > 000006_c.up.sql", "000004_d.up.sql", "6"},
		{"a timestamp", "plain", []string{"20260101000000_a.sql"},
			[]string{"20260201000000_b.sql", "20260301000000_c.sql"}, []string{"20260201000000_b.sql"},
			"20260201000000_b.sql > " + now + "_b.sql", "20260301000000_c.sql", now + "_b.sql"},
		{"the order of what is wrong stays", "golang-migrate", []string{"000001_a.up.sql", "000002_theirs.up.sql"},
			[]string{"000002_b.up.sql", "000003_c.up.sql"}, []string{"000002_b.up.sql"},
			"000002_b.up.sql > 000003_b.up.sql, 000003_c.up.sql > 000004_c.up.sql", "", "000004_c.up.sql"},
	} {
		r := newRepo(t, c.tool, false, c.merged, c.added)
		at := r.stand()
		at.Named = c.named
		p, err := Propose(at)
		if err != nil || p == nil || moved(p) != c.want || strings.Join(p.Past, " ") != c.past {
			t.Fatalf("%s: %v, %+v", c.name, err, p)
		}
		if _, err := Do(t.Context(), r.dir(), at, p, nil); err != nil {
			t.Fatal(err)
		}
		at = r.stand()
		at.Named = []string{c.thenNamed}
		if p, err := Propose(at); p != nil || err != nil {
			t.Errorf("%s: the newest is moved again: %+v, %v", c.name, p, err)
		}
	}
}

// TestDoubt: the history has the version, and two files do.
func TestDoubt(t *testing.T) {
	r := newRepo(t, "golang-migrate", false, []string{"000001_a.up.sql", "000002_theirs.up.sql"}, []string{
		"000002_mine.up.sql",
	})
	r.rows = []migration.Row{{Version: "2"}}
	at := r.stand()
	_, err := Propose(at)
	var doubt *DoubtError
	if !errors.As(err, &doubt) || doubt.Path != "000002_mine.up.sql" || doubt.Other != "000002_theirs.up.sql" {
		t.Fatalf("%v, want a doubt", err)
	}
	at.NotRun = []string{doubt.Path}
	p, err := Propose(at)
	if err != nil || moved(p) != "000002_mine.up.sql > 000003_mine.up.sql" {
		t.Errorf("%v, %+v", err, p)
	}
}

// TestMentions mends who names the file, but no merged migration, and undoes it all
// where the renaming fails.
func TestMentions(t *testing.T) {
	r := newRepo(t, "golang-migrate", false,
		[]string{"000001_a.up.sql=-- before 000002_mine\nSELECT 1;\n", "000002_theirs.up.sql"},
		[]string{
			"000002_mine.up.sql", "000002_mine.down.sql=-- undoes 000002_mine.up.sql\nSELECT 1;\n",
			"../../README.md=see 000002_mine, not 000002_mine2 and not x000002_mine\n",
		})
	at := r.stand()
	p, err := Propose(at)
	if err != nil {
		t.Fatal(err)
	}
	edits, err := Mentions(t.Context(), r.dir(), at, p)
	if err != nil || len(edits) != 4 {
		t.Fatalf("%v, %+v", err, edits)
	}
	inTheWay := filepath.Join(r.dir(), "000003_mine.down.sql")
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := r.git("status", "--porcelain") + r.text("../../README.md")
	if _, err := Do(t.Context(), r.dir(), at, p, edits); err == nil {
		t.Fatal("it went over a file that was there")
	}
	if after := r.git("status", "--porcelain") + r.text("../../README.md"); after != before {
		t.Errorf("left behind:\n%s\nwant\n%s", after, before)
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	if _, err := Do(t.Context(), r.dir(), at, p, edits); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"../../README.md":      "see 000003_mine, not 000002_mine2 and not x000002_mine\n",
		"000003_mine.down.sql": "-- undoes 000003_mine.up.sql\nSELECT 1;\n",
		"000001_a.up.sql":      "-- before 000002_mine\nSELECT 1;\n",
	} {
		if got := r.text(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func (r *repo) text(name string) string {
	r.t.Helper()
	b, err := os.ReadFile(filepath.Join(r.dir(), filepath.FromSlash(name)))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(b)
}

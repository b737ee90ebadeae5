package git

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"belay/sqlview/migration"
)

// work is a real repository with a folder of migrations.
type work struct {
	t   testing.TB
	dir string
}

func newWork(t testing.TB, init ...string) work {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git program here")
	}
	for name, value := range map[string]string{
		"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_SYSTEM": os.DevNull,
		"GIT_CONFIG_COUNT": "3", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "op2",
		"GIT_CONFIG_KEY_1": "user.email", "GIT_CONFIG_VALUE_1": "op2@example.org",
		"GIT_CONFIG_KEY_2": "protocol.file.allow", "GIT_CONFIG_VALUE_2": "always",
	} {
		t.Setenv(name, value)
	}
	w := work{t: t, dir: t.TempDir()}
	w.git(append([]string{"init", "-q", "-b", "main"}, init...)...)
	return w
}

func (w work) git(args ...string) string {
	w.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = w.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (w work) write(name, text string) {
	w.t.Helper()
	name = filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w work) commit(message string) string {
	w.t.Helper()
	w.git("add", "-A")
	w.git("commit", "-q", "-m", message)
	return w.git("rev-parse", "HEAD")
}

func (w work) inspect(dir string) Facts {
	w.t.Helper()
	return Inspect(w.t.Context(), w.dir, w.load(dir))
}

func (w work) load(dir string) migration.Folder {
	w.t.Helper()
	f, err := migration.Find("plain")
	if err != nil {
		w.t.Fatal(err)
	}
	folder, err := f.Load(os.DirFS(w.dir), dir)
	if err != nil {
		w.t.Fatal(err)
	}
	return folder
}

func edits(f Facts) []string {
	var all []string
	for _, e := range f.Edited {
		all = append(all, fmt.Sprintf("%s %s %.8s merged=%v was %q", e.Path, e.Kind, e.By.ID, e.Merged, e.Was))
	}
	return all
}

func check(t *testing.T, what string, want, got []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}

// A migration that is a program is found edited like a file of SQL; what in it is a
// comment is not known.
func TestProgramsAreFoundEdited(t *testing.T) {
	w := newWork(t)
	up := "def upgrade():\n    op.execute('SELECT 1')\n"
	for i, name := range []string{"a", "b", "c"} {
		down := "None"
		if i > 0 {
			down = fmt.Sprintf("%q", []string{"a", "b"}[i-1])
		}
		w.write("versions/"+name+".py", fmt.Sprintf("revision = %q\ndown_revision = %s\n%s", name, down, up))
	}
	merged := w.commit("all")
	w.write("versions/b.py", "revision = 'b'\ndown_revision = \"a\"\n# why\n"+up)
	w.write("versions/c.py", "revision = \"c\"\r\ndown_revision = \"b\"\r\n"+strings.ReplaceAll(up, "\n", "\r\n"))
	f, err := migration.Find("alembic")
	if err != nil {
		t.Fatal(err)
	}
	folder, err := f.Load(os.DirFS(w.dir), "versions")
	if err != nil {
		t.Fatal(err)
	}
	facts := Inspect(t.Context(), w.dir, folder)
	if len(facts.Edited) != 1 || facts.Edited[0].Kind != migration.EditSQL || !facts.Edited[0].Program {
		t.Fatalf("%+v", facts)
	}
	p := facts.Edited[0].Problem()
	if want := "commit " + merged[:8]; !p.Stops || !strings.HasPrefix(p.Hint, want) {
		t.Errorf("%+v", p)
	}
}

func TestBranch(t *testing.T) {
	w := newWork(t)
	w.write("README.md", "a repository")
	w.write("db/migrations/README.md", "not a migration")
	w.write("db/migrations/0001_a.sql", "SELECT 1;\n")
	w.write("db/migrations/0002_b.sql", "SELECT 2;\n")
	w.write("db/migrations/0003_c.sql", "SELECT 3;\r\n")
	w.write("db/migrations/0004 [d]*.sql", "SELECT 4;\n")
	w.write("db/rollback/0001_a.sql", "SELECT -1;\n")
	w.write("db/rollback/0002_b.sql", "SELECT -2;\n")
	w.commit("one")
	w.git("checkout", "-q", "-b", "feature")
	w.write("db/migrations/0002_b.sql", "SELECT 22;\n")
	w.write("db/migrations/0005_mine.sql", "SELECT 5;\n")
	branch := w.commit("two")
	w.git("checkout", "-q", "main")
	w.write("db/migrations/0005_theirs.sql", "SELECT 5;\n")
	w.commit("three")
	w.git("checkout", "-q", "feature")
	w.write("db/migrations/0001_a.sql", "SELECT 1; -- one\n")
	w.write("db/migrations/0006_new.sql", "SELECT 6;\n")
	w.write("db/rollback/0002_b.sql", "SELECT -22;\n")

	f := w.inspect("db/migrations")
	if f.Unknown != "" || f.Default != "main" || f.Head != branch || f.Shallow {
		t.Fatalf("facts %+v", f)
	}
	check(t, "edited", []string{
		`../rollback/0002_b.sql sql  merged=false was "SELECT -2;\n"`,
		`0001_a.sql comment  merged=false was "SELECT 1;\n"`,
		fmt.Sprintf(`0002_b.sql sql %.8s merged=false was "SELECT 2;\n"`, branch),
	}, edits(f))
	check(t, "added", []string{"0005_mine.sql", "0006_new.sql"}, f.Added)
	check(t, "uncommitted", []string{"0006_new.sql"}, f.Uncommitted)
	check(t, "theirs", []string{"0005_theirs.sql"}, f.Theirs)
	if len(f.Merged) != 8 {
		t.Errorf("merged %q", f.Merged)
	}
}

// The worse case: the edit was merged, so nothing differs any more.
func TestEditedOnTheDefaultBranch(t *testing.T) {
	w := newWork(t)
	w.write("0001_a.sql", "SELECT 1;")
	w.write("0002_b.sql", "SELECT 2;")
	w.write("sub/big.sql", "SELECT 'no business of ours';")
	first := w.commit("one")
	w.git("checkout", "-q", "-b", "fix")
	w.write("0001_a.sql", "SELECT 11;")
	w.commit("two")
	w.git("checkout", "-q", "main")
	w.git("merge", "-q", "--no-ff", "-m", "merge the fix", "fix")
	merge := w.git("rev-parse", "HEAD")
	f := w.inspect(".")
	check(t, "edited", []string{fmt.Sprintf(`0001_a.sql sql %.8s merged=true was "SELECT 1;"`, merge)}, edits(f))
	if e := f.Edited[0]; e.Since.ID != first || e.By.Author != "op2" || e.By.When.IsZero() {
		t.Errorf("edited %+v", e)
	}
	check(t, "merged", []string{"0001_a.sql", "0002_b.sql"}, f.Merged)

	// A branch that has not merged that edit yet still has the text that ran.
	w.git("checkout", "-q", "-b", "old", first)
	if f := w.inspect("."); len(f.Edited) != 0 {
		t.Errorf("edited %q", edits(f))
	}
	// Deleted and merged again: the new text is the one that counts.
	w.git("checkout", "-q", "main")
	w.git("rm", "-q", "0001_a.sql")
	w.commit("revert")
	w.write("0001_a.sql", "SELECT 11;")
	w.commit("again")
	if f := w.inspect("."); len(f.Edited) != 0 {
		t.Errorf("edited %q", edits(f))
	}
}

func TestDefaultBranchOfTheRemote(t *testing.T) {
	origin := newWork(t)
	origin.git("checkout", "-q", "-b", "trunk")
	origin.write("migrations/0001_a.sql", "SELECT 1;")
	origin.commit("one")
	origin.write("migrations/0002_b.sql", "SELECT 2;")
	origin.commit("two")
	w := work{t: t, dir: t.TempDir()}
	w.git("clone", "-q", "file://"+origin.dir, ".")
	w.write("migrations/0003_c.sql", "SELECT 3;")
	w.commit("not pushed")
	f := w.inspect("migrations")
	if f.Default != "origin/trunk" {
		t.Errorf("default %q, want origin/trunk", f.Default)
	}
	check(t, "added", []string{"0003_c.sql"}, f.Added)
	check(t, "uncommitted", nil, f.Uncommitted)

	shallow := work{t: t, dir: t.TempDir()}
	shallow.git("clone", "-q", "--depth=1", "file://"+origin.dir, ".")
	if f := shallow.inspect("migrations"); !f.Shallow || len(f.Merged) != 2 || len(f.Edited) != 0 {
		t.Errorf("shallow clone: %+v", f)
	}
}

// A checkout with CRLF line ends and a SHA-256 repository are the same text.
func TestBlobs(t *testing.T) {
	for _, init := range [][]string{nil, {"--object-format=sha256"}} {
		w := newWork(t, init...)
		w.write("m/0001_a.sql", "SELECT 1;\nSELECT 2;\n")
		w.commit("one")
		w.write("m/0001_a.sql", "SELECT 1;\r\nSELECT 2;\r\n")
		if f := w.inspect("m"); f.Unknown != "" || len(f.Edited) != 0 {
			t.Errorf("%v: %+v", init, f)
		}
	}
}

func TestUnknown(t *testing.T) {
	t.Run("no repository", func(t *testing.T) {
		w := work{t: t, dir: t.TempDir()}
		w.write("m/0001_a.sql", "SELECT 1;")
		if f := w.inspect("m"); f.Unknown != NoRepository {
			t.Errorf("%+v", f)
		}
	})
	t.Run("no commit", func(t *testing.T) {
		w := newWork(t)
		w.write("m/0001_a.sql", "SELECT 1;")
		if f := w.inspect("m"); f.Unknown != NoCommits {
			t.Errorf("%+v", f)
		}
	})
	t.Run("no default branch", func(t *testing.T) {
		w := newWork(t)
		w.git("checkout", "-q", "-b", "other")
		w.write("m/0001_a.sql", "SELECT 1;")
		w.commit("one")
		if f := w.inspect("m"); f.Unknown != NoDefault {
			t.Errorf("%+v", f)
		}
	})
	t.Run("no git", func(t *testing.T) {
		w := newWork(t)
		w.write("m/0001_a.sql", "SELECT 1;")
		t.Setenv("PATH", t.TempDir())
		if f := w.inspect("m"); f.Unknown != NoGit {
			t.Errorf("%+v", f)
		}
	})
	t.Run("damaged", func(t *testing.T) {
		w := newWork(t)
		w.write("m/0001_a.sql", "SELECT 1;")
		w.write(".git/HEAD", "nonsense")
		if f := w.inspect("m"); f.Unknown != Refused || f.Detail == "" {
			t.Errorf("%+v", f)
		}
	})
	t.Run("another user's", func(t *testing.T) {
		w := newWork(t)
		w.write("m/0001_a.sql", "SELECT 1;")
		w.commit("one")
		if err := os.Chown(w.dir, 12345, 12345); err != nil {
			t.Skip("only root can give a folder away:", err)
		}
		if f := w.inspect("m"); f.Unknown != Refused || !strings.Contains(f.Detail, "ownership") {
			t.Errorf("%+v", f)
		}
	})
}

// Asking must not run what a repository's configuration names, and must leave
// the index as it was.
func TestInspectChangesNothing(t *testing.T) {
	w := newWork(t)
	w.write("m/0001_a.sql", "SELECT 1;")
	w.commit("one")
	trap := filepath.Join(t.TempDir(), "ran")
	for _, key := range []string{"core.fsmonitor", "core.pager", "diff.external", "gpg.program"} {
		w.git("config", key, "touch "+trap+"; true")
	}
	w.git("config", "log.showSignature", "true")
	w.write("m/0001_a.sql", "SELECT 11;")
	index := filepath.Join(w.dir, ".git", "index")
	before, err := os.Stat(index)
	if err != nil {
		t.Fatal(err)
	}
	if f := w.inspect("m"); len(f.Edited) != 1 {
		t.Errorf("%+v", f)
	}
	if _, err := os.Stat(trap); err == nil {
		t.Error("a program of the repository's configuration was run")
	}
	if after, err := os.Stat(index); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Error("the index was written", err)
	}
}

// Inside a hook git sets its own folders in the environment.
func TestInsideAHook(t *testing.T) {
	w := newWork(t)
	w.write("m/0001_a.sql", "SELECT 1;")
	w.commit("one")
	t.Setenv("GIT_DIR", filepath.Join(t.TempDir(), "elsewhere"))
	if f := w.inspect("m"); f.Unknown != "" || len(f.Merged) != 1 {
		t.Errorf("%+v", f)
	}
}

func TestCancelled(t *testing.T) {
	w := newWork(t)
	w.write("m/0001_a.sql", "SELECT 1;")
	w.commit("one")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if f := Inspect(ctx, w.dir, migration.Folder{Dir: "m"}); f.Unknown != Refused {
		t.Errorf("%+v", f)
	}
}

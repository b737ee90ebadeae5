package git

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"belay/sqlview/migration"
)

// Facts is what git knows of a folder. Paths are spelled as migration.File has
// them, relative to the folder. With Unknown set, every other list is empty and
// means nothing.
type Facts struct {
	Unknown Unknown
	// Detail is git's own word where it refused.
	Detail string
	// Default is the branch that counts as merged, such as "origin/main".
	Default string
	// Head is the commit at hand, and Reached the newest of Default.
	Head, Reached string
	// Shallow is true where the history is cut off: an edit before the cut
	// cannot be seen.
	Shallow bool
	// Merged are the folder's files on the default branch.
	Merged []string
	// Edited are files whose text differs from the one that first reached the
	// default branch.
	Edited []Edited
	// Added are files that are not on the default branch; Uncommitted are those
	// of them that no commit of this branch has either.
	Added, Uncommitted []string
	// Theirs are files of the default branch that are not here.
	Theirs []string
}

// Edited is a file that was changed after it reached the default branch.
type Edited struct {
	Path string
	// Program is true for a migration that is a program.
	Program bool
	// Kind is EditComment where the server would run the same.
	Kind migration.Edit
	// Was is the text that reached the default branch, in commit Since.
	Was   []byte
	Since Commit
	// By is the last commit that changed it; the zero Commit = not committed.
	By Commit
	// Merged is true where the edit itself is on the default branch.
	Merged bool
}

// Adds reports whether a migration is only on this branch; false also where git cannot
// tell.
func (f Facts) Adds(m migration.Migration) bool { return slices.Contains(f.Added, m.Up.Path) }

// Problem is the edit as a problem of the folder. It stops where the server would
// run something else.
func (e Edited) Problem() migration.Problem {
	p := migration.Problem{
		Kind: migration.Edited, Paths: []string{e.Path},
		Message: e.Path + " was edited after it was merged (comments and blanks only)",
		Hint:    "a migration that has run anywhere is never edited",
	}
	if e.Kind == migration.EditSQL {
		p.Stops = true
		p.Message = e.Path + " was edited after it was merged: databases that ran it will not run it again"
		p.Hint = migration.UneditHint(e.Path)
		if e.Program {
			p.Hint = fmt.Sprintf("commit %.8s has it as it was: take that back, and put the change into a new "+
				"migration", e.Since.ID)
		}
	}
	return p
}

// Commit names a commit.
type Commit struct {
	ID, Author string
	When       time.Time // the committer's clock
}

// String is the short id, the author and the day; "not committed" for none.
func (c Commit) String() string {
	if c.ID == "" {
		return "not committed"
	}
	return fmt.Sprintf("%.8s by %s on %s", c.ID, c.Author, c.When.Format(time.DateOnly))
}

// Inspect asks git about the files of a folder; root is the path that was the
// root of Folder.Dir. It judges the bytes that were loaded, not the disk. At
// most seven calls of git, however many files there are.
func Inspect(ctx context.Context, root string, folder migration.Folder) Facts {
	dir := path.Join(root, folder.Dir)
	repo, unknown := open(dir)
	if unknown != "" {
		return Facts{Unknown: unknown}
	}
	in := inspection{repo: repo, files: filesOf(folder)}
	if err := in.ask(ctx); err != nil {
		unknown, detail := reason(err)
		return Facts{Unknown: unknown, Detail: detail}
	}
	return in.facts
}

func filesOf(f migration.Folder) map[string]migration.File {
	files := map[string]migration.File{}
	for _, m := range f.Migrations {
		for _, file := range m.Files() {
			files[file.Path] = file
		}
	}
	return files
}

// inspection collects what the calls say.
type inspection struct {
	repo  repository
	files map[string]migration.File
	// prefix is the folder's path under the repository's top, "" = the top.
	prefix string
	facts  Facts
	merged history         // of the default branch
	branch history         // since then
	head   map[string]bool // the files of HEAD
}

func (in *inspection) ask(ctx context.Context) error {
	if err := in.locate(ctx); err != nil || in.facts.Unknown != "" {
		return err
	}
	if err := in.readHistory(ctx); err != nil {
		return err
	}
	in.compare()
	return in.texts(ctx)
}

// locate finds the folder in the repository, HEAD and the default branch. All
// later calls are made from the top, where every path is spelled from.
func (in *inspection) locate(ctx context.Context) error {
	out, err := in.repo.run(ctx, "rev-parse", "--is-shallow-repository", "--show-prefix", "--show-toplevel")
	if err != nil {
		return err
	}
	line := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	in.facts.Shallow, in.prefix, in.repo.dir = line[0] == "true", strings.TrimSuffix(line[1], "/"), line[2]
	head, err := in.repo.run(ctx, "rev-parse", "--quiet", "--verify", "HEAD^{commit}")
	if saidNo(err) {
		in.facts = Facts{Unknown: NoCommits}
		return nil
	}
	if err != nil {
		return err
	}
	in.facts.Head = strings.TrimSpace(string(head))
	refs, err := in.repo.run(ctx, "for-each-ref", "--format=%(refname)%00%(symref)%00%(objectname)",
		"refs/remotes/origin", "refs/heads/main", "refs/heads/master")
	if err != nil {
		return err
	}
	in.facts.Default, in.facts.Reached = defaultBranch(string(refs))
	if in.facts.Default == "" {
		in.facts = Facts{Unknown: NoDefault}
	}
	return nil
}

// defaultBranch prefers what the remote calls its own.
func defaultBranch(refs string) (name, commit string) {
	ids := map[string]string{}
	origin := ""
	for line := range strings.Lines(refs) {
		field := strings.Split(strings.TrimSuffix(line, "\n"), "\x00")
		ids[field[0]] = field[2]
		if field[0] == "refs/remotes/origin/HEAD" {
			origin = field[1]
		}
	}
	for _, ref := range []string{
		origin, "refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master",
	} {
		if id, ok := ids[ref]; ok {
			return strings.TrimPrefix(strings.TrimPrefix(ref, "refs/remotes/"), "refs/heads/"), id
		}
	}
	return "", ""
}

// compare holds the loaded bytes against the default branch.
func (in *inspection) compare() {
	f := &in.facts
	for name := range in.merged.files {
		f.Merged = append(f.Merged, name)
		if !in.onDisk(name) {
			f.Theirs = append(f.Theirs, name)
		}
	}
	for name, file := range in.files {
		b := file.Whole
		was, ok := in.merged.files[name]
		switch {
		case !ok:
			f.Added = append(f.Added, name)
			if !in.head[name] {
				f.Uncommitted = append(f.Uncommitted, name)
			}
		case !sameBlob(b, was.first):
			f.Edited = append(f.Edited, in.edited(name, b, was))
		}
	}
	for _, list := range [][]string{f.Merged, f.Theirs, f.Added, f.Uncommitted} {
		slices.Sort(list)
	}
	slices.SortFunc(f.Edited, func(a, b Edited) int { return strings.Compare(a.Path, b.Path) })
}

// onDisk also knows the files of the folder that are no migrations.
func (in *inspection) onDisk(name string) bool {
	if _, ok := in.files[name]; ok {
		return true
	}
	_, err := os.Lstat(filepath.Join(in.repo.dir, in.prefix, name))
	return err == nil
}

// edited finds who wrote the text at hand: the default branch, this one, or
// nobody yet.
func (in *inspection) edited(name string, b []byte, was change) Edited {
	e := Edited{Path: name, Program: in.files[name].Tx == migration.TxForeign, Since: was.since}
	if by, ok := was.writer(b); ok {
		e.By, e.Merged = by, true
	} else if by, ok := in.branch.files[name].writer(b); ok {
		e.By = by
	}
	return e
}

// sameBlob compares bytes with a blob's id; a checkout with CRLF line ends is
// the same text.
func sameBlob(b []byte, id string) bool {
	return id != "" && (blobID(b, len(id)) == id ||
		blobID(bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")), len(id)) == id)
}

// blobID is the name git gives to a text, in SHA-1 or, with 64 digits, SHA-256.
func blobID(b []byte, digits int) string {
	blob := append(fmt.Appendf(nil, "blob %d\x00", len(b)), b...)
	if digits == sha256.Size*2 {
		sum := sha256.Sum256(blob)
		return hex.EncodeToString(sum[:])
	}
	sum := sha1.Sum(blob)
	return hex.EncodeToString(sum[:])
}

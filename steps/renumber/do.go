package renumber

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"belay/sqlview/migration"
	"belay/steps/fix"
	"belay/steps/git"
	"belay/steps/project"
)

// Edit is a file that names a migration by its old name, with its lines.
type Edit struct {
	// Path is the file's before anything is renamed, absolute.
	Path  string
	Lines []int
	// Merged is true for a merged migration: it is shown, and never changed.
	Merged bool
}

// Mentions are the files that name what would be renamed.
func Mentions(ctx context.Context, dir string, c Case, p *Proposal) ([]Edit, error) {
	var words []string
	for _, n := range names(p) {
		words = append(words, n.was)
	}
	found, err := git.Mentions(ctx, dir, words)
	if err != nil {
		return nil, fmt.Errorf("who names the files: %w", err)
	}
	runs, err := project.RunsDir()
	if err != nil {
		return nil, err
	}
	own := filepath.Dir(runs) + string(filepath.Separator)
	var edits []Edit
	for _, m := range found {
		if strings.HasPrefix(m.Path, own) {
			continue // a journal tells what was, where a home is a repository
		}
		if _, changed := mended([]byte(m.Text), names(p)); !changed {
			continue
		}
		if n := len(edits); n > 0 && edits[n-1].Path == m.Path {
			edits[n-1].Lines = append(edits[n-1].Lines, m.Line)
			continue
		}
		edits = append(edits, Edit{Path: m.Path, Lines: []int{m.Line}, Merged: mergedFile(dir, c, m.Path)})
	}
	return edits, nil
}

// mergedFile reports whether a path is a migration that is not of this branch.
func mergedFile(dir string, c Case, name string) bool {
	for _, m := range c.Folder.Migrations {
		for _, f := range m.Files() {
			if samePath(filepath.Join(dir, filepath.FromSlash(f.Path)), name) {
				return !c.own(m)
			}
		}
	}
	return false
}

func samePath(a, b string) bool {
	if a == b {
		return true
	}
	x, err := os.Stat(a)
	y, other := os.Stat(b)
	return err == nil && other == nil && os.SameFile(x, y)
}

// name is what a text calls a migration by, and what it is called now.
type name struct {
	was, now string
	found    *regexp.Regexp
}

// names are the stems of the renamed files and folders, without the endings: texts
// leave them out. A stem of digits alone may be any number, and is no name.
func names(p *Proposal) []name {
	var all []name
	for _, m := range p.Moves() {
		was, _, _ := strings.Cut(path.Base(m.From), ".")
		now, _, _ := strings.Cut(path.Base(m.To), ".")
		if strings.Trim(was, "0123456789") == "" ||
			slices.ContainsFunc(all, func(n name) bool { return n.was == was }) {
			continue
		}
		all = append(all, name{
			was, now, regexp.MustCompile(`(^|[^0-9A-Za-z_])` + regexp.QuoteMeta(was) + `($|[^0-9A-Za-z_])`),
		})
	}
	return all
}

// mended is a text with the new names.
func mended(text []byte, all []name) (_ []byte, changed bool) {
	was := text
	for _, n := range all {
		with := []byte("${1}" + strings.ReplaceAll(n.now, "$", "$$") + "${2}")
		// Two names side by side share the sign between them.
		text = n.found.ReplaceAll(n.found.ReplaceAll(text, with), with)
	}
	return text, !bytes.Equal(was, text)
}

// Do renames the files, mends what names them, and writes the tool's file of sums anew
// where it was right before. dir is the folder on the disk. All or nothing: on an
// error everything is as it was. It returns what was done, a line each, without the
// renames.
func Do(ctx context.Context, dir string, c Case, p *Proposal, edits []Edit) (done []string, err error) {
	texts := map[string][]byte{}
	for _, e := range edits {
		if e.Merged {
			continue
		}
		if texts[e.Path], err = os.ReadFile(e.Path); err != nil {
			return nil, fmt.Errorf("renumber: %w; nothing was renamed", err)
		}
	}
	sums, was, right := c.Sums(dir)
	if sums != "" && !right {
		return nil,
			&project.Refusal{Problem: sums +
				" is not what the files are now: who edited one of them would not be seen any more",
				Advice: "take the files back as they were, or have the tool write " + sums +
					" first; nothing was renamed"}
	}
	var undo []func() error
	defer func() {
		for _, u := range slices.Backward(undo) {
			if err != nil {
				err = errors.Join(err, u())
			}
		}
	}()
	for name, text := range texts {
		after, _ := mended(text, names(p))
		if err := fix.Overwrite(name, after); err != nil {
			return nil, fmt.Errorf("renumber: %w; nothing was renamed", err)
		}
		undo = append(undo, func() error { return fix.Overwrite(name, text) })
		done = append(done, "mended "+name)
	}
	slices.Sort(done)
	if err := git.Rename(ctx, dir, p.Moves()); err != nil {
		return nil, err
	}
	if sums == "" {
		return done, nil
	}
	undo = append(undo, func() error { return git.Rename(context.WithoutCancel(ctx), dir, backwards(p.Moves())) })
	folder, err := c.Format.Load(os.DirFS(filepath.Dir(dir)), filepath.Base(dir))
	if err != nil {
		return nil, fmt.Errorf("renumber: reading the folder again: %w", err)
	}
	_, text := c.Format.Sums(folder.Migrations)
	name := filepath.Join(dir, sums)
	undo = append(undo, func() error { return fix.Overwrite(name, was) })
	if err := fix.Overwrite(name, text); err != nil {
		return nil, fmt.Errorf("renumber: %w", err)
	}
	return append(done, "wrote "+sums+" again"), nil
}

func backwards(moves []migration.Move) []migration.Move {
	var all []migration.Move
	for _, m := range slices.Backward(moves) {
		all = append(all, migration.Move{From: m.To, To: m.From})
	}
	return all
}

package migration

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// readFile reads one file of the folder dir; name is relative to it.
func readFile(root fs.FS, dir, name string, tx Tx) (File, error) {
	b, err := fs.ReadFile(root, path.Join(dir, name))
	if err != nil {
		return File{}, fmt.Errorf("migration file: %w", err)
	}
	return NewFile(name, b, tx), nil
}

// NewFile makes a File of a text that stands nowhere yet, such as one that was
// read from standard input or is shown by git.
func NewFile(name string, b []byte, tx Tx) File {
	backfill, _ := backfillHeader(b)
	return File{Path: name, Bytes: b, SHA256: hexSHA256(b), Normalized: NormalizedSHA256(b), Tx: tx, Backfill: backfill}
}

// listing is what stands in a folder: files by name, sorted, and sub-folders.
type listing struct{ files, folders []string }

func list(root fs.FS, dir string) (listing, error) {
	entries, err := fs.ReadDir(root, dir)
	if err != nil {
		return listing{}, fmt.Errorf("migrations folder: %w", err)
	}
	var l listing
	for _, e := range entries {
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir():
			l.folders = append(l.folders, e.Name())
		default:
			l.files = append(l.files, e.Name())
		}
	}
	return l, nil
}

// listIfThere is list where the folder may be missing.
func listIfThere(root fs.FS, dir string) (listing, error) {
	l, err := list(root, dir)
	if errors.Is(err, fs.ErrNotExist) || !fs.ValidPath(dir) {
		return listing{}, nil
	}
	return l, err
}

// checkIgnored finds files that look like migrations and that the tool passes
// over without a word: wrong names here, right names a folder below.
func checkIgnored(root fs.FS, dir string, l listing, tool string, takes, looks func(name string) bool) []Problem {
	var found []Problem
	for _, name := range l.files {
		if !takes(name) && looks(name) {
			found = append(found, Problem{Kind: Name, Paths: []string{name},
				Message: fmt.Sprintf("%s looks like a migration, but %s ignores the name", name, tool),
				Hint:    "rename it, or move it out of the folder"})
		}
	}
	for _, folder := range l.folders {
		below, err := list(root, path.Join(dir, folder))
		if err != nil || !slices.ContainsFunc(below.files, takes) {
			continue
		}
		found = append(found, Problem{Kind: Name, Paths: []string{folder},
			Message: fmt.Sprintf("%s/ has files that are named like migrations, but %s does not look into sub-folders", folder, tool),
			Hint:    "point belay at that folder with --migrations, or move the files up"})
	}
	return found
}

// finish sorts the migrations and adds what can be found in any folder.
func (f *Folder) finish(names []string, duplicates string) {
	sortByNumber(f.Migrations)
	f.Problems = append(f.Problems, checkDuplicates(f.Migrations, duplicates)...)
	f.Problems = append(f.Problems, checkCase(names)...)
	for _, m := range f.Migrations {
		f.Problems = append(f.Problems, checkText(m.Up)...)
		if m.Down != nil {
			f.Problems = append(f.Problems, checkText(*m.Down)...)
		}
	}
}

// there reports whether a file stands under root.
func there(root fs.FS, name string) bool {
	_, err := fs.Stat(root, name)
	return err == nil
}

func mentions(root fs.FS, name, text string) bool {
	b, err := fs.ReadFile(root, name)
	return err == nil && strings.Contains(string(b), text)
}

package migration

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// readFile reads one file of the folder dir; name is relative to it.
func readFile(root fs.FS, dir, name string, tx Tx) (File, error) {
	b, err := fs.ReadFile(root, path.Join(dir, name))
	if err != nil {
		return File{}, fmt.Errorf("migration file: %w", err)
	}
	return NewFile(name, b, tx), nil
}

// ahead reads files of the folder dir side by side: the ones that takes says. The file
// system that it returns has them already; an error of one comes when it is read.
func ahead(root fs.FS, dir string, names []string, takes func(name string) bool) fs.FS {
	read := readAhead{FS: root, texts: map[string][]byte{}}
	var wanted []string
	for _, name := range names {
		if takes(name) {
			wanted = append(wanted, path.Join(dir, name))
		}
	}
	texts := make([][]byte, len(wanted))
	var next atomic.Int64
	var done sync.WaitGroup
	for range min(len(wanted)/perReader, runtime.GOMAXPROCS(0)) {
		done.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(wanted); i = int(next.Add(1)) - 1 {
				if b, err := fs.ReadFile(root, wanted[i]); err == nil {
					texts[i] = b
				}
			}
		})
	}
	done.Wait()
	for i, b := range texts {
		if b != nil {
			read.texts[wanted[i]] = b
		}
	}
	return read
}

// perReader is how many files are worth a reader of their own.
const perReader = 16

// readAhead is a file system of which some files have been read.
type readAhead struct {
	fs.FS
	texts map[string][]byte
}

// ReadFile returns what was read, else reads it.
func (r readAhead) ReadFile(name string) ([]byte, error) {
	if b, ok := r.texts[name]; ok {
		return b, nil
	}
	return fs.ReadFile(r.FS, name)
}

// NewFile makes a File of a text that stands nowhere yet, such as one that was
// read from standard input or is shown by git.
func NewFile(name string, b []byte, tx Tx) File {
	f := File{Path: name, Bytes: b, Whole: b, SHA256: hexSHA256(b), Tx: tx}
	if tx != TxForeign {
		f.Backfill, _ = backfillHeader(b)
	}
	return f
}

// Normalized is the hex SHA-256 of the text without what changes nothing; see
// [NormalizedSHA256]. A program has no SQL comments that could be let go.
func (f File) Normalized() string {
	if f.Tx == TxForeign {
		return f.SHA256
	}
	return NormalizedSHA256(f.Bytes)
}

// part is the file with the bytes from..to alone. Empty lines stand for what is
// above, so that every line keeps its number.
func (f File) part(from, to int, tx Tx) File {
	above := bytes.Repeat([]byte("\n"), bytes.Count(f.Whole[:from], []byte("\n")))
	p := NewFile(f.Path, append(above, f.Whole[from:to]...), tx)
	p.Whole = f.Whole
	return p
}

// alone is a text in which all but the bytes from..to is blank, so that offsets
// and lines are those of the whole.
func alone(whole []byte, from, to int) []byte {
	out := bytes.Clone(whole)
	for i, c := range out {
		if (i < from || i >= to) && c != '\n' {
			out[i] = ' '
		}
	}
	return out
}

// empty is true for a text without SQL.
func (f File) empty() bool {
	n := normalizer{in: bytes.TrimPrefix(f.Bytes, byteOrderMark)}
	for n.at < len(n.in) && len(n.out) == 0 {
		n.step()
	}
	return len(n.out) == 0
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
			Message: fmt.Sprintf("%s/ has files that are named like migrations, but %s does not look into sub-folders",
				folder, tool),
			Hint: "point belay at that folder with --migrations, or move the files up"})
	}
	return found
}

// finish sorts the migrations and adds what can be found in any folder.
func (f *Folder) finish(names []string, duplicates string) {
	if format, err := Find(f.Format); err == nil && format.SortKey != nil {
		for i := range f.Migrations {
			f.Migrations[i].sortKey = format.SortKey(f.Migrations[i].Version)
		}
	}
	sortMigrations(f.Migrations)
	f.Problems = append(f.Problems, checkDuplicates(*f, duplicates)...)
	f.Problems = append(f.Problems, checkCase(names)...)
	for _, m := range f.Migrations {
		if m.Up.Tx == TxForeign {
			continue
		}
		f.Problems = append(f.Problems, checkText(m.Up)...)
		if m.Down != nil {
			f.Problems = append(f.Problems, checkText(*m.Down)...)
		}
	}
}

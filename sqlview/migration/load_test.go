package migration

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"github.com/rogpeppe/go-internal/txtar"
)

// A thousand files of every odd kind are read in order, none twice.
func TestLoadOrder(t *testing.T) {
	root := fstest.MapFS{}
	for i := range 1000 {
		root[fmt.Sprintf("m/%d_x.up.sql", 1000-i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "SELECT %d;", i)}
	}
	f, err := golangMigrate.Load(root, "m")
	if err != nil || len(f.Migrations) != 1000 || len(f.Problems) != 0 {
		t.Fatal(len(f.Migrations), f.Problems, err)
	}
	for i, m := range f.Migrations {
		if m.Number != uint64(i+1) {
			t.Fatalf("migration %d has number %d", i, m.Number)
		}
	}
}

func TestLoadMissingFolder(t *testing.T) {
	for _, f := range Formats() {
		if _, err := f.Load(fstest.MapFS{}, "nowhere"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v, want not exist", f.Name, err)
		}
	}
}

// unreadable is a folder whose files cannot be opened.
type unreadable struct{ fs.FS }

func (u unreadable) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, ".sql") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: iotest.ErrTimeout}
	}
	return u.FS.Open(name)
}

// A file that cannot be read is an error with its path, never a file less.
func TestLoadUnreadableFile(t *testing.T) {
	for _, f := range Formats() {
		root, dir := ownSample(t, f)
		_, err := f.Load(unreadable{root}, dir)
		if !errors.Is(err, iotest.ErrTimeout) || !strings.Contains(err.Error(), dir+"/") {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

// ownSample is the repository of a format's testdata/NAME.txtar, and its folder.
func ownSample(t *testing.T, f Format) (fs.FS, string) {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/" + f.Name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	root := repository(archive)
	for _, d := range Detect(root, "") {
		if d.Tool == f.Name {
			return root, d.Dir
		}
	}
	t.Fatalf("%s is not detected in its own sample", f.Name)
	return nil, ""
}

func TestInBlock(t *testing.T) {
	for tx, want := range map[Tx][2]bool{TxFile: {true, true}, TxImplicit: {false, true}, TxNone: {false, false}} {
		f := File{Tx: tx}
		if got := [2]bool{f.InBlock(1), f.InBlock(2)}; got != want {
			t.Errorf("%s: one statement %v, two %v; want %v", tx, got[0], got[1], want)
		}
	}
}

func TestRemarkIsNoSection(t *testing.T) {
	if tool := sectionTool(
		[]byte("-- Up migration: adds a\n-- down migration is in rollback/\nSELECT 1;"),
	); tool != "" {
		t.Errorf("a remark is taken for a section of %s", tool)
	}
}

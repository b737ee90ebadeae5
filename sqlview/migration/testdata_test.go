package migration

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the want sections of testdata")

// TestSamples loads every repository in testdata and compares what was
// detected, read and found wrong with the want section; with rows, the status
// too.
func TestSamples(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no samples", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { checkSample(t, file) })
	}
}

func checkSample(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := describe(t, repository(archive), strings.TrimSpace(string(section(archive, "tool"))),
		section(archive, "rows"))
	if *update {
		setSection(archive, "want", got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(section(archive, "want")), got); diff != "" {
		t.Error(diff)
	}
}

func repository(a *txtar.Archive) fs.FS {
	root := fstest.MapFS{}
	for _, f := range a.Files {
		if name, ok := strings.CutPrefix(f.Name, "repo/"); ok {
			root[name] = &fstest.MapFile{Data: f.Data}
		}
	}
	return root
}

func section(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

func setSection(a *txtar.Archive, name, text string) {
	for i := range a.Files {
		if a.Files[i].Name == name {
			a.Files[i].Data = []byte(text)
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
}

func describe(t *testing.T, root fs.FS, tool string, rows []byte) string {
	var b bytes.Buffer
	found := Detect(root, "")
	for _, d := range found {
		fmt.Fprintf(&b, "detected %s %s %d\n", d.Dir, d.Tool, d.Score)
	}
	picked, err := Pick(found)
	if tool != "" {
		picked, err = Detection{Dir: found[0].Dir, Tool: tool}, nil
	}
	var foreign *ForeignError
	if errors.As(err, &foreign) {
		picked = foreign.Detection
	}
	if f, unknown := Find(picked.Tool); err != nil && (unknown != nil || !f.Watched) {
		fmt.Fprintf(&b, "error %v\n", err)
		return b.String()
	}
	format, err := Find(picked.Tool)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := format.Load(root, picked.Dir)
	if err != nil {
		t.Fatal(err)
	}
	describeFolder(&b, folder)
	if rows != nil {
		status := Compare(folder, readRows(rows), format.History)
		describeStatus(&b, status)
		for _, p := range status.Problems(format) {
			fmt.Fprintf(&b, "status %s stops=%v %s; %s\n", p.Kind, p.Stops, p.Message, p.Hint)
		}
	}
	if format.Watched {
		fmt.Fprintf(&b, "watched, and never written\n")
		return b.String()
	}
	fmt.Fprintf(&b, "next %s\n", format.NextName(folder, "Add users' e-mail", "20261123180000"))
	return b.String()
}

func describeFolder(b *bytes.Buffer, f Folder) {
	for _, m := range f.Migrations {
		fmt.Fprintf(b, "migration %s %q %s %s", m.Version, m.Title, m.Up.Path, m.Up.Tx)
		if m.Checksum != "" {
			fmt.Fprintf(b, " checksum %s", m.Checksum)
		}
		if m.Up.Backfill != nil {
			fmt.Fprintf(b, " backfill %v %s", m.Up.Backfill.Key, m.Up.Backfill.BatchTime)
		}
		if m.Down != nil {
			fmt.Fprintf(b, ", down %s %s", m.Down.Path, m.Down.Tx)
		}
		fmt.Fprintln(b)
		if len(m.Up.Bytes) != len(m.Up.Whole) {
			describePart(b, "up", m.Up)
		}
		if m.Down != nil && len(m.Down.Bytes) != len(m.Down.Whole) {
			describePart(b, "down", *m.Down)
		}
	}
	for _, p := range f.Problems {
		fmt.Fprintf(b, "problem %s stops=%v %s\n", p.Kind, p.Stops, p.Message)
	}
}

// describePart names the lines of a file's part that have SQL in them.
func describePart(b *bytes.Buffer, direction string, file File) {
	for i, line := range strings.Split(string(file.Bytes), "\n") {
		if text := strings.TrimSpace(line); text != "" && !strings.HasPrefix(text, "--") {
			fmt.Fprintf(b, "  %s %d: %s\n", direction, i+1, text)
		}
	}
}

func describeStatus(b *bytes.Buffer, s Status) {
	for _, l := range []struct {
		name string
		list []Migration
	}{{"applied", s.Applied}, {"pending", s.Pending}, {"late", s.Late}} {
		fmt.Fprintf(b, "%s %s\n", l.name, versions(l.list))
	}
	for _, d := range s.Dirty {
		fmt.Fprintf(b, "dirty %s file=%v\n", d.Row.Version, d.Migration != nil)
	}
	for _, r := range s.Missing {
		fmt.Fprintf(b, "missing %s\n", r.Version)
	}
	fmt.Fprintf(b, "newest %s agreement %.2f\n", s.Newest, s.Agreement)
}

func versions(all []Migration) string {
	var each []string
	for _, m := range all {
		each = append(each, m.Version)
	}
	return strings.Join(each, " ")
}

// readRows reads lines of "version clean|dirty [name]"; "-" is no version.
func readRows(text []byte) []Row {
	var rows []Row
	for line := range strings.Lines(string(text)) {
		field := append(strings.Fields(line), "", "")
		rows = append(rows, Row{
			Version: strings.TrimPrefix(field[0], "--"), Dirty: field[1] == "dirty", Name: field[2],
		})
		if field[0] == "-" {
			rows[len(rows)-1].Version = ""
		}
	}
	return rows
}

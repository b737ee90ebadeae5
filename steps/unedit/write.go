package unedit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"belay/sqlview/migration"
	"belay/steps/draft"
	"belay/steps/fix"
	"belay/steps/project"
)

// Write gives the files in the folder dir on the disk their text back and writes the
// next migration. Copies of the edited files are kept in the folder that it returns:
// no commit may have them. All or nothing: on an error everything is as it was.
// written are paths relative to dir.
func Write(dir string, c Case, p *Proposal) (written []string, copies string, err error) {
	sums, was, right := c.Sums(dir)
	if sums != "" && !right && !c.sumsFitBefore(was, p) {
		return nil, "", &project.Refusal{
			Problem: sums + " fits the files neither as they are nor as they were",
			Advice:  "have the tool write " + sums + " first; nothing was written",
		}
	}
	for _, e := range p.Edits {
		if b, err := os.ReadFile(onDisk(dir, e.Path)); err != nil || !bytes.Equal(b, e.Is) {
			return nil, "", errors.Join(err, &project.Refusal{
				Problem: e.Path + " was changed meanwhile", Advice: "run the command again; nothing was written",
			})
		}
	}
	if copies, err = fix.KeepCopies(p.edited()); err != nil {
		return nil, "", err
	}
	var undo []func() error
	defer func() {
		for _, u := range slices.Backward(undo) {
			if err != nil {
				err = errors.Join(err, u())
			}
		}
	}()
	for _, e := range p.Edits {
		undo = append(undo, func() error { return fix.Overwrite(onDisk(dir, e.Path), e.Is) })
		if err := fix.Overwrite(onDisk(dir, e.Path), e.Was); err != nil {
			return nil, copies, fmt.Errorf("taking %s back: %w", e.Path, err)
		}
	}
	before, err := c.Load(nil)
	if err != nil {
		return nil, copies, fmt.Errorf("reading the folder again: %w", err)
	}
	standing := c.Standing
	standing.Folder = before
	if sums != "" {
		_, text := c.Format.Sums(before.Migrations)
		undo = append(undo, func() error { return fix.Overwrite(onDisk(dir, sums), was) })
		if err := fix.Overwrite(onDisk(dir, sums), text); err != nil {
			return nil, copies, fmt.Errorf("writing %s: %w", sums, err)
		}
	}
	if p.Next != nil {
		if written, err = draft.Write(dir, standing, *p.Next); err != nil {
			return nil, copies, err
		}
	}
	return written, copies, nil
}

func onDisk(dir, name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }

// edited are the files as they stand there now.
func (p *Proposal) edited() (all []migration.File) {
	for _, e := range p.Edits {
		all = append(all, migration.File{Path: e.Path, Whole: e.Is})
	}
	return all
}

// sumsFitBefore reports whether the tool's sums are those of the files before the edit.
func (c Case) sumsFitBefore(text []byte, p *Proposal) bool {
	overlay := map[string][]byte{}
	for _, e := range p.Edits {
		overlay[e.Path] = e.Was
	}
	before, err := c.Load(overlay)
	if err != nil {
		return false
	}
	_, want := c.Format.Sums(before.Migrations)
	return bytes.Equal(bytes.TrimSpace(text), bytes.TrimSpace(want))
}

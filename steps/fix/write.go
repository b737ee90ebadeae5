package fix

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"belay/sqlview/migration"
	"belay/steps/project"
)

// Written is what was done, as `git diff --stat` would show it.
type Written struct {
	// Lines name each file with the lines that came or went.
	Lines []string
	// Copies is the folder with the copies of what was taken away; "" = nothing was.
	Copies string
}

// Write writes the files of a proposal into the folder dir, without those that
// are left out, and takes the original away where the proposal says so. It
// overwrites nothing, and does all of it or nothing. It calls no git.
func Write(dir string, p Proposal, without []int) (w Written, err error) {
	if p.Refused != "" {
		return w, &project.Refusal{Problem: p.Refused, Advice: "nothing was written"}
	}
	gone := p.originals()
	for _, f := range gone {
		if err := unchanged(dir, f); err != nil {
			return w, err
		}
	}
	var made []string
	defer func() {
		if err != nil {
			for _, name := range made {
				err = errors.Join(err, os.Remove(name))
			}
		}
	}()
	for i, m := range p.Made {
		if slices.Contains(without, i) {
			continue
		}
		for _, f := range m.Files() {
			name := filepath.Join(dir, filepath.FromSlash(f.Path))
			if err := Create(name, f.Whole); err != nil {
				return w, err
			}
			made = append(made, name)
			w.Lines = append(w.Lines, fmt.Sprintf("%s | %d +", f.Path, lines(f.Whole)))
		}
	}
	if len(made) == 0 {
		return w, &project.Refusal{Problem: "every file was left out", Advice: "nothing was written"}
	}
	if !p.Replaces {
		return w, nil
	}
	if w.Copies, err = KeepCopies(gone); err != nil {
		return w, err
	}
	for _, f := range gone {
		if err := os.Remove(filepath.Join(dir, filepath.FromSlash(f.Path))); err != nil {
			return w, fmt.Errorf("taking %s away: %w", f.Path, err)
		}
		w.Lines = append(w.Lines, fmt.Sprintf("%s | %d -", f.Path, lines(f.Whole)))
	}
	return w, nil
}

// originals are the files of the migration that is rewritten, the way back
// first: without an up file it would be an orphan.
func (p Proposal) originals() []migration.File {
	all := p.Original.Files()
	slices.Reverse(all)
	return all
}

// unchanged holds a file against the bytes that were judged.
func unchanged(dir string, f migration.File) error {
	b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Path)))
	if err != nil {
		return fmt.Errorf("rewrite %s: %w", f.Path, err)
	}
	if !bytes.Equal(b, f.Whole) {
		return &project.Refusal{
			Problem: f.Path + " was changed since it was judged",
			Advice:  "look at the proposal again; nothing was written",
		}
	}
	return nil
}

// Create writes a migration's file that is not there yet, with the folders above it. A
// *project.Refusal = it is there. Nothing is left of one that could not be written.
func Create(name string, b []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("writing a migration: %w", err)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return &project.Refusal{
			Problem: filepath.Base(name) + " is there already",
			Advice:  "look at the proposal again; nothing was written",
		}
	}
	if err != nil {
		return fmt.Errorf("writing a migration: %w", err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", filepath.Base(name), err), os.Remove(name))
	}
	return nil
}

// KeepCopies keeps files that are taken away or written over, in a folder of the
// user's own that it returns: what no commit has would be lost.
func KeepCopies(gone []migration.File) (string, error) {
	base, err := project.ReplacedDir()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(base, time.Now().UTC().Format("20060102T150405Z-"))
	if err != nil {
		return "", fmt.Errorf("keeping a copy: %w", err)
	}
	for _, f := range gone {
		flat := strings.ReplaceAll(strings.TrimLeft(f.Path, "./"), "/", "_")
		if err := Create(filepath.Join(dir, flat), f.Whole); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// Overwrite gives a file another text; its mode and owner stay.
func Overwrite(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

func lines(b []byte) int { return bytes.Count(b, []byte("\n")) }

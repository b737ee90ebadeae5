// Package unedit keeps the golden rule of migrations: one that is merged, or has run,
// is never edited. It gives such a file its text back, and puts what the edit changed
// into the next migration. It proposes, and writes after a yes; it commits nothing.
package unedit

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/draft"
	"belay/steps/git"
	"belay/steps/judge"
	"belay/steps/project"
)

// Case is what a proposal is made of.
type Case struct {
	judge.Standing
	// Named are files as a person names them; none = all that were edited.
	Named []string
	// Ran are the versions that runs of this user applied of the folder, in any
	// database: where git does not know a file's old text, they do.
	Ran map[string]steps.AppliedBy
	// Load reads the folder of a file system, as the project does.
	Load func(overlay map[string][]byte) (migration.Folder, error)
	// Now is UTC as YYYYMMDDhhmmss.
	Now string
}

// Proposal is what would be written.
type Proposal struct {
	Edits []Edit
	// Next is the migration that holds the difference; nil = the edits change nothing
	// that a server runs forward.
	Next *draft.Draft
	// Unclear is true where a part of the difference is a comment in Next, which a
	// person has to write as statements.
	Unclear bool
	// Commit is a message for the commit, which nobody makes but the person.
	Commit string
}

// Edit is one file that gets its text back.
type Edit struct {
	// Path is relative to the folder. Is stands there now, Was stood there when it was
	// merged or ran.
	Path    string
	Is, Was []byte
	// Why says who has the old text, as the end of "file was edited after ".
	Why string
	// Merged is set where the edit itself is on the default branch: who took the file
	// from there since has run it as it is now.
	Merged *git.Commit
	// Back is true for a way back of its own: nothing that runs forward changes.
	Back bool
}

// Propose finds the edited files and what their edits changed. No proposal and no error
// = none was edited, so far as git and the runs made from here can tell. The error is a
// *project.Refusal where a file that is named was not edited.
func Propose(ctx context.Context, c Case) (*Proposal, error) {
	all, programs := c.edits()
	p := &Proposal{Edits: all}
	if err := c.noPrograms(p, programs); err != nil {
		return nil, err
	}
	if err := c.choose(p); err != nil || len(p.Edits) == 0 {
		return nil, err
	}
	overlay := map[string][]byte{}
	for _, e := range p.Edits {
		overlay[e.Path] = e.Was
	}
	before, err := c.Load(overlay)
	if err != nil {
		return nil, fmt.Errorf("reading the folder as it was: %w", err)
	}
	var changed []change
	for i := range p.Edits {
		e := &p.Edits[i]
		now := ofPath(c.Folder, e.Path)
		was := ofPath(before, e.Path)
		if now == nil || was == nil {
			continue // the way back of a migration that is gone
		}
		e.Back = now.Up.Path != e.Path
		if e.Back || was.Up.Normalized() == now.Up.Normalized() {
			continue
		}
		d, err := compareTexts(ctx, was.Up.Bytes, now.Up.Bytes)
		if err != nil {
			return nil, err
		}
		changed = append(changed, change{of: now, difference: d})
	}
	if err := c.next(ctx, p, before, changed); err != nil {
		return nil, err
	}
	p.Commit = p.message()
	return p, nil
}

// edits are the files whose text is not what was merged or what ran. Git's word goes
// first: it knows the whole file. Those that are programs stand apart: belay cannot write
// their difference.
func (c Case) edits() (all []Edit, programs []git.Edited) {
	for _, e := range c.Git.Edited {
		if e.Program {
			programs = append(programs, e)
			continue
		}
		if now := c.whole(e.Path); now != nil && len(e.Was) > 0 {
			edit := Edit{Path: e.Path, Is: now, Was: e.Was, Why: "it was merged (" + e.Since.String() + ")"}
			if e.Merged {
				edit.Merged = &e.By
			}
			all = append(all, edit)
		}
	}
	for _, m := range c.Folder.Migrations {
		ran := c.Ran[m.Version]
		if m.Up.Tx == migration.TxForeign {
			continue
		}
		if _, altered := ran.Altered(m.Up); !altered || !ran.Whole(m.Up) ||
			slices.ContainsFunc(all, func(e Edit) bool { return e.Path == m.Up.Path }) {
			continue
		}
		all = append(all, Edit{
			Path: m.Up.Path, Is: m.Up.Whole, Was: []byte(ran.SQL),
			Why: fmt.Sprintf("run %s applied it at %s", ran.Run, ran.At.UTC().Format("2006-01-02 15:04 UTC")),
		})
	}
	return all, programs
}

// noPrograms refuses where a program is asked for, or nothing else was edited.
func (c Case) noPrograms(p *Proposal, programs []git.Edited) error {
	for _, e := range programs {
		named := slices.ContainsFunc(c.Named, func(n string) bool { return names(n, e.Path, c.Folder.Dir) })
		if named || len(c.Named) == 0 && len(p.Edits) == 0 {
			return &project.Refusal{
				Problem: e.Path + " was edited after it was merged, and is a program: belay cannot write the " +
					"difference as a migration",
				Advice: e.Problem().Hint,
			}
		}
	}
	return nil
}

// choose keeps the edits of the named files.
func (c Case) choose(p *Proposal) error {
	if len(c.Named) == 0 {
		return nil
	}
	all := p.Edits
	p.Edits = nil
	for _, name := range c.Named {
		i := slices.IndexFunc(all, func(e Edit) bool { return names(name, e.Path, c.Folder.Dir) })
		if i < 0 {
			return &project.Refusal{
				Problem: name + " was not edited since it was merged or ran, so far as is known",
				Advice:  "`belay unedit` without a name lists what was",
			}
		}
		if !slices.ContainsFunc(p.Edits, func(e Edit) bool { return e.Path == all[i].Path }) {
			p.Edits = append(p.Edits, all[i])
		}
	}
	return nil
}

// names reports whether a person who writes name means the file.
func names(name, file, dir string) bool {
	name = path.Clean(strings.ReplaceAll(name, "\\", "/"))
	return name == file || name == path.Join(dir, file) || name == path.Base(file) ||
		strings.HasSuffix(name, "/"+path.Join(dir, file))
}

// whole is the text of a file of the folder as it was read; nil = it is not there.
func (c Case) whole(name string) []byte {
	if m := ofPath(c.Folder, name); m != nil {
		for _, f := range m.Files() {
			if f.Path == name {
				return f.Whole
			}
		}
	}
	return nil
}

// ofPath is the migration that has a file, up or down.
func ofPath(folder migration.Folder, name string) *migration.Migration {
	for i := range folder.Migrations {
		m := &folder.Migrations[i]
		if m.Up.Path == name || (m.Down != nil && m.Down.Path == name) {
			return m
		}
	}
	return nil
}

// next makes the migration that holds what was changed, above everything.
func (c Case) next(ctx context.Context, p *Proposal, before migration.Folder, changed []change) error {
	if len(changed) == 0 {
		return nil
	}
	standing := c.Standing
	standing.Folder = before
	request := draft.Request{Title: title(changed), Now: c.Now}
	var sql []string
	for _, d := range changed {
		sql = append(sql, d.sql...)
		request.Note += d.note()
		p.Unclear = p.Unclear || len(d.unclear) > 0
	}
	request.SQL = strings.Join(sql, ";\n")
	next, err := draft.Compose(ctx, standing, request)
	p.Next = &next
	return err
}

// title names the migration after the one whose edit it holds.
func title(changed []change) string {
	if len(changed) > 1 {
		return "follow up of edited migrations"
	}
	if of := changed[0].of; of.Title != "" {
		return of.Title + " follow up"
	}
	return "follow up of " + changed[0].of.Version
}

func (p *Proposal) message() string {
	var files []string
	for _, e := range p.Edits {
		files = append(files, path.Base(e.Path))
	}
	text := "Take back the edit of " + strings.Join(files, ", ") + ": databases that ran it would not run it again"
	if p.Next != nil {
		text += "\n\nWhat it changed is in " + path.Base(p.Next.Up.Path) + "."
	}
	return text
}

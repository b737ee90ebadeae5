// Package mend has what belay can put right in a migrations folder by a key of the
// screens: edits of what has run, versions that collide, and the next migration. Each is
// shown as it would be, and made after a yes; nothing is committed.
package mend

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"belay/sqlview/measure"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/judge"
	"belay/steps/renumber"
	"belay/steps/unedit"
)

// Place is the folder that is mended.
type Place struct {
	judge.Standing
	// Dir is where it is on the disk, Shown as a person names it.
	Dir, Shown string
	// Ran are the versions that runs of this user applied of it, in any database.
	Ran map[string]steps.AppliedBy
	// Load reads it again, with other texts of some files.
	Load func(overlay map[string][]byte) (migration.Folder, error)
	// Now is UTC as YYYYMMDDhhmmss.
	Now string
}

// Question asks for the yes. It starts on No, and counts for what was shown alone.
func Question(m fact.Mend) journal.QuestionAsked {
	why := strings.Join(m.Says, "\n")
	if m.Doubt != "" {
		why = strings.TrimSpace(m.Doubt + "\n" + why)
	}
	return journal.QuestionAsked{
		ID: m.Question, Text: m.Asks, Options: []string{"no", "yes"}, Default: "no", Dialog: true, Why: why,
		Bound: m.Bound,
	}
}

// Edits gives edited migrations their text back, and puts what the edits changed into
// the next one; nil = none was edited, so far as is known.
func (p Place) Edits(ctx context.Context) (*steps.Mend, error) {
	c := unedit.Case{Standing: p.Standing, Ran: p.Ran, Load: p.Load, Now: p.Now}
	proposal, err := unedit.Propose(ctx, c)
	if proposal == nil || err != nil {
		return refused(fact.UneditQuestion, err)
	}
	m := &steps.Mend{Mend: fact.Mend{
		Question: fact.UneditQuestion, Asks: "take back " + measure.Plural(len(proposal.Edits), "file") + "?",
		Commit: proposal.Commit,
	}}
	for _, e := range proposal.Edits {
		m.Says = append(m.Says, p.name(e.Path)+" gets the text from before it was edited: "+e.Why)
		if e.Merged != nil {
			m.Says = append(m.Says, "its edit is merged too ("+e.Merged.String()+
				"): a database that ran the file since has the change already, and the next migration fails there")
		}
		if e.Back {
			m.Says = append(m.Says, "it is a way back: what its edit changed is in the copy alone")
		}
	}
	if next := proposal.Next; next != nil {
		m.Asks = strings.TrimSuffix(m.Asks, "?") + " and write the difference as " + path.Base(next.Up.Path) + "?"
		m.Files = p.files(next.Migration)
		if proposal.Unclear {
			m.Says = append(m.Says, "a part of the difference is a comment there: nothing runs before you write it")
		}
	} else {
		m.Says = append(m.Says, "nothing that a server runs forward has changed: no migration is written")
	}
	m.Says = append(m.Says, "the edited text is kept as a copy; nothing is committed")
	m.Do = func(context.Context) ([]string, error) {
		written, copies, err := unedit.Write(p.Dir, c, proposal)
		if err != nil {
			return nil, err
		}
		done := []string{"took back " + measure.Plural(len(proposal.Edits), "file"), "the edited text is in " + copies}
		return append(done, p.wrote(written)...), nil
	}
	return seal(m), nil
}

// Versions gives migrations that collide, or come late, later versions; nil = none does.
func (p Place) Versions(ctx context.Context) (*steps.Mend, error) {
	c := renumber.Case{Standing: p.Standing, Ran: p.Ran, Now: p.Now}
	proposal, doubts, err := propose(&c)
	if proposal == nil || err != nil {
		return refused(fact.RenumberQuestion, err)
	}
	edits, err := renumber.Mentions(ctx, p.Dir, c, proposal)
	if err != nil {
		return nil, err
	}
	m := &steps.Mend{Mend: fact.Mend{
		Question: fact.RenumberQuestion, Asks: "rename " + measure.Plural(len(proposal.Moves()), "file") + "?",
		Doubt: strings.Join(doubts, "\n"), Commit: proposal.Commit,
	}}
	for i, r := range proposal.Renumbered {
		m.Says = append(m.Says, p.name(r.Migration.Up.Path)+" "+proposal.Why[i])
		for _, move := range r.Moves {
			m.Says = append(m.Says, "  "+p.name(move.From)+" -> "+p.name(move.To))
		}
	}
	for _, e := range edits {
		word := "names it and is mended"
		if e.Merged {
			word = "names it, is merged, and stays as it is"
		}
		m.Says = append(m.Says, e.Path+" "+word)
	}
	if c.Database == "" && c.Git.Unknown != "" {
		m.Doubt = strings.TrimSpace(m.Doubt + "\nNobody could be asked whether they have run: say yes only where " +
			"they are applied nowhere.")
	}
	if c.Git.Unknown != "" {
		m.Says = append(m.Says, fmt.Sprintf("git cannot tell (%s): they are renamed on the disk alone", c.Git.Unknown))
	}
	m.Says = append(m.Says, "nothing is committed")
	m.Do = func(ctx context.Context) ([]string, error) {
		done, err := renumber.Do(ctx, p.Dir, c, proposal, edits)
		return append([]string{"renamed " + measure.Plural(len(proposal.Moves()), "file")}, done...), err
	}
	return seal(m), nil
}

// propose takes what nobody but a person knows as not run, and says so: their yes is to
// that too.
func propose(c *renumber.Case) (_ *renumber.Proposal, doubts []string, _ error) {
	for {
		proposal, err := renumber.Propose(*c)
		var doubt *renumber.DoubtError
		if !errors.As(err, &doubt) {
			return proposal, doubts, err
		}
		c.NotRun = append(c.NotRun, doubt.Path)
		doubts = append(doubts, doubt.Error()+". Say yes only where "+doubt.Path+" itself never ran on "+
			doubt.Database+".")
	}
}

// refused is a mend that cannot be made, with the reason; any other error is one.
func refused(question string, err error) (*steps.Mend, error) {
	if err == nil {
		return nil, nil
	}
	hint := steps.HintOf(err)
	if hint == "" {
		return nil, err
	}
	return seal(&steps.Mend{Mend: fact.Mend{Question: question, Refused: err.Error(), Advice: hint}}), nil
}

// seal makes lists that are none empty, and hashes it all.
func seal(m *steps.Mend) *steps.Mend {
	if m.Says == nil {
		m.Says = []string{}
	}
	if m.Files == nil {
		m.Files = []fact.MendFile{}
	}
	b, err := json.Marshal(m.Mend)
	if err != nil {
		panic(fmt.Sprintf("belay itself is wrong: a mend of strings cannot be written down: %v", err))
	}
	sum := sha256.Sum256(b)
	m.SHA256 = hex.EncodeToString(sum[:])
	return m
}

// name is a file of the folder as a person names it.
func (p Place) name(file string) string { return path.Join(p.Shown, file) }

func (p Place) files(m migration.Migration) []fact.MendFile {
	all := []fact.MendFile{{Path: p.name(m.Up.Path), SQL: string(m.Up.Whole)}}
	if m.Down != nil && m.Down.Path != m.Up.Path {
		all = append(all, fact.MendFile{Path: p.name(m.Down.Path), SQL: string(m.Down.Whole), Down: true})
	}
	return all
}

func (p Place) wrote(written []string) []string {
	var done []string
	for _, name := range written {
		done = append(done, "wrote "+filepath.ToSlash(p.name(name)))
	}
	return done
}

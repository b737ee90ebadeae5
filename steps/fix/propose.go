// Package fix turns migrations with hazards into files of safe phases: it
// proposes them in the team's format, has them judged by the same review, says
// what becomes of the original, and writes them once a person has said yes. It
// never calls git to change anything, and never touches a file that has run.
package fix

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"

	"belay/sqlview"
	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/lint/rules"
	"belay/sqlview/measure"
	"belay/sqlview/migration"
	"belay/sqlview/pattern"
	"belay/sqlview/rewrite"
	"belay/sqlview/rewrite/ways"
	"belay/sqlview/secret"
	"belay/steps/fact"
	"belay/steps/git"
)

// Case is a migration with what is known around it.
type Case struct {
	Format migration.Format
	// Folder is the folder that the migration stands in; its zero value = none.
	Folder    migration.Folder
	Migration migration.Migration
	// Mode says what shares a transaction, Snapshot is the catalog before the file.
	Mode     lint.Mode
	Snapshot *catalog.Snapshot
	Options  sqlview.Options
	// Source is how the review reads a migration of this folder.
	Source func(*migration.Migration) sqlview.Source
	// Status is the folder against the history table, Asked the database's name;
	// "" = no database was asked.
	Status migration.Status
	Asked  string
	Git    git.Facts
	// Now is UTC as YYYYMMDDhhmmss.
	Now string
}

// Proposal is what would be written.
type Proposal struct {
	fact.Rewrite
	// Original is the migration that is rewritten, Made are the new ones, in the
	// order of Files.
	Original migration.Migration
	Made     []migration.Migration
}

// Propose makes the files and judges them. A proposal without files says why.
func Propose(ctx context.Context, c Case) (Proposal, error) {
	if c.Migration.Up.Tx == migration.TxForeign {
		p := Proposal{Original: c.Migration, Rewrite: fact.Rewrite{
			Path: c.Migration.Up.Path, Differences: []string{}, Files: []fact.RewriteFile{}, Left: []fact.RewriteLeft{},
		}}
		p.Refused = "it is a program, which belay does not write: change it by hand, as each finding says"
		return p, nil
	}
	o := c.Options
	plan, err := rewrite.Propose(ctx, rewrite.Input{
		Path: c.Migration.Up.Path, Title: c.Migration.Title, SQL: c.Migration.Up.Bytes, Mode: c.Mode,
		Snapshot: c.Snapshot,
		Options:  lint.Options{Version: o.Version, Small: o.Small, Waivers: o.Waivers, Today: o.Today},
	}, rules.All(), ways.All())
	if err != nil {
		return Proposal{}, err
	}
	p := Proposal{Original: c.Migration, Rewrite: fact.Rewrite{
		Path: c.Migration.Up.Path, Files: []fact.RewriteFile{}, Left: []fact.RewriteLeft{},
		Differences: plan.Differences,
	}}
	if c.Migration.Down != nil {
		p.Down = c.Migration.Down.Path
	}
	for _, l := range plan.Left {
		p.Left = append(p.Left, fact.RewriteLeft{Line: l.Line, Rule: l.Rule, Why: l.Why})
	}
	for _, d := range plan.Days {
		p.Days = append(p.Days, fact.RewriteDays{Line: d.Line, Command: "belay campaign new " + shell(d.Args)})
	}
	if len(plan.Files) == 0 {
		p.Differences, p.Refused = []string{}, "there is nothing to rewrite"
		if len(p.Left)+len(p.Days) == 0 {
			p.Refused += ": it has no warning and no stop"
		}
		return p, nil
	}
	if c.Format.Compose == nil {
		p.Differences, p.Refused = []string{},
			c.Format.Title+" alone can make a migration: make one with it for each part, and put the SQL into it"
		return p, nil
	}
	p.Made = c.Format.ComposeAll(c.Folder.Above(c.highest()), plan.Drafts(path.Base(p.Path)), c.Now)
	p.fill(plan)
	if p.Written = c.written(p.Made); len(p.Written) > 0 {
		p.Files, p.Made = []fact.RewriteFile{}, nil
		p.Rewrite.Original, p.Refused = "stays in front of them", c.inFront(p)
		return p, nil
	}
	fate := c.fate()
	p.Rewrite.Original, p.Replaces, p.Refused = fate.why, fate.goes, fate.refused
	return p, p.judge(ctx, c)
}

var bare = pattern.New(`^[A-Za-z0-9_.-]+$`)

// shell writes words as a shell takes them.
func shell(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		if out[i] = w; !bare.MatchString(w) {
			out[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(out, " ")
}

// fill describes the files.
func (p *Proposal) fill(plan rewrite.Plan) {
	sum := sha256.New()
	for i, m := range p.Made {
		from := plan.Files[i]
		f := fact.RewriteFile{
			Path: m.Up.Path, SQL: secret.SQL(string(m.Up.Whole)), Alone: from.Alone, Backfill: from.Backfill,
			Why: from.Why, Before: from.Before,
			Lock: from.Lock, Back: from.Back, Ways: append([]string{}, from.Ways...), Hazards: []string{},
		}
		var down []byte
		if len(m.Files()) > 1 {
			f.Down, f.DownSQL = m.Down.Path, secret.SQL(string(m.Down.Whole))
			down = m.Down.Whole
		}
		fmt.Fprintf(sum, "%s\x00%s\x00%s\x00%s\x00", f.Path, m.Up.Whole, f.Down, down)
		p.Files = append(p.Files, f)
	}
	p.SHA256 = hex.EncodeToString(sum.Sum(nil))
	if p.Differences == nil {
		p.Differences = []string{}
	}
	p.Commit = fmt.Sprintf("Rewrite %s into %s\n\n%s", path.Base(p.Path), measure.Plural(len(p.Files), "safe phase"),
		strings.Join(p.Differences, "\n"))
}

// judge has the review look at what was made, file after file.
func (p *Proposal) judge(ctx context.Context, c Case) error {
	var sources []sqlview.Source
	for i := range p.Made {
		s := c.Source(&p.Made[i])
		s.Path = p.Made[i].Up.Path
		sources = append(sources, s)
	}
	o := c.Options
	o.Snapshot, o.Separate, o.History, o.Style = c.Snapshot, false, false, false
	result, err := sqlview.Review(ctx, sources, o)
	if err != nil {
		return err
	}
	counts := result.Count()
	p.Stop, p.Warn = counts.Stop, counts.Warn
	for i, f := range result.Files {
		for _, h := range f.Hazards {
			if h.Waived == nil && h.Level() >= lint.Warn {
				p.Files[i].Hazards = append(p.Files[i].Hazards, h.Severity+" "+h.Rule+": "+h.Message)
			}
		}
	}
	return nil
}

package checklist

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"belay/db/apply"
	"belay/db/backfill"
	"belay/sqlview"
	"belay/sqlview/lint"
	"belay/sqlview/migration"
	"belay/sqlview/secret"
	"belay/steps"
)

// planOf is the plan of what was judged, to be written on.
func planOf(judged steps.Judgement) (*steps.Plan, error) {
	if judged.Plan == nil {
		return &steps.Plan{}, judged.Unplanned
	}
	return judged.Plan.Copy(), nil
}

// makePlan makes the units of what was judged.
func makePlan(target steps.Target, folder steps.Folder, judged steps.Judgement) (*steps.Plan, error) {
	p := &steps.Plan{}
	sum := sha256.New()
	for i, m := range folder.UnderReview(target) {
		u, err := unitOf(folder, m, judged.Files[i])
		if err != nil {
			return nil, err
		}
		u.Role = target.Roles.Acts
		p.Units = append(p.Units, u)
		fmt.Fprintf(sum, "%s %s\n", m.Version, m.Up.SHA256)
	}
	if c := folder.Command; c != nil {
		p.Command = c.Line
		fmt.Fprintf(sum, "by %s %s\n", c.Line, c.SHA256)
	}
	p.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return p, nil
}

func unitOf(b steps.Folder, m migration.Migration, f *lint.File) (steps.Unit, error) {
	u := steps.Unit{Migration: m, Instant: true, Hidden: sqlview.Secrets(f)}
	u.Name, u.Path = m.Version, m.Up.Path
	if p, ok := b.Previews[m.Up.SHA256]; ok {
		u.Hidden = append(u.Hidden, secret.Values(string(p.SQL))...)
	}
	if unseen(b, m) {
		u.Unseen, u.Instant = true, false
		return u, nil
	}
	if m.Up.Tx == migration.TxForeign && b.Command == nil {
		// What can be read of a program is judged. It is not all that the program does.
		return u, &steps.Refused{
			Problem: u.Path + " is a program: only " + b.Format.Title + " runs it", Fatal: true,
			Advice: "name the team's command in belay.toml (command), or run the file with it; nothing was sent",
		}
	}
	if line, why := f.Unsendable(); why != "" {
		return u, &steps.Refused{
			Problem: fmt.Sprintf("%s:%d: %s", u.Path, line, why), Fatal: true,
			Advice: "take it out and write down the SQL that is to run; nothing was sent",
		}
	}
	for i, s := range f.Statements {
		st := apply.FromParse(f.Source, s, f.Effects[i])
		u.Statements = append(u.Statements, st)
		u.Concurrent = u.Concurrent || st.Concurrent
		u.Instant = u.Instant && instant(st, s.Node, f.Catalogs[i])
	}
	u.Wrap = apply.WrapOf(u.Statements, m.Up.Tx == migration.TxNone)
	if m.Up.Backfill != nil && b.Command == nil {
		if err := inBatches(&u, f); err != nil {
			return u, err
		}
	}
	if b.Command != nil {
		return u, nil // what it sends, and how, is the command's
	}
	if b.Table != nil {
		if b.Back {
			unrecordIn(&u, b, m.Version)
		} else {
			recordIn(&u, b, m)
		}
	}
	if err := u.Validate(); err != nil {
		return u, &steps.Refused{
			Problem: err.Error(), Advice: "fix the file, or run it with your own tool; nothing was sent", Fatal: true,
		}
	}
	return u, nil
}

// inBatches makes a unit a backfill, as its file's header says.
func inBatches(u *steps.Unit, f *lint.File) error {
	b, why := f.Batches()
	if why != "" {
		return &steps.Refused{
			Problem: u.Path + ": -- belay: backfill: " + why, Fatal: true,
			Advice: "a backfill is one UPDATE alone in its file; nothing was sent",
		}
	}
	header := u.Migration.Up.Backfill
	u.Instant = true // each batch is over at once, whatever the rows are filled with
	u.Wrap, u.Backfill = apply.OneByOne, &steps.Backfill{ID: backfill.NewID(), Spec: backfill.Spec{
		Relation: b.Table, Set: b.Set, Where: b.Where, Key: header.Key, BatchTime: header.BatchTime,
	}}
	return nil
}

// recordIn says what is written to the history table, and where it shows.
func recordIn(u *steps.Unit, b steps.Folder, m migration.Migration) {
	h, table := b.Table.Variant, b.Table.Quoted
	u.Record, u.History = h.Record(table, m), written(b)
	u.Mark = apply.Mark{SQL: h.Read(table), Version: m.Version, UpTo: h.UpTo}
	if u.Wrap != apply.OneByOne || h.Begin == nil {
		return
	}
	u.Begin = h.Begin(table, m)
	u.Unbegin = h.Unrecord(table, m, before(b.Files, m))
}

// written is the history table that a unit writes.
func written(b steps.Folder) apply.Table {
	return apply.Table{Schema: b.Table.Schema, Name: b.Table.Name}
}

// before is the migration that precedes another; nil = it is the first.
func before(f migration.Folder, m migration.Migration) *migration.Migration {
	for i := range f.Migrations {
		if f.Migrations[i].Version == m.Version && i > 0 {
			return &f.Migrations[i-1]
		}
	}
	return nil
}

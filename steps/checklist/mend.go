package checklist

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"belay/db"
	"belay/db/history"
	"belay/db/inspect"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/judge"
	"belay/steps/mend"
	"belay/steps/menu"
)

// mendable reports whether somebody can press a key, before anything runs.
func mendable(e *steps.Env) bool { return !e.Headless && !e.Back && !e.Resumed }

// writeMends makes what a person said yes to, before the folder is read again. It
// returns what stays of the folder of the look before.
func writeMends(ctx context.Context, e *steps.Env, target steps.Target, was steps.Folder) (steps.Folder, error) {
	kept := steps.Folder{Wish: was.Wish, Since: was.Since, Made: was.Made}
	if !mendable(e) {
		return kept, nil
	}
	for _, m := range was.Mends {
		if m.Do == nil {
			continue
		}
		if answer, given := e.Engine.Approved(m.Question, m.Bound); !given || answer != "yes" {
			continue
		}
		kept.Made++
		if err := withdrawOthers(ctx, e, was, m.Question); err != nil {
			return kept, err
		}
		if m.Question == fact.NewQuestion {
			kept.Wish = nil
		}
		done, err := makeMend(ctx, e, target, was, m)
		if err != nil {
			return kept, e.Note(ctx, "review", "nothing was written: %v", err)
		}
		if err := e.Note(ctx, "review", "%s; nothing is committed", strings.Join(done, "; ")); err != nil {
			return kept, err
		}
	}
	return kept, nil
}

// withdrawOthers closes what else was asked of the files: it is about to be another
// proposal.
func withdrawOthers(ctx context.Context, e *steps.Env, was steps.Folder, but string) error {
	for _, m := range was.Mends {
		if m.Question == but || m.Do == nil {
			continue
		}
		gone := journal.QuestionWithdrawn{ID: m.Question, Why: "the files change now"}
		if err := e.Engine.Record(ctx, "preflight", gone); err != nil {
			return err
		}
	}
	return nil
}

// makeMend asks the history once more before it renames: what somebody else has applied
// meanwhile keeps its version.
func makeMend(
	ctx context.Context, e *steps.Env, target steps.Target, was steps.Folder, m steps.Mend,
) ([]string, error) {
	if m.Question == fact.RenumberQuestion && was.Table != nil && !target.Offline() {
		same := false
		err := e.Sessions.As(ctx, target.Roles.Reads, func(c *db.Conn) error {
			now, err := history.Read(ctx, c, was.Format, e.Project.HistoryTable(was.Files))
			if err != nil || !now.Table.Exists {
				same = err == nil && !was.Table.Exists
				return err
			}
			same = slices.EqualFunc(now.Rows, was.Rows, func(a, b migration.Row) bool { return a.Version == b.Version })
			return nil
		})
		if err != nil {
			return nil, steps.Database("the history table", err)
		}
		if !same {
			return nil, fmt.Errorf("the history table of %s has changed since you looked", target.Identity.Database)
		}
	}
	return m.Do(ctx)
}

// proposeMends finds what a key could put right in the folder, and asks for each. What
// the start menu asks for its entries is always open: a key opens it.
func proposeMends(ctx context.Context, e *steps.Env, target steps.Target, b *steps.Folder) (
	asked []journal.QuestionAsked, err error,
) {
	if !mendable(e) || b.Format.Name == "" {
		return nil, nil
	}
	if b.Since == "" {
		b.Since = e.Now().UTC().Format("20060102150405")
	}
	for _, entry := range menu.All() {
		if entry.Ask == nil {
			continue
		}
		id := fact.AskPrefix + entry.Name
		if words, _, given := e.Engine.Given(id); given {
			b.Wish = &steps.Wish{Entry: entry.Name, Words: words}
			b.Since = e.Now().UTC().Format("20060102150405")
		}
		asked = append(asked, journal.QuestionAsked{
			ID: id, Text: entry.Ask.Text, Why: "as in: " + entry.Ask.Sample, Dialog: true,
		})
	}
	all := fact.Mends{List: []fact.Mend{}}
	place := mendPlace(e, target, b)
	proposals := []func(context.Context) (*steps.Mend, error){place.Edits, place.Versions}
	if b.Format.Watched {
		proposals = nil // its files are programs: their text is not belay's to write
	}
	if b.Wish != nil {
		proposals = append(proposals, func(ctx context.Context) (*steps.Mend, error) {
			return place.Next(ctx, *b.Wish, missing(e, target))
		})
	}
	for _, propose := range proposals {
		m, err := propose(ctx)
		if err != nil {
			return nil, err
		}
		if m == nil {
			continue
		}
		m.Bound = m.SHA256 + "/" + strconv.Itoa(b.Made)
		b.Mends, all.List = append(b.Mends, *m), append(all.List, m.Mend)
		if m.Do != nil {
			asked = append(asked, mend.Question(m.Mend))
		}
	}
	return asked, e.Fact(ctx, "preflight", all)
}

func mendPlace(e *steps.Env, target steps.Target, b *steps.Folder) mend.Place {
	standing := judge.Standing{Format: b.Format, Folder: b.Files, Status: b.Status, Git: b.Git}
	if !target.Offline() {
		standing.Database = target.Identity.Database
	}
	return mend.Place{
		Standing: standing, Dir: filepath.Join(e.Project.Dir, filepath.FromSlash(e.Project.Picked.Dir)),
		Shown: e.Project.Picked.Dir, Ran: e.Engine.AppliedAnywhere(e.Project.Dir, e.Project.Shown()), Now: b.Since,
		Load: func(overlay map[string][]byte) (migration.Folder, error) {
			return e.Project.ReadFolderWith(b.Format, overlay)
		},
	}
}

// missing looks whether the tables that a person names are there.
func missing(e *steps.Env, target steps.Target) mend.Missing {
	if target.Offline() {
		return nil
	}
	return func(ctx context.Context, own menu.Own) (why string, err error) {
		if own.Table == "" {
			return "", nil
		}
		err = e.Sessions.As(ctx, target.Roles.Reads, func(c *db.Conn) error {
			why, err = lacks(ctx, c, own)
			return err
		})
		return why, steps.Database("looking for the table", err)
	}
}

func lacks(ctx context.Context, c *db.Conn, own menu.Own) (string, error) {
	schema, table := mend.Plain(own.Table)
	columns, err := inspect.Columns(ctx, c, schema, table)
	if err != nil {
		return "", err
	}
	has := func(name string) bool {
		_, last := mend.Plain(name)
		return slices.Contains(columns, last)
	}
	switch {
	case len(columns) == 0:
		return near(ctx, c, own.Table, table)
	case own.Column != "" && !has(own.Column):
		slices.Sort(columns)
		return fmt.Sprintf("%s has no column %s; it has %s", own.Table, own.Column, strings.Join(columns, ", ")), nil
	case own.New != "" && has(own.New):
		return fmt.Sprintf("%s has a column %s already", own.Table, own.New), nil
	}
	return "", nil
}

// near names the tables whose names begin alike.
func near(ctx context.Context, c *db.Conn, asked, table string) (string, error) {
	alike, err := inspect.TablesLike(ctx, c, table)
	if err != nil {
		return "", err
	}
	said := "there is no table " + asked + " here"
	if len(alike) > 0 {
		said += "; is " + strings.Join(alike, ", or ") + " meant?"
	}
	return said, nil
}

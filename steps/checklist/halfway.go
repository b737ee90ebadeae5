package checklist

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"belay/db"
	"belay/db/inspect"
	"belay/sqlview"
	"belay/sqlview/catalog"
	"belay/sqlview/migration"
	"belay/sqlview/parse"
	"belay/sqlview/proof"
	"belay/steps"
	"belay/steps/fact"
)

// halfway says of a dirty version what of its file is there: each statement is looked for
// in the catalog, so that nobody has to force a version blindly.
func halfway(
	ctx context.Context, e *steps.Env, target steps.Target, b *steps.Folder, items []fact.Item,
) []fact.Item {
	at := slices.IndexFunc(items, func(i fact.Item) bool {
		return i.ID == string(migration.DirtyRow)
	})
	if at < 0 && b.ToolRuns == "" {
		return halfApplied(ctx, e, target, b, items)
	}
	if b.ToolRuns != "" {
		return items
	}
	m := b.Status.Dirty[0].Migration
	if m == nil {
		return items
	}
	if _, ok := begun(b, migration.Problem{Kind: migration.DirtyRow, Version: b.Status.Dirty[0].Row.Version}); ok {
		return items // whoever goes on with the run asks the database itself
	}
	each, err := partsOf(ctx, e, target, *m)
	if err != nil {
		items[at].Hint = "what of it is there could not be read (" + err.Error() + "); " + items[at].Hint
		return items
	}
	parts := make([]fact.Item, 0, len(each))
	for _, s := range each {
		if i, is := partItem(s); is {
			parts = append(parts, i)
		}
	}
	if len(parts) > 0 {
		items[at].Hint = halfwayHint(b.Format, b.Files, *m, each)
	}
	return slices.Insert(items, at+1, parts...)
}

// partsOf looks for the statements of a migration in the catalog.
func partsOf(
	ctx context.Context, e *steps.Env, target steps.Target, m migration.Migration,
) (each []proof.Standing, err error) {
	parsed, err := e.Parser.Parse(ctx, m.Up.Bytes)
	if err != nil {
		return nil, err
	}
	names := sqlview.NamesOf(parsed)
	var now *catalog.Snapshot
	err = e.Sessions.As(ctx, target.Roles.Reads, func(c *db.Conn) (err error) {
		now, err = readNames(ctx, c, names, nil)
		return err
	})
	if err != nil {
		return nil, steps.Database("the catalog", err)
	}
	return standings(m.Up.Path, parsed[0].Statements, now), nil
}

// standings says of each statement whether what it makes is in the catalog.
func standings(name string, statements []parse.Statement, now *catalog.Snapshot) []proof.Standing {
	each := proof.Of(now, "", []proof.File{{Path: name, Statements: statements}}).Each
	for i, st := range statements {
		index := st.Node.GetIndexStmt().GetIdxname()
		if index != "" && len(each[i].Wrong) == 0 && isInvalid(now, index) {
			each[i].Wrong = []string{"index " + index + invalidIndex}
		}
	}
	return each
}

// invalidIndex is said of an index that a build left behind.
const invalidIndex = " is INVALID: drop it first"

// isInvalid reports an index that a build left behind.
func isInvalid(s *catalog.Snapshot, name string) bool {
	for _, r := range s.Relations.All() {
		if slices.ContainsFunc(r.Indexes, func(i catalog.IndexDef) bool {
			return unqualified(i.Name) == name && !(i.Valid && i.Ready) && r.Kind != catalog.PartitionedTable
		}) {
			return true
		}
	}
	return false
}

// readNames reads of the catalog what names may mean, and more words.
func readNames(ctx context.Context, c *db.Conn, n sqlview.Names, more []string) (*catalog.Snapshot, error) {
	if n.Everything {
		return inspect.Catalog(ctx, c)
	}
	return inspect.Named(ctx, c, inspect.Names{Words: append(n.Words, more...)})
}

// partItem is what is seen of one statement; false = it does nothing that could be.
func partItem(s proof.Standing) (fact.Item, bool) {
	i := fact.Item{ID: "halfway", Level: fact.Look}
	switch place := fact.PlaceOf(s.Place); {
	case s.Asked == 0 && !s.Unasked:
		return i, false
	case s.Asked == 0:
		i.Text = place + ": no catalog shows whether it ran"
	case len(s.Wrong) == 0:
		i.Text = place + ": what it makes is there"
	case len(s.Wrong) == s.Asked:
		i.Text = place + ": not there: " + s.Wrong[0]
	default:
		i.Text = place + ": there in part: " + s.Wrong[0]
	}
	return i, true
}

// halfwayHint is how a person gets out of a dirty version, by what is there of it.
func halfwayHint(f migration.Format, folder migration.Folder, m migration.Migration, each []proof.Standing) string {
	var there, missing, unseen []proof.Standing
	for _, s := range each {
		switch {
		case s.Asked == 0 && s.Unasked:
			unseen = append(unseen, s)
		case s.Asked > 0 && len(s.Wrong) == 0:
			there = append(there, s)
		case s.Asked > 0:
			missing = append(missing, s)
		}
	}
	applied, before := forced(f, m.Version, m.Up.Path), undone(f, folder, m)
	perhaps := ""
	if len(unseen) > 0 {
		perhaps = " once you know what became of " + fact.PlaceOf(unseen[0].Place)
	}
	switch {
	case len(missing) == 0 && len(there) == 0:
		return "no catalog shows what of it ran: find out, then record it as applied (" + applied + ") or as not (" +
			before + ")"
	case len(missing) == 0:
		return "all of it that a catalog shows is there: record it as applied" + perhaps + ": " + applied
	case len(there) == 0:
		return "nothing of it is there: record it as not applied" + perhaps + ", then run it again: " + before
	}
	return fmt.Sprintf("%d of %d statements are there: run the others by hand, from %s on, then record it as applied "+
		"(%s); or take back what is there, then record it as not applied (%s)", len(there), len(there)+len(missing),
		fact.PlaceOf(missing[0].Place), applied, before)
}

// forced is the tool's own way to record a version as applied.
func forced(f migration.Format, version, name string) string {
	own, _, _ := strings.Cut(f.ForceCommand, ", or ")
	own = strings.ReplaceAll(strings.ReplaceAll(own, "VERSION", version), "NAME", nameOf(name))
	if own == "" {
		return "the row's own columns"
	}
	return own
}

// undone is the tool's own way to record that a version did not run.
func undone(f migration.Format, folder migration.Folder, m migration.Migration) string {
	if strings.Contains(f.ForceCommand, "VERSION") {
		before := "-1" // golang-migrate's word for nothing
		for i := range folder.Migrations {
			if folder.Migrations[i].Version == m.Version && i > 0 {
				before = folder.Migrations[i-1].Version
			}
		}
		return strings.ReplaceAll(f.ForceCommand, "VERSION", before)
	}
	if applied, back, two := strings.Cut(f.ForceCommand, ", or "); two {
		command := applied[:strings.LastIndex(applied, " --")]
		return command + " " + strings.ReplaceAll(back, "NAME", nameOf(m.Up.Path))
	}
	return forced(f, m.Version, m.Up.Path)
}

// nameOf is what prisma calls a migration: its folder.
func nameOf(name string) string {
	dir, _, _ := strings.Cut(name, "/")
	return dir
}

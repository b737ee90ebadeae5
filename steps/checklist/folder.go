package checklist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"belay/db"
	"belay/db/history"
	"belay/sqlview/migration"
	"belay/steps"
	"belay/steps/fact"
	"belay/steps/git"
	"belay/steps/journal"

	"github.com/jackc/pgx/v5"
)

// readFolder reads the files once, and what the history table says of them, into b.
func readFolder(
	ctx context.Context, e *steps.Env, target steps.Target, b *steps.Folder,
) (fact.Folder, []journal.QuestionAsked, error) {
	f := fact.Folder{Path: e.Project.Shown()}
	*b = steps.Folder{
		Confirmed: e.Confirmed, Back: e.Back, Wrote: b.Wrote, Previews: b.Previews, Wish: b.Wish, Since: b.Since,
		Made: b.Made,
	}
	if q, err := pickFolder(ctx, e, target); err != nil || q != nil {
		return f, q, err
	}
	if e.Project.Picked.Tool == "" {
		// An empty folder has nothing pending, whatever the database says.
		f.Path, f.Read = e.Project.Shown(), true
		return f, nil, nil
	}
	format, err := migration.Find(e.Project.Picked.Tool)
	if err != nil {
		return f, nil, err
	}
	folder, err := e.Project.ReadFolder(format)
	if err != nil {
		return f, nil,
			&steps.Refused{
				Problem: "the migrations folder: " + err.Error(), Advice: "belay must be able to read every file in it",
			}
	}
	b.Format, b.Files = format, folder
	f.Path, f.Tool = e.Project.Shown(), format.Name
	if all := folder.Newest(); len(all) > 0 {
		f.Last = all[0].Up.Path
	}
	own := &ledgerCheck{}
	if err := settleCommand(e, b); err != nil {
		return f, nil, err
	}
	b.Git = git.Inspect(ctx, e.Project.Dir, folder)
	if !target.Offline() {
		if err := readHistory(ctx, e, target, b, &f); err != nil {
			return f, nil, err
		}
		var err error
		if own, err = readLedger(ctx, e, target, b); err != nil {
			return f, nil, err
		}
		b.Open = append(openHere(e, target.Identity), own.elsewhere()...)
		if err := e.Fact(ctx, "preflight", own.f); err != nil {
			return f, nil, err
		}
		if err := choose(e, target, b, &f); err != nil {
			return f, nil, err
		}
	}
	f.Problems = slices.Concat(placeItems(b), commandItems(e, target, b), commandProblems(b, folderItems(target, b)),
		gitItems(b.Git, b.Status.UpTo), own.items)
	f.Problems = halfway(ctx, e, target, b, f.Problems)
	return f, nil, nil
}

// pickFolder settles which folder and tool it is, or asks. Where one of the tools
// that are possible has its history table in the database, it is that one.
func pickFolder(ctx context.Context, e *steps.Env, target steps.Target) ([]journal.QuestionAsked, error) {
	var several *migration.AmbiguousError
	var foreign *migration.ForeignError
	if errors.As(e.Project.PickError, &foreign) && e.Project.Foreign() {
		return nil, nil // its own command runs it; settleCommand asks for one
	}
	if !errors.As(e.Project.PickError, &several) {
		return nil, e.Project.PickError
	}
	answer, ok := e.Engine.Answered("tool.choice")
	if ok && e.Project.Choose(answer) == nil {
		return nil, nil
	}
	known, err := everyone(ctx, e, target)
	if err != nil {
		return nil, err
	}
	if d, table, ok := history.Decide(several.Found, known); ok && e.Project.Choose(d.Tool+" in "+d.Dir) == nil {
		return nil,
			e.Note(ctx, "preflight",
				"%s is read as a folder of %s: it has %s, and the database has its history table %s",
				e.Project.Shown(), migration.Title(d.Tool), d.Why, table)
	}
	return []journal.QuestionAsked{{
		ID: "tool.choice", Text: "which migrations folder, of which tool?", Options: e.Project.Choices(),
		Why: several.Error(),
	}}, nil
}

// everyone are the history tables that the database has, of any tool.
func everyone(ctx context.Context, e *steps.Env, target steps.Target) (all []history.Known, err error) {
	if target.Offline() {
		return nil, nil
	}
	err = e.Sessions.As(ctx, target.Roles.Reads, func(c *db.Conn) error {
		all, err = history.Everyone(ctx, c)
		return err
	})
	return all, steps.Database("the history tables", err)
}

// lacksHistory names the right without which a role does not read the history table, or else why.
func lacksHistory(ctx context.Context, e *steps.Env, target steps.Target, t *history.Table, why error) error {
	var enters, reads bool
	role := cmp.Or(target.Roles.Reads, target.Role)
	err := e.Sessions.As(ctx, target.Roles.Reads, func(c *db.Conn) error {
		return c.QueryRow(ctx,
			`SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE'), pg_catalog.has_table_privilege(c.oid, 'SELECT')
			FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname OPERATOR(pg_catalog.=) $1 AND c.relname OPERATOR(pg_catalog.=) $2`, t.Schema, t.Name).Scan(&enters, &reads)
	})
	if err != nil {
		return steps.Database("the history table", err)
	}
	var lacks, hints []string
	to := " TO " + pgx.Identifier{role}.Sanitize()
	if !enters {
		lacks, hints = append(lacks, "USAGE on SCHEMA "+t.Schema),
			append(hints, "GRANT USAGE ON SCHEMA "+pgx.Identifier{t.Schema}.Sanitize()+to)
	}
	if !reads {
		lacks, hints = append(lacks, "SELECT on TABLE "+t.Quoted), append(hints, "GRANT SELECT ON TABLE "+t.Quoted+to)
	}
	if len(lacks) == 0 {
		return steps.Database("the history table", why)
	}
	return &steps.Refused{
		Problem: fmt.Sprintf("role %s lacks %s, for the history table", role, strings.Join(lacks, " and ")),
		Advice:  strings.Join(hints, "; "), Fatal: true,
	}
}

func readHistory(ctx context.Context, e *steps.Env, target steps.Target, b *steps.Folder, f *fact.Folder) error {
	var rows []migration.Row
	err := e.Sessions.As(ctx, target.Roles.Reads, func(c *db.Conn) error {
		r, err := openHistory(ctx, e, c, b)
		if err != nil || r.Table == nil {
			return err
		}
		b.Others, rows = history.Others(r.Known, r.Table), r.Rows
		// Asked after the rows were read: a tool that ended in between has said in
		// them what it came to.
		dirty := migration.Compare(b.Files, rows, r.Table.Variant).Dirty
		b.ToolRuns, err = toolAtWork(ctx, e, c, target, r.Table, dirty)
		return err
	})
	if t := b.Table; err != nil && t != nil && db.Classify(err) == db.Privilege {
		return lacksHistory(ctx, e, target, t, err)
	}
	if err != nil {
		if steps.HintOf(err) != "" {
			return err
		}
		return steps.Database("the history table", err)
	}
	t := b.Table
	if t == nil {
		for _, m := range b.Status.Pending {
			f.Pending = append(f.Pending, named(b.Files, m))
		}
		return nil
	}
	if err := writable(b, t); err != nil {
		return err
	}
	s := migration.Compare(b.Files, rows, t.Variant)
	if b.Format.Watched {
		s = s.LateToo()
	}
	by, _ := e.Engine.AppliedBefore(target.Identity.SystemIdentifier, target.Identity.DatabaseOID)
	s = s.Doubt(b.Git.Adds).Settle(steps.Ran(by))
	b.Status, b.Rows, b.Files.Problems = s, rows, b.Files.Spare(b.Files.Problems, steps.Ran(by))
	f.Read, f.Applied, f.Newest, f.NoHistory = true, len(s.Applied), s.Newest, !t.Exists
	f.Table, f.Missing = namedTable(t)
	for _, m := range s.Pending {
		f.Pending = append(f.Pending, named(b.Files, m))
	}
	if len(s.Dirty) > 0 {
		f.Dirty = s.Dirty[0].Row.Version
	}
	return nil
}

// openHistory finds the tool's table, its rows and the tables of others. Where a command
// runs the folder, a table that is not the tool's own is no stop: what it records is not
// known.
func openHistory(ctx context.Context, e *steps.Env, c *db.Conn, b *steps.Folder) (history.Reading, error) {
	r, err := history.Read(ctx, c, b.Format, e.Project.HistoryTable(b.Files))
	var unfit *history.UnfitError
	if errors.As(err, &unfit) && b.Command != nil {
		b.Unread, b.Status = unfit.Error(), migration.Status{Pending: b.Files.Migrations, Agreement: 1}
		return r, nil
	}
	b.Table = r.Table
	return r, err
}

// writable refuses a table that belay must not write, where belay is who writes it.
func writable(b *steps.Folder, t *history.Table) error {
	if b.Command != nil {
		return nil
	}
	if t.Refused != nil {
		return &steps.Refused{
			Problem: t.Refused.Error(),
			Advice:  "name the right table with history_table in belay.toml, or the right tool with --tool",
			Fatal:   true,
		}
	}
	if err := t.Faults.Write(); err != nil {
		return &steps.Refused{Problem: err.Error(), Advice: steps.HintOf(err), Fatal: true}
	}
	return nil
}

func named(folder migration.Folder, m migration.Migration) fact.Migration {
	n := fact.Migration{Version: m.Version, Title: m.Title, Path: m.Up.Path, SHA256: m.Up.SHA256}
	if m.Down != nil {
		n.Down = m.Down.Path
	}
	return n
}

// choose takes what is pending, cut at the version that was asked for. A version
// may only cut the tail: nothing before it is passed over.
func choose(e *steps.Env, target steps.Target, b *steps.Folder, f *fact.Folder) error {
	if b.Confirmed != nil {
		return chooseConfirmed(e, target, b, f)
	}
	if b.Back {
		return chooseBack(e, b, f)
	}
	pending := b.Status.Pending
	end := len(pending)
	for _, v := range e.Versions {
		i := slices.IndexFunc(pending, func(m migration.Migration) bool { return sameVersion(m, v) })
		if i < 0 {
			return notPending(b.Status, v)
		}
		end = i + 1
	}
	if b.Command != nil && end < len(pending) {
		return &steps.Refused{
			Problem: fmt.Sprintf("the command %s runs all that is pending, up to %s: %s alone cannot be asked of it",
				b.Command.Line, pending[len(pending)-1].Version, strings.Join(e.Versions, " ")),
			Advice: "leave the version out and review all of them, or put the later files aside first", Fatal: true,
		}
	}
	b.Chosen = pending[:end]
	for _, m := range b.Chosen {
		f.Chosen = append(f.Chosen, m.Version)
	}
	return nil
}

func notPending(s migration.Status, v string) error {
	for _, m := range s.Applied {
		if sameVersion(m, v) {
			return nil
		}
	}
	return &steps.Refused{
		Problem: v + " is not pending", Advice: "`belay status` lists what is", Fatal: true,
	}
}

func sameVersion(m migration.Migration, v string) bool {
	return m.Version == v || strings.TrimLeft(m.Version, "0") == strings.TrimLeft(v, "0")
}

// folderItems says what is wrong with the files, and between them, the history
// table and git.
func folderItems(target steps.Target, b *steps.Folder) []fact.Item {
	problems := b.Files.Problems
	stops := b.Files.Stopping(b.Chosen)
	found := b.Status.Problems(b.Format)
	found = append(found, b.Format.Collide(b.Files, b.Git.Added, b.Git.Merged)...)
	for _, p := range found {
		if p.Stops {
			stops = append(stops, p)
		}
	}
	items := tableItems(b)
	if b.ToolRuns != "" && !workedOn(b) {
		items = append(items, toolItem(b))
	}
	for _, p := range append(slices.Clone(problems), found...) {
		stop := slices.ContainsFunc(stops, func(s migration.Problem) bool { return s.Message == p.Message })
		// A late file is no concern of a way back: it is not run.
		late := b.Back && p.Kind == migration.Late
		if p.Kind == migration.DirtyRow {
			if i, ok := begun(b, p); ok {
				items = append(items, i)
				continue
			}
			if b.ToolRuns != "" {
				continue // it is dirty for as long as the tool works on it
			}
		}
		items = append(items,
			problemItem(p, stop && !late && !mayHaveRun(target, b.Status, p)))
	}
	return items
}

// tableItems names what a trusted role has put on the history table: it runs with the
// row that records each version.
func tableItems(b *steps.Folder) []fact.Item {
	if b.Table == nil {
		return nil
	}
	var items []fact.Item
	for _, said := range b.Table.Faults.Named() {
		items = append(items, fact.Item{
			ID: "history-runs", Level: fact.Stop, Text: "the history table is more than a table: " + said,
			Hint: "look what it does: it runs with each row that is written there",
		})
	}
	return items
}

// waivable are the problems that a person may have a reason to go on with.
var waivable = []migration.ProblemKind{migration.Late, migration.Missing}

func problemItem(p migration.Problem, stops bool) fact.Item {
	i := fact.Item{ID: string(p.Kind), Level: fact.Look, Text: p.Message, Hint: p.Hint}
	if stops {
		i.Level, i.Hard = fact.Stop, !slices.Contains(waivable, p.Kind)
	}
	return i
}

// mayHaveRun reports whether a file below the tool's one row may have run here
// all the same. On a database of one's own it may: whoever writes two files on a
// branch runs both there. Elsewhere a file that was never merged has not run, and
// the tool would pass over it without a word.
func mayHaveRun(target steps.Target, s migration.Status, p migration.Problem) bool {
	return target.Environment == "local" &&
		slices.ContainsFunc(s.Doubtful, func(m migration.Migration) bool { return m.Version == p.Version })
}

func gitItems(g git.Facts, oneRow bool) []fact.Item {
	if g.Unknown != "" {
		i := fact.Item{ID: "git", Level: fact.OK, Text: string(g.Unknown) + ": edited files cannot be recognised"}
		if oneRow {
			i.Text += ", nor files below the recorded version that never ran: the tool keeps one row, and passes " +
				"over them without a word"
		}
		return []fact.Item{i}
	}
	var items []fact.Item
	for _, ed := range g.Edited {
		p := ed.Problem()
		items = append(items, fact.Item{ID: string(p.Kind), Level: fact.Look, Text: p.Message, Hint: p.Hint})
		if p.Stops {
			items[len(items)-1].Level = fact.Stop
		}
	}
	return items
}

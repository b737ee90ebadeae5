package checklist

import (
	"context"
	"slices"
	"time"

	"belay/db"
	"belay/db/inspect"
	"belay/sqlview"
	"belay/sqlview/activity"
	"belay/sqlview/catalog"
	"belay/sqlview/migration"
	"belay/sqlview/parse"
	"belay/sqlview/secret"
	"belay/steps"
	"belay/steps/journal"
	"belay/steps/judge"
)

// judgeFiles reads the catalog and judges what would run. The preflight needs to know the
// relations, and the review tells the rest.
func judgeFiles(ctx context.Context, e *steps.Env, target steps.Target, folder steps.Folder) (steps.Judgement, error) {
	migrations := folder.UnderReview(target)
	if len(migrations) == 0 {
		return steps.Judgement{Looked: true}, nil
	}
	hide(e, folder, migrations)
	j := steps.Judgement{Whole: wholeOf(e, target)}
	o := reviewOptions(e, target, nil)
	if target.Offline() {
		var err error
		if o.Snapshot, err = replayed(ctx, e, folder.Files, migrations[0].Version); err != nil {
			return j, err
		}
	} else {
		o.Read = func(n sqlview.Names) (s *catalog.Snapshot, err error) {
			j.Named, err = readNamed(ctx, e, target, j.Whole, n)
			return j.Named, err
		}
		o.Ask = func(s sqlview.Subject) (*activity.Moment, error) { return readMoment(ctx, e, s) }
	}
	for _, m := range migrations {
		if unseen(folder, m) {
			j.Unseen = append(j.Unseen, m.Up.Path)
		}
	}
	result, err := sqlview.Review(ctx, sources(folder, migrations), o)
	j.Review = keepVerdicts(e, folder, result.Once())
	j.Looked, j.Files = err == nil, j.Review.Judged
	for _, f := range j.Files {
		e.Engine.Hide(sqlview.Secrets(f)) // the catalog tells more of them than the text
	}
	if j.Looked {
		j.Plan, j.Unplanned = makePlan(target, folder, j)
	}
	return j, err
}

// keepVerdicts leaves to the files that the run has applied what was found of them before
// they ran: the catalog holds their work now, and would refuse to do it again. Of a run
// of another host that is not known here, so nothing is said of them.
func keepVerdicts(e *steps.Env, folder steps.Folder, r sqlview.Result) sqlview.Result {
	var before []sqlview.FileResult
	read := false
	for i, f := range r.Files {
		if !applied(e, folder, f.Version) {
			continue
		}
		if !read {
			before, read = e.Engine.Reviewed().Result.Files, true
		}
		r.Files[i].Hazards = []sqlview.Finding{}
		if at := slices.IndexFunc(before, func(b sqlview.FileResult) bool { return b.Path == f.Path }); at >= 0 {
			r.Files[i].Hazards = before[at].Hazards
		}
	}
	return r
}

// applied reports whether a file of the run is done: by its journal, or by the history
// where another host applied it.
func applied(e *steps.Env, folder steps.Folder, version string) bool {
	_, outcome := e.Engine.UnitOutcome(version)
	return outcome == journal.OutcomeApplied || folder.Recorded(version)
}

// hide keeps the secrets of the files out of all that is written down of them.
func hide(e *steps.Env, folder steps.Folder, migrations []migration.Migration) {
	var values []string
	for _, m := range migrations {
		values = append(values, secret.Values(string(folder.Previews[m.Up.SHA256].SQL))...)
		values = append(values, secret.Values(string(m.Up.Bytes))...)
		if m.Down != nil {
			values = append(values, secret.Values(string(m.Down.Bytes))...)
		}
	}
	e.Engine.Hide(values)
}

// wholeOf is the catalog of the whole database; nil without a server.
func wholeOf(e *steps.Env, target steps.Target) *steps.Whole {
	if target.Offline() {
		return nil
	}
	return steps.NewWhole(func(ctx context.Context) (s *catalog.Snapshot, err error) {
		err = e.Sessions.As(ctx, target.Roles.Reads, func(c *db.Conn) (err error) {
			s, err = inspect.Catalog(ctx, c)
			return err
		})
		return s, steps.Database("the catalog", err)
	})
}

// readNamed reads of the catalog what the migrations may reach.
func readNamed(
	ctx context.Context, e *steps.Env, target steps.Target, whole *steps.Whole, n sqlview.Names,
) (s *catalog.Snapshot, err error) {
	if n.Everything {
		return whole.Read(ctx)
	}
	err = e.Sessions.As(ctx, target.Roles.Reads, func(c *db.Conn) (err error) {
		s, err = inspect.Named(ctx, c, inspect.Names{Words: n.Words, Cascade: n.Cascade})
		return err
	})
	return s, steps.Database("the catalog", err)
}

// readMoment asks what goes on now at what the files touch.
func readMoment(ctx context.Context, e *steps.Env, s sqlview.Subject) (m *activity.Moment, err error) {
	err = e.Sessions.Monitor(ctx, func(c *db.Conn) (err error) {
		m, err = inspect.Moment(ctx, c, inspect.Question{Relations: s.Relations, Columns: s.Dropped})
		return err
	})
	return m, steps.Database("what goes on now", err)
}

// sources are the texts of migrations, each before its way back.
func sources(folder steps.Folder, migrations []migration.Migration) []sqlview.Source {
	var all []sqlview.Source
	for _, m := range migrations {
		s := judge.Source(folder.Format, &m)
		s.Backfill = s.Backfill && folder.Command == nil // a command knows nothing of batches
		switch p, ok := folder.Previews[m.Up.SHA256]; {
		case ok && p.Why == "":
			s.SQL, s.Unread = p.SQL, ""
			if p.InOne {
				s.Mode = judge.Mode(migration.TxFile)
			}
		case m.Up.Tx != migration.TxForeign && unseen(folder, m):
			s.SQL = nil // only the tool knows what it makes of it
		}
		all = append(all, s)
		// The way back meets the catalog as its own way forward leaves it.
		if m.Down != nil && m.Down.Tx != migration.TxForeign {
			s.Path, s.SQL, s.Mode, s.Down = m.Down.Path, m.Down.Bytes, judge.Mode(m.Down.Tx), true
			s.Unread, s.UnreadLine = "", 0
			s.Backfill = m.Down.Backfill != nil && folder.Command == nil
			all = append(all, s)
		}
	}
	return all
}

func reviewOptions(e *steps.Env, target steps.Target, s *catalog.Snapshot) sqlview.Options {
	return sqlview.Options{
		Snapshot: s, Version: target.Major, Small: sqlview.SmallTable,
		Waivers: e.Project.Config.Waivers(), Today: e.Now().Format(time.DateOnly), Quiet: true,
	}
}

// replayed is the catalog as the folder's own history would have made it, without one
// version.
func replayed(ctx context.Context, e *steps.Env, folder migration.Folder, without string) (*catalog.Snapshot, error) {
	var texts [][]byte
	for _, m := range folder.Migrations {
		if m.Version != without {
			texts = append(texts, m.Up.Bytes)
		}
	}
	parsed, err := e.Parser.Parse(ctx, texts...)
	if err != nil {
		return nil, err
	}
	var all []parse.Statement
	for _, f := range parsed {
		all = append(all, f.Statements...)
	}
	return catalog.FromStatements(catalog.SourceHistory, all, 0), nil
}

package checklist

import (
	"context"
	"fmt"
	"slices"
	"time"

	pg "github.com/pganalyze/pg_query_go/v6"

	"belay/db"
	"belay/db/apply"
	"belay/sqlview"
	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/measure"
	"belay/steps"
	"belay/steps/execute"
	"belay/steps/journal"
)

// instant reports whether a statement needs no accepted hold time: it is over at
// once, it makes nobody wait however long it takes, or it only works on tables that
// are known to be small. What nobody can know is not instant.
func instant(s apply.Statement, n *pg.Node, cat *catalog.Snapshot) bool {
	e := s.Effect
	switch {
	case !e.Known:
		return true // not analysed, and accepted with a reason: the server undoes it where it is not
	case makesRows(n):
		return false
	case e.Duration == effect.Instant, s.Concurrent, extension(n):
		return true
	case e.Duration == effect.Unknown:
		return false
	}
	mode := e.Strongest().Mode
	if mode.BlocksReads() || mode.BlocksWrites() {
		return false
	}
	return !worksOnRows(n) || small(n, e, cat)
}

// extension reports CREATE and ALTER EXTENSION: their scripts are mostly quick, and
// what is not is undone.
func extension(n *pg.Node) bool {
	return n.GetCreateExtensionStmt() != nil || n.GetAlterExtensionStmt() != nil
}

// worksOnRows reports a statement that reads or writes rows, which others may wait
// for, or whose time they decide. VALIDATE, VACUUM and ANALYZE make nobody wait.
func worksOnRows(n *pg.Node) bool {
	switch n.GetNode().(type) {
	case *pg.Node_SelectStmt, *pg.Node_InsertStmt, *pg.Node_UpdateStmt, *pg.Node_DeleteStmt, *pg.Node_MergeStmt,
		*pg.Node_CopyStmt, *pg.Node_CreateTableAsStmt, *pg.Node_ExplainStmt, *pg.Node_RefreshMatViewStmt:
		return true
	}
	return false
}

// small reports whether all that the statement reads from end to end is known to
// be a small table.
func small(n *pg.Node, e effect.Effect, cat *catalog.Snapshot) bool {
	return n.GetCopyStmt() == nil && !slices.ContainsFunc(e.Scans, func(name string) bool {
		r := cat.Seen(name)
		return r == nil || r.Size == nil || r.Size.Rows < 0 || r.Size.Rows > sqlview.SmallTable.Rows ||
			r.Size.Bytes > sqlview.SmallTable.Bytes
	})
}

// makesRows reports a generate_series that is not known to be short.
func makesRows(n *pg.Node) bool {
	long := false
	catalog.Walk(n, func(m any) bool {
		f, is := m.(*pg.FuncCall)
		if !is || !slices.Contains(catalog.Strings(f.Funcname), "generate_series") || len(f.Args) < 2 {
			return true
		}
		from, to := f.Args[0].GetAConst().GetIval(), f.Args[1].GetAConst().GetIval()
		long = long || from == nil || to == nil || float64(to.Ival)-float64(from.Ival) > sqlview.SmallTable.Rows
		return true
	})
	return long
}

// holdQuestion asks for the longest accepted hold of units that are not instant, or that a
// slow line makes long, and puts an accepted one into them. away is how long an answer of
// the server takes to come.
func holdQuestion(e *steps.Env, p *steps.Plan, binds binding, away time.Duration) ([]journal.QuestionAsked, error) {
	far := func(u steps.Unit) bool { return tooFar(e.Project.Limits.HoldBudget, u, away) }
	slow := slices.IndexFunc(p.Units, func(u steps.Unit) bool { return !u.Instant })
	long := slices.IndexFunc(p.Units, far)
	if slow < 0 && long < 0 {
		return nil, nil
	}
	bound := binds.holds(func(u steps.Unit) bool { return !u.Instant || far(u) })
	answer, ok := e.Engine.Approved(steps.RunHold, bound)
	switch {
	case !ok && slow >= 0:
		return []journal.QuestionAsked{askHold(p.Units[slow], bound)}, nil
	case !ok:
		return []journal.QuestionAsked{askFar(p.Units[long], bound, away)}, nil
	}
	hold, err := measure.ParseSpan(answer)
	if err != nil {
		return nil, err // the engine takes nothing else
	}
	hold = execute.NoLonger(e.Project, hold)
	for i := range p.Units {
		if !p.Units[i].Instant || far(p.Units[i]) {
			p.Units[i].Hold = hold
		}
	}
	return nil, nil
}

func askHold(u steps.Unit, bound string) journal.QuestionAsked {
	q := journal.QuestionAsked{
		ID: steps.RunHold, Text: u.Path + " is not instant: how long may it hold its locks? (such as 40s)",
		Why:   "reads or writes of the table wait as long as the locks are held. After that time the server undoes it",
		Wants: journal.Span, Bound: bound,
	}
	for _, s := range u.Statements {
		switch {
		case s.Effect.Commits != effect.CommitsNever && u.Wrap == apply.OneByOne:
			q.Text = fmt.Sprintf("%s:%d: nobody can know how long %s runs. How long may it run? (such as 10min)",
				u.Path, s.Line, s.Kind)
			q.Why = "after that time the server ends it. What it committed by itself until then stays. It may wait " +
				"as long for a lock"
			return q
		case s.Effect.Duration == effect.Unknown:
			q.Text = fmt.Sprintf("%s:%d: nobody can know how long %s takes. How long may it hold its locks? (such "+
				"as 40s)", u.Path, s.Line, s.Kind)
			return q
		}
	}
	return q
}

// measured is how often the line is asked again where the first answer was late.
const measured = 2

// awayOf is how long an answer of the server takes that needs no work, the quickest of
// some; 0 = nobody was asked. On a near line the answer at the connection's start says it.
func awayOf(ctx context.Context, e *steps.Env, target steps.Target) (away time.Duration) {
	if target.Offline() {
		return 0
	}
	err := e.Sessions.Monitor(ctx, func(c *db.Conn) error {
		away = c.Away
		for i := 0; i < measured && away >= apply.FarAway; i++ {
			began := time.Now()
			if _, err := c.Exec(ctx, "SELECT"); err != nil {
				return err
			}
			away = min(away, time.Since(began))
		}
		return nil
	})
	if err != nil {
		return 0
	}
	return away
}

// held is how long a unit holds its locks for the line alone: for the answers to its
// statements, to the history row, and to COMMIT.
func held(u steps.Unit, away time.Duration) time.Duration {
	return time.Duration(len(u.Statements)+2) * away
}

// tooFar reports whether the line alone has a unit hold its locks past the budget, so that
// it would be undone.
func tooFar(budget time.Duration, u steps.Unit, away time.Duration) bool {
	return u.Instant && !u.Concurrent && !u.Unseen && u.Backfill == nil && len(u.Statements) > 0 &&
		away >= apply.FarAway && held(u, away) > budget
}

func askFar(u steps.Unit, bound string, away time.Duration) journal.QuestionAsked {
	return journal.QuestionAsked{
		ID: steps.RunHold, Text: fmt.Sprintf("%s: %s: about %s. How long may it hold them? (such as %s)", u.Path,
			execute.FarAway(away), measure.Duration(held(u, away).Round(100*time.Millisecond)),
			measure.Duration((3 * held(u, away)).Round(time.Second))),
		Why: "reads or writes of the table wait as long as the locks are held; from a host near the server it would " +
			"be a moment. After that time the server undoes it",
		Wants: journal.Span, Bound: bound,
	}
}

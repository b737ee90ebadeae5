package apply

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// confirm reads the history table before COMMIT is sent: a rule, a trigger or a
// policy there may have made something else of the row, and a unit that is
// committed without its row is run again by the next one who looks.
func (r *run) confirm(ctx context.Context, b block) (ending, bool) {
	if b.shows == "" || len(b.writes) == 0 || r.u.Mark.SQL == "" {
		return ending{}, true
	}
	var rows [][]string
	f := flight{limit: r.guard.statement, deadline: r.deadline, over: r.over}
	a := r.fly(ctx, f, func(ctx context.Context) (tag pgconn.CommandTag, err error) {
		tag, rows, err = exec(ctx, r.s.conn, r.u.Mark.SQL)
		return tag, err
	})
	if a.err != nil {
		return r.failed(Statement{Kind: "history row"}, a), false
	}
	recorded, dirty, err := r.u.Mark.read(rows)
	if err != nil {
		return r.unrecorded(err.Error()), false
	}
	if got := r.u.Mark.shows(recorded, dirty); got != b.shows {
		return r.unrecorded(fmt.Sprintf("it shows %s of version %s after the row was written",
			or(string(got), "nothing"), r.u.Mark.Version)), false
	}
	if why := r.u.Mark.differs(rows); why != "" {
		return r.unrecorded(why), false
	}
	return ending{}, true
}

// differs says what a table of one row holds beside the version just written to it;
// "" = it holds that version. A later version would stand for ours when somebody else
// looks, not right after our own write.
func (m Mark) differs(rows [][]string) string {
	switch {
	case !m.UpTo || m.Absent:
		return ""
	case len(rows) != 1:
		return fmt.Sprintf("it has %d rows, not one", len(rows))
	case !sameNumber(rows[0][0], m.Version):
		return fmt.Sprintf("it says version %s, not %s", rows[0][0], m.Version)
	}
	return ""
}

// unrecorded is the ending of a transaction whose history row is not what was
// written.
func (r *run) unrecorded(why string) ending {
	return ending{outcome: NotApplied, reason: Unrecorded,
		err: fmt.Errorf("the history table keeps no row of %s: %s; the transaction is undone", r.u.Name, why)}
}

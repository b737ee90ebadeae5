package backfill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"belay/db"

	"github.com/jackc/pgx/v5"
)

// trialLimit is how long a row for the trial may be looked for, and changed.
const trialLimit = rowLimit

// TrialError says that the table does not take what the statement makes of a row.
type TrialError struct {
	Relation string
	Err      error
}

// Error is one line.
func (e *TrialError) Error() string {
	return fmt.Sprintf("backfill: a row of %s was changed for a trial and undone: %s (SQLSTATE %s)", e.Relation,
		message(e.Err), db.SQLState(e.Err))
}

// Hint is what to do now.
func (e *TrialError) Hint() string {
	return "no sync trigger was created: every row that the application writes would fail like it; fix the " +
		"statement, or the constraint"
}

func (e *TrialError) Unwrap() error { return e.Err }

// Trial changes one row that the statement selects and undoes it, so that no sync
// trigger is made whose values the table refuses: with it the application's own
// writes would fail. A *TrialError says so; where no row can be had at once there
// is nothing to say.
func Trial(ctx context.Context, c *db.Conn, p *Plan) error {
	for _, l := range p.Leaves {
		err := as(ctx, c, p.Spec.Role, func() error { return newRangeSQL(p, l).trial(ctx, c) })
		switch {
		case err == nil:
		case db.Decided(err) && (db.Classify(err) == db.Data || db.SQLState(err) == raised):
			return &TrialError{p.Relation, err}
		case !db.Decided(err):
			return fmt.Errorf("backfill: trial on %s: %w", l.Name, err)
		}
	}
	return nil
}

func (q rangeSQL) trial(ctx context.Context, c *db.Conn) (err error) {
	tx, err := c.BeginTx(ctx, pgx.TxOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tx.Rollback(context.WithoutCancel(ctx))) }()
	if _, err := db.Set(ctx, tx, db.ForTransaction, []db.Setting{{Name: "lock_timeout", Want: "200"},
		{Name: "statement_timeout", Want: fmt.Sprint(trialLimit.Milliseconds())}}); err != nil {
		return err
	}
	where := "true"
	if q.st.Guard != "" {
		where = q.st.Guard
	}
	defer c.Patient(trialLimit + time.Second)()
	sql, _ := q.update(nil, nil,
		fmt.Sprintf("%s.ctid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT %[1]s.ctid FROM %s WHERE (%s) LIMIT 1 FOR "+
			"UPDATE SKIP LOCKED))",
			quote(q.alias), q.from(), where))
	_, err = execTeam(ctx, c, sql)
	return err
}

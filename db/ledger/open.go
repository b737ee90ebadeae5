package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"belay/db"

	"github.com/jackc/pgx/v5"
)

// The states of a run that more than one host goes by. A backfill's own row is
// not among the runs of this file: it locks its table, not the database.
const (
	// Running: its engine works, or ended without a word.
	Running = "running"
	// Waiting: it was left with something to go on with, and all of it is known.
	Waiting = "waiting"
	// Unknown: what became of its last unit is not known yet.
	Unknown = "unknown"
	// Finished: nothing is left of it.
	Finished = "finished"
)

// Open is a run that is not finished, as another host sees it.
type Open struct {
	Run
	OpenedAt time.Time `json:"opened_at"`
	// Seen is when the run was last heard of, by the server's clock.
	Seen time.Time `json:"seen"`
	// Applied counts the units that have their mark.
	Applied int `json:"applied"`
	// Sessions are the run's own that live on the server; empty = its engine is gone.
	Sessions []db.Holder `json:"sessions,omitempty"`
}

// InTheWay reports whether no other run may begin before this one is settled.
func (o Open) InTheWay() bool {
	return len(o.Sessions) > 0 || o.State == Running || o.State == Unknown
}

// Says is a sentence about who has the run, where, since when, and how far it is.
func (o Open) Says(what string) string {
	s := fmt.Sprintf("run %s of %s, since %s, %s (%d of %d applied, last heard of %s)", o.Short(), o.Owner,
		o.OpenedAt.Format(time.DateTime+" UTC"), what, o.Applied, len(o.Migrations), o.Seen.Format("15:04:05 UTC"))
	if len(o.Sessions) > 0 {
		s += ": " + o.Sessions[0].String()
	}
	return s
}

const openSQL = `SELECT r.id::text, r.identity, r.timeline, r.database, r.tool, r.migrations, r.plan_sha256, r.settings, r.epoch,
  r.owner, r.state, r.belay_version, (extract(epoch FROM r.opened_at) * 1000)::bigint,
  (extract(epoch FROM greatest(r.updated_at, (SELECT max(e.at) FROM belay.event e WHERE e.run_id = r.id))) * 1000)::bigint,
  (SELECT count(*) FROM belay.unit u WHERE u.run_id = r.id AND u.state = 'applied' AND u.unit = ANY (r.migrations))
FROM belay.run r WHERE r.identity = $1 AND r.state <> 'finished' AND r.tool <> 'backfill' ORDER BY r.opened_at DESC`

// OpenRuns lists the runs of this very database that are not finished, newest
// first. Rows of another identity are history: a restored dump carries them.
func OpenRuns(ctx context.Context, c *pgx.Conn, identity string) ([]Open, error) {
	rows, err := c.Query(ctx, openSQL, identity)
	if err != nil {
		return nil, wrap(err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (o Open, err error) {
		var opened, seen int64
		err = r.Scan(&o.ID, &o.Identity, &o.Timeline, &o.Database, &o.Tool, &o.Migrations, &o.PlanSHA256, &o.Settings,
			&o.Epoch,
			&o.Owner, &o.State, &o.BelayVersion, &opened, &seen, &o.Applied)
		o.OpenedAt, o.Seen = time.UnixMilli(opened).UTC(), time.UnixMilli(seen).UTC()
		return o, err
	})
	for i := range all {
		if err == nil {
			all[i].Sessions, err = SessionsOf(ctx, c, all[i].Short())
		}
	}
	return all, wrap(err)
}

const sessionsSQL = `SELECT pid, application_name, coalesce(usename, '')::text, coalesce(pg_catalog.host(client_addr), ''),
  (extract(epoch FROM backend_start) * 1000)::bigint
FROM pg_catalog.pg_stat_activity WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid()
  AND pg_catalog.starts_with(application_name, 'belay/' || $1::text || '/') ORDER BY backend_start NULLS LAST, pid`

// SessionsOf lists the sessions of a run in this database, helpers too, but for
// the one that asks. short is the first eight characters of its id.
func SessionsOf(ctx context.Context, q Queryer, short string) ([]db.Holder, error) {
	rows, err := q.Query(ctx, sessionsSQL, short)
	if err != nil {
		return nil, wrap(err)
	}
	all, err := pgx.CollectRows(rows, db.ScanHolder)
	return all, wrap(err)
}

// Plan is what must be in the database before the first effect of a run, so that
// another host can go on with it.
type Plan struct {
	// SQL is the exact bytes of the files, one after the other.
	SQL string
	// Answers, Approvals and Waivers are JSON objects.
	Answers, Approvals, Waivers json.RawMessage
}

// OtherRunError says that another run of this database is in the way.
type OtherRunError struct{ Open }

// Error says who, where, since when.
func (e *OtherRunError) Error() string {
	return fmt.Sprintf("run %s of %s, since %s, is open on this database", e.Short(), e.Owner,
		e.OpenedAt.Format("2006-01-02 15:04:05 UTC"))
}

// Hint is what to do now.
func (e *OtherRunError) Hint() string {
	return "`belay attach " + e.Short() + "` finds out what became of it; nothing has changed"
}

// Begin writes a new run and its plan, of epoch 1, in one transaction. The
// caller holds belay's advisory lock, so that no two begin at once. ended are the
// runs, by their first eight characters, that the caller knows to be over: what
// their engines could not write down any more is written now. An *OtherRunError
// says that another run is in the way; nothing was written then.
func Begin(ctx context.Context, c *pgx.Conn, r Run, p Plan, ended func(short string) bool) error {
	return inTransaction(ctx, c, func(tx pgx.Tx) error {
		if err := Writable(ctx, tx); err != nil {
			return err
		}
		all, err := OpenRuns(ctx, c, r.Identity)
		if err != nil {
			return err
		}
		for _, o := range all {
			switch {
			case o.ID == r.ID || !o.InTheWay():
			case len(o.Sessions) > 0 || !ended(o.Short()):
				return &OtherRunError{Open: o}
			default:
				if err := setState(ctx, tx, o.ID, o.Epoch, Finished); err != nil {
					return err
				}
			}
		}
		return open(ctx, tx, r, p)
	})
}

// open writes a run and its plan; those that are there are left as they are.
func open(ctx context.Context, tx pgx.Tx, r Run, p Plan) error {
	if err := OpenRun(ctx, tx, r); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO belay.plan (run_id, sql, answers, approvals, waivers)
		VALUES ($1::text::uuid, $2, $3::text::jsonb, $4::text::jsonb, $5::text::jsonb) ON CONFLICT (run_id) DO NOTHING`,
		r.ID, p.SQL, object(p.Answers), object(p.Approvals), object(p.Waivers))
	return wrap(err)
}

func object(j json.RawMessage) string {
	if len(j) == 0 {
		return "{}"
	}
	return string(j)
}

// inTransaction bounds and carries a transaction of ours.
func inTransaction(ctx context.Context, c *pgx.Conn, do func(pgx.Tx) error) error {
	tx, err := c.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return wrap(err)
	}
	_, err = tx.Exec(ctx,
		`SELECT pg_catalog.set_config('lock_timeout', '200', true), pg_catalog.set_config('statement_timeout', '5000', true), `+
			fmt.Sprintf(db.DurableSQL, true))
	if err == nil {
		err = do(tx)
	}
	if err == nil {
		return wrap(tx.Commit(ctx))
	}
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	return errors.Join(err, tx.Rollback(back))
}

// ReadPlan reads the plan of a run.
func ReadPlan(ctx context.Context, q db.Querier, run string) (p Plan, err error) {
	err = q.QueryRow(ctx, `SELECT sql, answers, approvals, waivers FROM belay.plan WHERE run_id = $1::text::uuid`,
		run).
		Scan(&p.SQL, &p.Answers, &p.Approvals, &p.Waivers)
	return p, wrap(err)
}

// Resume writes that the owner's next engine goes on with its run. A
// *TakenOverError says that another host does.
func Resume(ctx context.Context, c *pgx.Conn, claim *Claim, owner string) error {
	return inTransaction(ctx, c, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx,
			`UPDATE belay.run SET owner = $3, state = 'running', updated_at = pg_catalog.clock_timestamp()
			WHERE id = $1::text::uuid AND epoch = $2::integer`, claim.Run, claim.Epoch, owner)
		if err == nil && tag.RowsAffected() == 0 {
			return claim.Fence(ctx, tx) // says who
		}
		return wrap(err)
	})
}

// TakeOver makes owner the owner of a run of the epoch that was seen, and returns
// the new epoch: one more. The caller holds belay's advisory lock, has seen that
// no session of the run lives, and has a person's typed yes. Where another host
// was quicker it is a *TakenOverError.
func TakeOver(ctx context.Context, c *pgx.Conn, run string, seen int, owner string) (epoch int, err error) {
	err = inTransaction(ctx, c, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx,
			`UPDATE belay.run SET epoch = epoch + 1, owner = $3, state = 'running', updated_at = pg_catalog.clock_timestamp()
			WHERE id = $1::text::uuid AND epoch = $2::integer RETURNING epoch`, run, seen, owner).Scan(&epoch)
		if errors.Is(err, pgx.ErrNoRows) {
			return (&Claim{Run: run, Epoch: seen}).Fence(ctx, tx)
		}
		return wrap(err)
	})
	return epoch, err
}

// SetState writes how a run stands, where it is still the claim's.
func SetState(ctx context.Context, c *pgx.Conn, claim *Claim, state string) error {
	return inTransaction(ctx, c, func(tx pgx.Tx) error { return setState(ctx, tx, claim.Run, claim.Epoch, state) })
}

func setState(ctx context.Context, x Execer, run string, epoch int, state string) error {
	_, err := x.Exec(ctx, `UPDATE belay.run SET state = $3, updated_at = pg_catalog.clock_timestamp()
		WHERE id = $1::text::uuid AND epoch = $2::integer`, run, epoch, state)
	return wrap(err)
}

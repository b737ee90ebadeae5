package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"belay/db"

	"github.com/jackc/pgx/v5"
)

// CarriesApprovals is the version from which a ledger carries approvals.
const CarriesApprovals = 2

// OlderError says that a ledger has no place yet for what is to be kept.
type OlderError struct {
	// Found is meta.version.
	Found int
}

// Error names both versions.
func (e *OlderError) Error() string {
	return fmt.Sprintf("the ledger (schema belay) is of version %d; approvals from other hosts need version %d",
		e.Found, CarriesApprovals)
}

// Hint is what to do now.
func (e *OlderError) Hint() string {
	return "`belay approve --setup` shows the DDL of the two tables and makes them after a yes"
}

// ApprovalRequest is a row of belay.approval_request: what somebody asks a second
// person to approve.
type ApprovalRequest struct {
	ID string // a uuid
	// Bound and Identity name what is asked for; Text is the request itself.
	Bound, Identity, Text string
	// Login is who wrote the row, as the server says.
	Login string
}

// Approval is a row of belay.approval.
type Approval struct {
	ID   string // a uuid
	Text string
	// Login is who wrote the row, as the server says; Age is by the server's clock.
	Login string
	Age   time.Duration
}

// CanApprove is nil where the ledger carries approvals: else [ErrMissing], a
// *VersionError or an *OlderError, or what another role has put there.
func CanApprove(ctx context.Context, q db.Querier) error {
	s, err := usable(ctx, q)
	if err != nil {
		return err
	}
	if s.Version < CarriesApprovals {
		return &OlderError{Found: s.Version}
	}
	return Writable(ctx, q)
}

// lasting is how long a request waits, as SQL: an approval counts as long.
const lasting = `interval '1 day'`

// AskApproval writes a request, or finds the one of the same login for the same that
// nobody has used yet; id is its uuid.
func AskApproval(ctx context.Context, c *pgx.Conn, r ApprovalRequest) (id string, err error) {
	err = inTransaction(ctx, c, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `SELECT id::text FROM belay.approval_request
			WHERE bound = $1 AND identity = $2 AND login = session_user AND used_by IS NULL
			AND at > pg_catalog.clock_timestamp() - `+lasting+` ORDER BY at DESC LIMIT 1`, r.Bound, r.Identity).Scan(&id)
		if !errors.Is(err, pgx.ErrNoRows) {
			return wrap(err)
		}
		id = r.ID
		_, err = tx.Exec(ctx, `INSERT INTO belay.approval_request (id, bound, identity, request)
			VALUES ($1::text::uuid, $2, $3, $4)`, r.ID, r.Bound, r.Identity, r.Text)
		return wrap(err)
	})
	return id, err
}

// mostApprovals bounds what is read of what others wrote.
const mostApprovals = 50

// ApprovalRequests are the requests of a database that wait, the newest first.
func ApprovalRequests(ctx context.Context, q Queryer, identity string) ([]ApprovalRequest, error) {
	rows, err := q.Query(ctx, `SELECT id::text, bound, identity, request, login::text FROM belay.approval_request
		WHERE identity = $1 AND used_by IS NULL AND at > pg_catalog.clock_timestamp() - `+lasting+`
		ORDER BY at DESC LIMIT $2`, identity, mostApprovals)
	if err != nil {
		return nil, wrap(err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (a ApprovalRequest, err error) {
		return a, r.Scan(&a.ID, &a.Bound, &a.Identity, &a.Text, &a.Login)
	})
	return all, wrap(err)
}

// Approve writes an approval of a request.
func Approve(ctx context.Context, c *pgx.Conn, id, request, text string) error {
	return inTransaction(ctx, c, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO belay.approval (id, request_id, approval)
			VALUES ($1::text::uuid, $2::text::uuid, $3)`, id, request, text)
		return wrap(err)
	})
}

// Approvals are those of a request that no run has used yet, the oldest first.
func Approvals(ctx context.Context, q Queryer, request string) ([]Approval, error) {
	rows, err := q.Query(ctx, `SELECT a.id::text, a.approval, a.login::text,
		(extract(epoch FROM pg_catalog.clock_timestamp() - a.at) * 1000)::bigint
		FROM belay.approval a JOIN belay.approval_request r ON r.id = a.request_id
		WHERE a.request_id = $1::text::uuid AND r.used_by IS NULL AND pg_catalog.length(a.approval) < 65536
		ORDER BY a.at LIMIT $2`, request, mostApprovals)
	if err != nil {
		return nil, wrap(err)
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (a Approval, err error) {
		var ms int64
		err = r.Scan(&a.ID, &a.Text, &a.Login, &ms)
		a.Age = time.Duration(ms) * time.Millisecond
		return a, err
	})
	return all, wrap(err)
}

// UseApproval keeps a request and its approvals for one run. It is false where another
// run was first.
func UseApproval(ctx context.Context, c *pgx.Conn, request, run string) (ours bool, err error) {
	err = inTransaction(ctx, c, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE belay.approval_request SET used_by = $2
			WHERE id = $1::text::uuid AND (used_by IS NULL OR used_by = $2)`, request, run)
		ours = tag.RowsAffected() == 1
		return wrap(err)
	})
	return ours, err
}

// Login is whom the server takes the session for, whatever role it has taken since.
// forges is true where that one could write an approval in anybody's name: it owns the
// table, may write the column, or is a superuser.
func Login(ctx context.Context, q db.Querier) (login string, forges bool, err error) {
	err = q.QueryRow(ctx, `SELECT session_user::text, EXISTS (SELECT FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'belay' AND c.relname = 'approval'
		AND (pg_catalog.has_column_privilege(session_user, c.oid, 'login', 'INSERT')
		OR pg_catalog.pg_has_role(session_user, c.relowner, 'MEMBER')))`).Scan(&login, &forges)
	return login, forges, wrap(err)
}

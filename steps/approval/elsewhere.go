package approval

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"belay/db"
	"belay/db/ledger"
)

// What another host approves goes through the ledger of the database: the request with
// all that is shown, and the approvals. The server vouches for the login of each row;
// who sits behind a login it does not know.

// Post writes a request into the ledger, or finds the one of the same login that waits
// there for the same. id is the request's uuid.
func Post(ctx context.Context, c *db.Conn, r Request) (id string, err error) {
	r.Format = 1
	b, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	return ledger.AskApproval(ctx, c.Conn, ledger.ApprovalRequest{
		ID: uuid.NewString(), Bound: r.Bound, Identity: r.Identity, Text: string(b),
	})
}

// Posted are the requests that wait in the ledger for a database, the newest first. What
// is none is left out.
func Posted(ctx context.Context, c *db.Conn, identity string) ([]Request, error) {
	rows, err := ledger.ApprovalRequests(ctx, c, identity)
	if err != nil {
		return nil, err
	}
	var all []Request
	for _, row := range rows {
		var r Request
		if len(row.Text) <= longestRequest && json.Unmarshal([]byte(row.Text), &r) == nil && r.Format == 1 &&
			r.Bound == row.Bound && r.Identity == row.Identity {
			r.ID, r.Login = row.ID, row.Login
			all = append(all, r)
		}
	}
	return all, nil
}

// Send writes an approval of a posted request into the ledger.
func Send(ctx context.Context, c *db.Conn, a Approval) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return ledger.Approve(ctx, c.Conn, uuid.NewString(), a.Request, string(b))
}

// Sent are the approvals of a posted request, the oldest first, with their age by the
// server's clock as of now. What is none is left out.
func Sent(ctx context.Context, c *db.Conn, request, bound string, now time.Time) ([]Given, error) {
	rows, err := ledger.Approvals(ctx, c, request)
	if err != nil {
		return nil, err
	}
	var all []Given
	for _, row := range rows {
		g := Given{At: now.Add(-row.Age), Login: row.Login, ID: row.ID}
		if json.Unmarshal([]byte(row.Text), &g.Approval) == nil && g.Bound == bound && g.Request == request {
			g.UID = g.Approval.UID
			all = append(all, g)
		}
	}
	return all, nil
}

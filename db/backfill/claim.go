package backfill

import (
	"context"
	"slices"

	"belay/db"
)

// unfinished refuses to begin the same work twice: what is not idempotent would
// be done twice.
func unfinished(ctx context.Context, c *db.Conn, p *Plan) error {
	all, err := List(ctx, c)
	if err != nil {
		return err
	}
	here, err := identityOf(ctx, c)
	if err != nil {
		return err
	}
	for _, b := range all {
		// A restored dump carries rows of another database: they are history.
		same := b.Identity == "" || here == "" || b.Identity == here
		if same && b.State != Done && b.StatementSHA256 == p.Statement.SHA256 && p.hasLeaf(b.TableOID) {
			return &OpenError{Row: b}
		}
	}
	return nil
}

func (p *Plan) hasLeaf(oid uint32) bool {
	return slices.ContainsFunc(p.Leaves, func(l Leaf) bool { return l.OID == oid })
}

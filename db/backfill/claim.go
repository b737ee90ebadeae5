package backfill

import (
	"context"
	"errors"
	"fmt"
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

// match makes sure that a resume goes on with the same work.
func (r *runner) match(found []Row) error {
	for _, b := range found {
		differ := func(what, was, is string) error { return &MismatchError{r.id, what, was, is} }
		if b.State == Done {
			return differ("state", string(Done), "to be resumed")
		}
		if b.StatementSHA256 != r.p.Statement.SHA256 {
			return differ("statement", "sha256 "+b.StatementSHA256[:12], r.p.Statement.SHA256[:12])
		}
		if r.o.Run.Identity != "" && b.Identity != "" && b.Identity != r.o.Run.Identity {
			return differ("database", b.Identity, r.o.Run.Identity)
		}
		l, err := r.leafOf(&b)
		if err != nil {
			return err
		}
		if !slices.Equal(b.KeyCols, l.Key.Columns) || !slices.Equal(b.KeyTypes, l.Key.Types) {
			return differ("key of "+b.Leaf, fmt.Sprint(b.KeyCols, b.KeyTypes), fmt.Sprint(l.Key.Columns, l.Key.Types))
		}
	}
	return nil
}

// reload reads the state rows again. With same set, a row whose epoch went up
// belongs to another runner now.
func (r *runner) reload(ctx context.Context, same bool) error {
	rows, err := Load(ctx, r.s.exec, r.id)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return errors.Join(&MovedError{ID: r.id, Leaf: r.p.Relation}, errors.New("its rows are gone from the ledger"))
	}
	if same {
		for _, b := range rows {
			i := slices.IndexFunc(r.rows, func(x Row) bool { return x.Leaf == b.Leaf })
			if i >= 0 && b.Epoch != r.rows[i].Epoch {
				return &MovedError{ID: r.id, Leaf: b.Leaf, Owner: b.Owner}
			}
		}
	}
	at := slices.IndexFunc(rows, func(b Row) bool { return r.row != nil && b.Leaf == r.row.Leaf })
	r.rows = rows
	if r.row = nil; at >= 0 {
		r.row = &r.rows[at]
	}
	return nil
}

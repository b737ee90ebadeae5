package apply

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"belay/sqlview/effect"
	"belay/sqlview/lock"
)

// DropInvalid drops an INVALID index by DROP INDEX CONCURRENTLY. The caller has
// asked a person. An index that has become valid, or another one of that name,
// is refused.
func (x *Executor) DropInvalid(ctx context.Context, i InvalidIndex) Result {
	name := pgx.Identifier{i.Schema, i.Name}.Sanitize()
	return x.Run(ctx,
		Unit{Name: "drop of INVALID index " + i.Name, Path: "DROP INDEX CONCURRENTLY " + name, Wrap: OneByOne,
			Role: x.Role,
			Statements: []Statement{{SQL: "DROP INDEX CONCURRENTLY " + name, Line: 1, Kind: "DROP INDEX",
				Concurrent: true,
				Index:      Index{Schema: i.Schema, Name: i.Name, drop: i.OID},
				Effect: effect.Effect{Known: true, Duration: effect.Slow,
					Locks: []effect.On{{Relation: i.Table, Mode: lock.ShareUpdateExclusive}}}}}})
}

// Finalize ends a DETACH … CONCURRENTLY that stays half done. The caller has
// asked a person. It waits for the partition's readers by the ladder: it holds
// ACCESS EXCLUSIVE on the partition while it waits for older snapshots.
func (x *Executor) Finalize(ctx context.Context, p Partition) Result {
	sql := "ALTER TABLE " + quotedName(p.Parent) + " DETACH PARTITION " + quotedName(p.Name) + " FINALIZE"
	return x.Run(ctx, Unit{Name: "end of the detach of " + p.Name, Path: sql, Wrap: Transaction, Role: x.Role,
		Statements: []Statement{{SQL: sql, Line: 1, Kind: "ALTER TABLE", Partition: p, Witness: p.detaching(),
			Effect: effect.Effect{Known: true, Transactional: true, Duration: effect.Instant,
				Locks: []effect.On{
					{Relation: p.Parent, Mode: lock.ShareUpdateExclusive},
					{Relation: p.Name, Mode: lock.AccessExclusive},
				}}}}})
}

// mayDrop reports why the index found is not the INVALID one that was to go.
func mayDrop(s Statement, x existing) error {
	switch {
	case x.OID != s.Index.drop:
		return fmt.Errorf("index %s is another one now than the INVALID one that was seen", s.Index.Name)
	case x.valid && x.ready:
		return fmt.Errorf("index %s is valid now: it is not dropped", s.Index.Name)
	}
	return nil
}

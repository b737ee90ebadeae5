package apply

import (
	"context"
	"fmt"
	"strconv"
)

// built holds a CREATE INDEX of our transaction against the catalog, before
// COMMIT: IF NOT EXISTS looks at a name only and succeeds over what a failed
// CONCURRENTLY left, and a partition's INVALID index makes its parent's INVALID
// without a word. ok is false where the index does not do what was asked for.
func (t *attempt) built(ctx context.Context, s Statement) (ending, bool) {
	if s.Kind != "CREATE INDEX" || s.Index.Name == "" {
		return ending{}, true
	}
	x, found, err := t.find(ctx, s.Index)
	switch {
	case err != nil:
		return t.failed(s, answer{err: err}), false
	case !found || s.wants(x):
		return ending{}, true
	}
	e := ending{outcome: NotApplied, reason: IndexInvalid, invalid: []InvalidIndex{x.InvalidIndex}}
	if x.kind == "I" {
		if e.invalid, err = t.s.spoilers(ctx, x.OID); err != nil {
			return t.failed(s, answer{err: err}), false
		}
	}
	f := &Failure{
		Path: t.u.Path, Line: s.Line, Message: fmt.Sprintf("it reports success over %s", x.InvalidIndex),
		Hint: hints[IndexInvalid],
	}
	switch {
	case x.kind == "I" && len(e.invalid) > 0:
		f.Message = fmt.Sprintf("index %s.%s on %s would be INVALID: %s stands in a partition", x.Schema, x.Name,
			x.Table, e.invalid[0])
	case x.kind == "I":
		f.Message = fmt.Sprintf("it reports success over index %s.%s on %s, which is INVALID until each partition "+
			"has its part of it", x.Schema, x.Name, x.Table)
		f.Hint = "build the missing parts with CREATE INDEX CONCURRENTLY on the partitions and ALTER INDEX … ATTACH " +
			"PARTITION, then run it again"
	}
	e.err = f
	return e, false
}

// wants reports whether a CREATE INDEX may leave the index as it is: valid, or
// ONLY on a partitioned table, where it becomes valid with its last part.
func (s Statement) wants(x existing) bool {
	return x.valid && x.ready || x.kind == "I" && s.Index.Only || x.kind != "i" && x.kind != "I"
}

// An index that was there before our transaction keeps its parts: they cannot be
// dropped without it.
const spoilersSQL = `select x.indexrelid, n.nspname, c.relname, pg_catalog.concat(tn.nspname, '.', t.relname), x.indisunique, x.indisready
from pg_catalog.pg_partition_tree($1::pg_catalog.oid) p
join pg_catalog.pg_index x on x.indexrelid operator(pg_catalog.=) p.relid and not x.indisvalid
join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) x.indexrelid and c.relkind operator(pg_catalog.=) 'i'
join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
join pg_catalog.pg_class t on t.oid operator(pg_catalog.=) x.indrelid
join pg_catalog.pg_namespace tn on tn.oid operator(pg_catalog.=) t.relnamespace
join pg_catalog.pg_class whole on whole.oid operator(pg_catalog.=) $1::pg_catalog.oid
where whole.xmin operator(pg_catalog.=) (pg_catalog.txid_current() operator(pg_catalog.%) 4294967296)::pg_catalog.text::pg_catalog.xid
order by x.indexrelid`

// spoilers lists the INVALID indexes of partitions that our transaction's new
// index took for its parts.
func (s session) spoilers(ctx context.Context, oid uint32) ([]InvalidIndex, error) {
	limited, cancel := s.limited(ctx)
	defer cancel()
	return listInvalid(limited, s.conn, spoilersSQL, strconv.FormatUint(uint64(oid), 10))
}

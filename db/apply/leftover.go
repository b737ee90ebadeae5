package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/effect"
	"belay/sqlview/pattern"
)

// Copy says which copy of an index REINDEX CONCURRENTLY left; "" = it was no
// REINDEX.
type Copy string

// The copies, by the suffix that the server gives them.
const (
	// CopyNew is the one that was being built: the index it was to replace is
	// whole and in use.
	CopyNew Copy = "_ccnew"
	// CopyOld is the one that was replaced: the new index is whole and in use.
	CopyOld Copy = "_ccold"
)

var copySuffix = pattern.New(`_cc(new|old)\d*$`)

// CopyOf tells by an INVALID index's name which copy it is.
func CopyOf(name string) Copy {
	suffix := copySuffix.FindString(name)
	return Copy(strings.TrimRight(suffix, "0123456789"))
}

// String is what a person must know of it.
func (x InvalidIndex) String() string {
	return fmt.Sprintf("INVALID index %s.%s on %s, %s", x.Schema, x.Name, x.Table, Explained(x.Name, x.Unique, x.Ready))
}

// Explained says what an INVALID index is and does, and what is lost with it.
func Explained(name string, unique, ready bool) string {
	switch copy := CopyOf(name); {
	case copy == CopyNew:
		return "which REINDEX CONCURRENTLY did not finish: the index it was to replace is whole and in use; dropping " +
			"this copy loses nothing"
	case copy == CopyOld:
		return "which REINDEX CONCURRENTLY has replaced: the new index is whole and in use; dropping this old copy " +
			"loses nothing"
	case unique && ready:
		return "which already rejects duplicate values though no query uses it and ON CONFLICT cannot name it: drop " +
			"it now"
	case ready:
		return "which every write keeps up and no query uses"
	}
	return "which no query uses"
}

// Toast reports whether it belongs to a TOAST table: only a superuser may drop
// it, and it does no harm.
func (x InvalidIndex) Toast() bool { return x.Schema == "pg_toast" }

// leftovers is what failed CONCURRENTLYs left in the database at one moment.
type leftovers struct {
	invalid   []InvalidIndex
	detaching []Partition
}

// since lists what was not there before.
func (l leftovers) since(was leftovers) []InvalidIndex {
	known := map[uint32]bool{}
	for _, x := range was.invalid {
		known[x.OID] = true
	}
	var out []InvalidIndex
	for _, x := range l.invalid {
		if !known[x.OID] {
			out = append(out, x)
		}
	}
	return out
}

func (s session) leftovers(ctx context.Context) (l leftovers, err error) {
	limited, cancel := s.limited(ctx)
	defer cancel()
	if l.invalid, err = InvalidIndexes(limited, s.conn); err != nil || s.version < 140000 {
		return l, err
	}
	rows, err := ask(limited, s.conn, pendingSQL)
	for _, row := range rows {
		l.detaching = append(l.detaching, Partition{Name: row[0], Parent: row[1]})
	}
	return l, err
}

const pendingSQL = `select n.nspname || '.' || c.relname, pn.nspname || '.' || p.relname from pg_catalog.pg_inherits i
	join pg_catalog.pg_class c on c.oid = i.inhrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
	join pg_catalog.pg_class p on p.oid = i.inhparent join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
	where i.inhdetachpending order by 1`

// beforeDetach looks whether an earlier DETACH … CONCURRENTLY is half done: the
// server refuses a second one, and only FINALIZE ends the first.
func (r *run) beforeDetach(ctx context.Context, s Statement) (bool, ending) {
	if slices.Contains(r.u.Detached, s.Partition) {
		return true, ending{}
	}
	l, err := r.s.leftovers(ctx)
	if err != nil {
		return false, unsentEnding(err)
	}
	for _, p := range l.detaching {
		if s.Witness.Args[0] == quotedName(p.Name) || s.Partition.Name == base(p.Name) {
			return false,
				ending{
					outcome: NotApplied, reason: DetachPending, detaching: []Partition{p},
					err: fmt.Errorf("%s is half detached", p),
				}
		}
	}
	return false, ending{}
}

// beforeReindex looks for the copies that an earlier REINDEX CONCURRENTLY left:
// CONCURRENTLY skips them with a warning, without it they become second indexes.
func (r *run) beforeReindex(ctx context.Context, s Statement) ending {
	l, err := r.s.leftovers(ctx)
	if err != nil {
		return unsentEnding(err)
	}
	var left []InvalidIndex
	for _, x := range l.invalid {
		touched := slices.ContainsFunc(s.Effect.Locks, func(on effect.On) bool { return on.Relation == x.Table })
		if touched && CopyOf(x.Name) != "" {
			left = append(left, x)
		}
	}
	if len(left) == 0 {
		return ending{}
	}
	return ending{
		outcome: NotApplied, reason: IndexInvalid, invalid: left,
		err: fmt.Errorf("%s: drop it, then run again", left[0]),
	}
}

func base(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

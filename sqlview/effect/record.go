package effect

import (
	"fmt"
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"
	"belay/sqlview/refusal"
)

// record is what one statement does, as it is found out, on a server of one
// version with one catalog.
type record struct {
	cat     *catalog.Snapshot
	version int
	// versioned is true once the version was asked for: another one may do otherwise.
	versioned bool
	e         Effect
	// fresh is true once it named a relation or function that the run makes.
	fresh bool
}

// major is the server's version.
func (r *record) major() int {
	r.versioned = true
	return r.version
}

// settle draws the conclusions that hold for every statement.
func (r *record) settle() {
	if len(r.e.Rewrites)+len(r.e.Scans)+len(r.e.Rebuilds) > 0 && r.e.Duration == Instant {
		r.e.Duration = Slow
	}
	if r.fresh && len(r.e.Locks) == 0 {
		r.e.Breaks = BreaksNeither // no code uses what was not there before
	}
}

// new reports whether the run under review makes the relation, so that nobody
// else can wait for it.
func (rec *record) new(relation string) bool {
	r := rec.cat.Seen(relation)
	return r != nil && r.CreatedHere
}

// lock takes a lock, or raises one that is already there.
func (r *record) lock(relation string, mode lock.Mode) {
	if relation == "" || mode == lock.None {
		return
	}
	if r.new(relation) {
		r.fresh = true
		r.note("%s is new in this run: nobody waits for it", relation)
		return
	}
	for i := range r.e.Locks {
		if l := &r.e.Locks[i]; l.Relation == relation {
			l.Mode = max(l.Mode, mode)
			return
		}
	}
	r.e.Locks = append(r.e.Locks, On{Relation: relation, Mode: mode})
}

// modeOn is the lock on a relation as far as it is found out.
func (r *record) modeOn(relation string) lock.Mode {
	for _, l := range r.e.Locks {
		if l.Relation == relation {
			return l.Mode
		}
	}
	return lock.None
}

func (rec *record) lockAll(relations []string, mode lock.Mode) {
	for _, r := range relations {
		rec.lock(r, mode)
	}
}

// lockIndexes locks every index of a relation that the catalog knows.
func (r *record) lockIndexes(relation string, mode lock.Mode) {
	for _, i := range r.indexes(relation) {
		r.lock(i.Name, mode)
	}
}

// isPart reports whether an index is a part of a partitioned one.
func (r *record) isPart(index string) bool {
	i := r.cat.Seen(index)
	return i != nil && len(i.Parents) > 0
}

// parts lists the partitions of a partitioned table, all the way down; nil for
// all else, also for what inherits.
func (r *record) parts(relation string) []string {
	if rel := r.cat.Seen(relation); rel != nil && rel.Kind == catalog.PartitionedTable {
		return r.cat.Descendants(relation)
	}
	return nil
}

// stored reports whether a relation has rows of its own, as far as is known.
func (r *record) stored(relation string) bool {
	rel := r.cat.Seen(relation)
	return rel == nil || rel.Kind == catalog.Table || rel.Kind == catalog.MaterializedView
}

func (rec *record) indexes(relation string) []catalog.IndexDef {
	if r := rec.cat.Seen(relation); r != nil {
		return r.Indexes
	}
	return nil
}

// rewrite notes that a relation is written anew, which reads it whole and
// builds its indexes again under the lock that the statement holds.
func (r *record) rewrite(relation string) {
	if r.new(relation) || !r.stored(relation) {
		return
	}
	r.e.Rewrites = add(r.e.Rewrites, relation)
	r.scan(relation)
	for _, i := range r.indexes(relation) {
		r.lock(i.Name, lock.AccessExclusive)
		r.rebuild(i.Name)
	}
}

func (r *record) rebuild(index string) {
	if !r.new(index) {
		r.e.Rebuilds = add(r.e.Rebuilds, index)
	}
}

// scan notes that a relation is read from end to end. A partitioned table has
// no rows of its own.
func (rec *record) scan(relation string) {
	if relation == "" || rec.new(relation) || !rec.stored(relation) {
		return
	}
	rec.e.Scans = add(rec.e.Scans, relation)
}

// scanTree scans a relation and all its partitions or children.
func (r *record) scanTree(relation string) {
	r.scan(relation)
	for _, d := range r.cat.Descendants(relation) {
		r.scan(d)
	}
}

func (r *record) note(format string, args ...any) {
	r.e.Notes = add(r.e.Notes, fmt.Sprintf(format, args...))
}

// unknown says that nobody can know how long the statement takes, and why.
func (r *record) unknown(why string) {
	r.e.Duration = Unknown
	r.note("%s", why)
}

// fails notes that the server refuses the statement.
func (r *record) fails(code, format string, args ...any) {
	if r.e.Fails.Code == "" || r.e.Fails.IfRows {
		r.e.Fails = refusal.Failure{Code: code, Message: fmt.Sprintf(format, args...)}
	}
}

// refused is fails for an error that comes before the statement holds a lock
// for any time.
func (r *record) refused(code, format string, args ...any) {
	r.fails(code, format, args...)
	r.e.Locks, r.e.Rewrites, r.e.Scans, r.e.Rebuilds = nil, nil, nil, nil
}

// inverse says what the way back costs, in words.
func (rec *record) inverse(r Reversible, format string, args ...any) {
	if reversibleRank(r) >= reversibleRank(rec.e.Reversible) {
		rec.e.Reversible = r
	}
	sentence := fmt.Sprintf(format, args...)
	switch {
	case sentence == "":
	case rec.e.Inverse == "":
		rec.e.Inverse = sentence
	default:
		rec.e.Inverse += "; " + sentence
	}
}

// breaks raises what the statement breaks. Old outranks new: code that runs now
// is hurt first.
func (r *record) breaks(b Breaks) {
	if r.e.Breaks != BreaksOld {
		r.e.Breaks = b
	}
}

func add(all []string, s string) []string {
	if s == "" || slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}

func reversibleRank(r Reversible) int {
	return slices.Index([]Reversible{ReversibleInstant, ReversibleSlow, ReversibleLossy, ReversibleNone}, r)
}

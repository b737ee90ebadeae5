package effect

import (
	"fmt"
	"reflect"
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/lock"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// The versions that stand for an unknown server.
const (
	oldestAssumed = 12
	newestAssumed = 18
)

// Of judges one statement that meets snap on a server of that major version.
// Version 0 = unknown: the worst of 12 to 18. What the snapshot does not know
// is judged for the worst, and Notes says so. A nil snapshot knows nothing.
func Of(s parse.Statement, snap *catalog.Snapshot, version int) Effect {
	if s.Node == nil || s.Node.Node == nil {
		return Effect{}
	}
	if version == 0 {
		version = snap.Version()
	}
	if version != 0 {
		return ofVersion(s, snap, version)
	}
	worst := ofVersion(s, snap, oldestAssumed)
	for v := oldestAssumed + 1; v <= newestAssumed; v++ {
		worst = worse(worst, ofVersion(s, snap, v))
	}
	return worst
}

func ofVersion(s parse.Statement, snap *catalog.Snapshot, version int) Effect {
	j := &judge{Statement: s, cat: snap, version: version}
	j.e = Effect{Known: true, Transactional: true, Duration: Instant, Reversible: ReversibleInstant, Breaks: BreaksNeither}
	f := families[reflect.TypeOf(s.Node.Node)]
	if f == nil {
		j.e.Known = false
		j.unknown("belay does not know what " + s.Kind + " locks")
		return j.e
	}
	f(j, s.Node)
	j.settle()
	return j.e
}

// judge is one statement under judgement.
type judge struct {
	parse.Statement
	cat     *catalog.Snapshot
	version int
	e       Effect
	// ctes are the names of the statement's WITH; nil = not read yet.
	ctes map[string]bool
}

// family judges the statements of one node of the parse tree.
type family func(*judge, *pg.Node)

// families finds the family of a node; each file adds its own.
var families = map[reflect.Type]family{}

func register(node any, f family) bool {
	families[reflect.TypeOf(node)] = f
	return true
}

// settle draws the conclusions that hold for every statement.
func (j *judge) settle() {
	if len(j.e.Rewrites)+len(j.e.Scans)+len(j.e.Rebuilds) > 0 && j.e.Duration == Instant {
		j.e.Duration = Slow
	}
}

// new reports whether the run under review makes the relation, so that nobody
// else can wait for it.
func (j *judge) new(relation string) bool {
	r := j.cat.Seen(relation)
	return r != nil && r.CreatedHere
}

// lock takes a lock, or raises one that is already there.
func (j *judge) lock(relation string, mode lock.Mode) {
	if relation == "" || mode == lock.None {
		return
	}
	if j.new(relation) {
		j.note("%s is new in this run: nobody waits for it", relation)
		return
	}
	for i := range j.e.Locks {
		if l := &j.e.Locks[i]; l.Relation == relation {
			l.Mode = max(l.Mode, mode)
			return
		}
	}
	j.e.Locks = append(j.e.Locks, On{Relation: relation, Mode: mode})
}

func (j *judge) lockAll(relations []string, mode lock.Mode) {
	for _, r := range relations {
		j.lock(r, mode)
	}
}

// lockIndexes locks every index of a relation that the catalog knows.
func (j *judge) lockIndexes(relation string, mode lock.Mode) {
	for _, i := range j.indexes(relation) {
		j.lock(i.Name, mode)
	}
}

func (j *judge) indexes(relation string) []catalog.IndexDef {
	if r := j.cat.Seen(relation); r != nil {
		return r.Indexes
	}
	return nil
}

// rewrite notes that a relation is written anew, which reads it whole and
// builds its indexes again under the lock that the statement holds.
func (j *judge) rewrite(relation string) {
	if j.new(relation) {
		return
	}
	j.e.Rewrites = add(j.e.Rewrites, relation)
	j.scan(relation)
	for _, i := range j.indexes(relation) {
		j.lock(i.Name, lock.AccessExclusive)
		j.rebuild(i.Name)
	}
}

func (j *judge) rebuild(index string) {
	if !j.new(index) {
		j.e.Rebuilds = add(j.e.Rebuilds, index)
	}
}

// scan notes that a relation is read from end to end. A partitioned table has
// no rows of its own.
func (j *judge) scan(relation string) {
	r := j.cat.Seen(relation)
	if relation == "" || r != nil && (r.CreatedHere || r.Kind == catalog.PartitionedTable || r.Kind == catalog.View) {
		return
	}
	j.e.Scans = add(j.e.Scans, relation)
}

// scanTree scans a relation and all its partitions or children.
func (j *judge) scanTree(relation string) {
	j.scan(relation)
	for _, d := range j.cat.Descendants(relation) {
		j.scan(d)
	}
}

func (j *judge) note(format string, args ...any) {
	j.e.Notes = add(j.e.Notes, fmt.Sprintf(format, args...))
}

// unknown says that nobody can know how long the statement takes, and why.
func (j *judge) unknown(why string) {
	j.e.Duration = Unknown
	j.note("%s", why)
}

// fails notes that the server refuses the statement.
func (j *judge) fails(code, format string, args ...any) {
	if j.e.Fails.Code == "" || j.e.Fails.IfRows {
		j.e.Fails = Failure{Code: code, Message: fmt.Sprintf(format, args...)}
	}
}

// refused is fails for an error that comes before the statement holds a lock
// for any time.
func (j *judge) refused(code, format string, args ...any) {
	j.fails(code, format, args...)
	j.e.Locks, j.e.Rewrites, j.e.Scans, j.e.Rebuilds = nil, nil, nil, nil
}

// inverse says what the way back costs, in words.
func (j *judge) inverse(r Reversible, format string, args ...any) {
	if reversibleRank(r) >= reversibleRank(j.e.Reversible) {
		j.e.Reversible = r
	}
	sentence := fmt.Sprintf(format, args...)
	switch {
	case sentence == "":
	case j.e.Inverse == "":
		j.e.Inverse = sentence
	default:
		j.e.Inverse += "; " + sentence
	}
}

// breaks raises what the statement breaks. Old outranks new: code that runs now
// is hurt first.
func (j *judge) breaks(b Breaks) {
	if j.e.Breaks != BreaksOld {
		j.e.Breaks = b
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

package effect

import (
	"reflect"
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"
	"belay/sqlview/refusal"

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
	e := of(s, snap, version)
	// What is missing, or of another kind, is found before anything else is looked at.
	if f := refusal.Of(s, snap, version); f.Code != "" {
		e.Fails = f
	}
	if e.Fails.Code == "" {
		e.Fails = rowsHeld(s, snap, e)
	}
	return e
}

// rowsHeld is the failure of a change of a table's rows while a column of another table
// holds some: the server looks for that last.
func rowsHeld(s parse.Statement, snap *catalog.Snapshot, e Effect) refusal.Failure {
	alter := s.Node.GetAlterTableStmt()
	if alter == nil || snap == nil || snap.Undone {
		return refusal.Failure{}
	}
	table := snap.Name(alter.Relation)
	holder := snap.Seen(table).RowColumn()
	for _, n := range alter.Cmds {
		kind := n.GetAlterTableCmd().GetSubtype()
		if holder != "" && (kind == pg.AlterTableType_AT_AlterColumnType ||
			kind == pg.AlterTableType_AT_AddColumn && slices.Contains(e.Rewrites, table)) {
			return refusal.Failure{Code: "0A000", Message: holder + " uses the table's row type"}
		}
	}
	return refusal.Failure{}
}

func of(s parse.Statement, snap *catalog.Snapshot, version int) Effect {
	if version != 0 {
		e, _ := ofVersion(s, snap, version)
		return e
	}
	worst, versioned := ofVersion(s, snap, oldestAssumed)
	for v := oldestAssumed + 1; v <= newestAssumed && versioned; v++ {
		other, _ := ofVersion(s, snap, v)
		worst = worse(worst, other)
	}
	return worst
}

// ofVersion judges for one version, and says whether that was asked for at all.
func ofVersion(s parse.Statement, snap *catalog.Snapshot, version int) (Effect, bool) {
	j := newJudge(s, snap, version)
	f := families[reflect.TypeOf(s.Node.Node)]
	if f == nil {
		j.e.Known = false
		j.unknown("belay does not know what " + s.Kind + " locks")
		return j.e, false
	}
	f(j, s.Node)
	j.settle()
	return j.e, j.versioned
}

// judge is one statement under judgement. What it finds is in its record; the
// others know one part of the server each and write to the same record.
type judge struct {
	parse.Statement
	*record
	*routines
	*keys
	*queries
	*types
	*removal
}

func newJudge(s parse.Statement, snap *catalog.Snapshot, version int) *judge {
	r := &record{cat: snap, version: version}
	r.e = Effect{
		Known: true, Transactional: true, Duration: Instant, Reversible: ReversibleInstant, Breaks: BreaksNeither,
	}
	f, k := &routines{r}, &keys{r}
	j := &judge{Statement: s, record: r, routines: f, keys: k, types: &types{r, f, k}, removal: &removal{r, k}}
	j.queries = &queries{record: r, routines: f, keys: k, statement: s.Node,
		views: map[string]bool{}, bodies: map[string]bool{}, nest: func(n *pg.Node) {
			families[reflect.TypeOf(n.Node)](j, n)
		}}
	return j
}

// family judges the statements of one node of the parse tree.
type family func(*judge, *pg.Node)

// families finds the family of a node; each file adds its own.
var families = map[reflect.Type]family{}

func register(node any, f family) bool {
	families[reflect.TypeOf(node)] = f
	return true
}

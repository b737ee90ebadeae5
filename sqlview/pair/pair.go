// Package pair finds the statements of a migration that belong together: a later
// one brings back what an earlier one takes away, or takes away what an earlier
// one copied. In files of their own the application would meet what lies between:
// a table without its index, rows that no constraint holds, a name that is free.
package pair

import (
	"fmt"
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"
)

// Kind is the kind of a thing, in PostgreSQL's words.
type Kind string

// The kinds. Index, Check, Unique and ForeignKey stand for any of that kind on a
// table, by column: a replacement may have another name.
const (
	Relation    Kind = "relation"
	Type        Kind = "type"
	Function    Kind = "function"
	Schema      Kind = "schema"
	Column      Kind = "column"
	Default     Kind = "default"
	NotNull     Kind = "NOT NULL"
	Constraint  Kind = "constraint"
	Trigger     Kind = "trigger"
	Rule        Kind = "rule"
	Policy      Kind = "policy"
	RowSecurity Kind = "row security"
	Identity    Kind = "identity"
	Inherits    Kind = "parent"
	Partition   Kind = "partition"
	Option      Kind = "setting"
	Grant       Kind = "privilege"
	Rows        Kind = "rows"
	Published   Kind = "published table"
	Index       Kind = "index"
	Check       Kind = "CHECK"
	Unique      Kind = "unique key"
	ForeignKey  Kind = "foreign key"
	Exclusion   Kind = "exclusion constraint"
	Object      Kind = "object"
)

// all stands for every name.
const all = "*"

// Thing is what a statement takes away, brings or copies. Of is the table, or
// whatever else it hangs on; "" where Name says all.
type Thing struct {
	Kind     Kind
	Of, Name string
}

// String names the thing for a sentence.
func (t Thing) String() string {
	name := t.Name
	switch {
	case name == all || name == "":
		name = ""
	case t.Kind == Relation:
		return catalog.Quote(name)
	default:
		name = " " + catalog.Quote(name)
	}
	if t.Of == "" || t.Of == all {
		return string(t.Kind) + name
	}
	switch t.Kind {
	case Index, Check, Unique, ForeignKey, Exclusion:
		if name != "" {
			name = " over" + name
		}
	}
	return string(t.Kind) + name + " of " + t.Of
}

// Meets reports whether two things may be the same one.
func (t Thing) Meets(o Thing) bool {
	return t.Kind == o.Kind && same(t.Of, o.Of) && same(t.Name, o.Name)
}

// endsWith reports whether what is demanded of a column ends with the thing.
func (t Thing) endsWith(gone Thing) bool {
	if gone.Kind == Relation {
		return same(t.Of, gone.Name)
	}
	return same(t.Of, gone.Of) && same(t.Name, gone.Name)
}

func same(a, b string) bool { return a == b || a == all || b == all }

// Change is what one statement does to things that others may count on.
type Change struct {
	// Takes are things that are gone, renamed, switched off or loosened after it,
	// Brings are there, on or held again.
	Takes, Brings []Thing
	// Copies are what a change of data reads: it is not read again later.
	Copies []Thing
	// Ends are columns and relations that are dropped: what was demanded of them ends too.
	Ends []Thing
}

// demands are the kinds that writes have to meet.
var demands = []Kind{NotNull, Check, Unique, ForeignKey, Exclusion}

// Bond is a run of statements that belong together: First to Last, both in it.
type Bond struct {
	First, Last int
	// Why are the sentences that say so, one a pair.
	Why []string
}

// Find gives the bonds of statements that run in order, each with the catalog
// that it meets; a nil catalog knows nothing. No statement is in two bonds.
func Find(statements []parse.Statement, catalogs []*catalog.Snapshot) []Bond {
	changes := make([]Change, len(statements))
	for i, st := range statements {
		changes[i] = Of(st, catalogs[i])
	}
	var bonds []Bond
	for last, later := range changes {
		for first, earlier := range changes[:last] {
			if does, undone := earlier.bound(later); does != "" {
				why := fmt.Sprintf("line %d %s line %d %s", statements[first].Line, does, statements[last].Line, undone)
				bonds = joined(bonds, Bond{First: first, Last: last, Why: []string{why}})
			}
		}
	}
	return bonds
}

// bound says what a statement does that a later one has to do with, and what that
// is; "" = nothing.
func (c Change) bound(later Change) (does, undone string) {
	for _, taken := range c.Takes {
		for _, back := range later.Brings {
			if taken.Meets(back) {
				return "takes away " + exact(taken, back).String() + ", and", "brings it back"
			}
		}
	}
	for _, brought := range c.Brings {
		if slices.Contains(demands, brought.Kind) && slices.ContainsFunc(later.Ends, brought.endsWith) {
			return "demands " + brought.String() + ", which", "takes away: writes would fail between"
		}
	}
	for _, copied := range c.Copies {
		for _, gone := range later.Takes {
			if copied.Meets(gone) {
				return "reads " + exact(gone, copied).String() + ", which",
					"takes away: what is written between would be lost"
			}
		}
	}
	return "", ""
}

// exact is the one of two things that says more.
func exact(a, b Thing) Thing {
	if a.Name == all {
		return b
	}
	return a
}

// joined adds a bond, made one with those that it overlaps.
func joined(bonds []Bond, b Bond) []Bond {
	var apart []Bond
	for _, o := range bonds {
		if o.Last < b.First || b.Last < o.First {
			apart = append(apart, o)
			continue
		}
		b = Bond{First: min(o.First, b.First), Last: max(o.Last, b.Last), Why: append(o.Why, b.Why...)}
	}
	return append(apart, b)
}

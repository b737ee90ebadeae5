// Package ways holds the ways to make a statement safe, one file each: the
// file's name is the way's id, and testdata holds its samples under the same
// name. A way adds itself to the list through a package-level variable.
package ways

import (
	"slices"
	"strings"

	"belay/sqlview/rewrite"
)

var all []rewrite.Way

// add puts a way on the list. It returns a value only so that a package-level
// variable can call it.
func add(w rewrite.Way) struct{} {
	w.Doc = strings.TrimSpace(w.Doc) + "\n"
	all = append(all, w)
	return struct{}{}
}

// All returns every way, sorted by id. The slice is the caller's.
func All() []rewrite.Way {
	ways := slices.Clone(all)
	slices.SortFunc(ways, func(a, b rewrite.Way) int { return strings.Compare(a.ID, b.ID) })
	return ways
}

// Package rules holds the judgements of the review, one file each: the file's
// name is the rule's id, and testdata holds its samples under the same name.
// A rule adds itself to the list through a package-level variable.
package rules

import (
	"slices"
	"strings"

	"belay/sqlview/lint"
)

var all []lint.Rule

// add puts a rule on the list. It returns a value only so that a package-level
// variable can call it.
func add(r lint.Rule) struct{} {
	r.Doc = strings.TrimSpace(r.Doc) + "\n"
	all = append(all, r)
	return struct{}{}
}

// All returns every rule, sorted by id. The slice is the caller's.
func All() []lint.Rule {
	rules := slices.Clone(all)
	slices.SortFunc(rules, func(a, b lint.Rule) int { return strings.Compare(a.ID, b.ID) })
	return rules
}

// Find returns the rule of an id; false = there is none.
func Find(id string) (lint.Rule, bool) {
	for _, r := range all {
		if r.ID == id {
			return r, true
		}
	}
	return lint.Rule{}, false
}

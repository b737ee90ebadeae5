package rewrite

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/lint"
	"belay/sqlview/pattern"
)

// Parts are the headings that every way's Doc has, in this order.
var Parts = []string{"Files", "In practice", "Left alone"}

var wayID = pattern.New(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Validate reports everything that is wrong with a set of ways: a missing part,
// a doubled id, a doc without one of its headings, a rule that is not there.
func Validate(ways []Way, rules []lint.Rule) error {
	var errs []error
	seen := map[string]bool{}
	for _, w := range ways {
		wrong := func(when bool, format string, args ...any) {
			if when {
				errs = append(errs, fmt.Errorf(w.ID+": "+format, args...))
			}
		}
		wrong(seen[w.ID], "there are two ways of this id")
		seen[w.ID] = true
		wrong(!wayID.MatchString(w.ID), "id is not kebab-case")
		wrong(w.Summary == "" || strings.Contains(w.Summary, "\n"), "summary is not one line")
		wrong((w.Run == nil) == (w.Together == nil) || len(w.Lifts) == 0, "no Run, or nothing that it lifts")
		for _, part := range Parts {
			wrong(!strings.Contains(w.Doc, "## "+part+"\n"), "doc has no text under %q", part)
		}
		for _, id := range w.Lifts {
			wrong(!slices.ContainsFunc(rules, func(r lint.Rule) bool { return r.ID == id }),
				"lifts %q, which is no rule", id)
		}
	}
	return errors.Join(errs...)
}

package sqlview

import (
	"strings"

	"belay/sqlview/lint"
	"belay/sqlview/lint/rules"
)

// Once keeps a notice that is of the session and not of the file, as that no timeout is
// set, at the first file that has it, which says of how many more it holds.
func (r Result) Once() Result {
	had := map[string]int{}
	for _, f := range r.Files {
		for _, h := range f.Hazards {
			if ofSession(h) {
				had[h.Rule]++
			}
		}
	}
	all := r.Files
	r.Files = make([]FileResult, len(all))
	for i, f := range all {
		kept := []Finding{}
		for _, h := range f.Hazards {
			n := had[h.Rule]
			switch {
			case !ofSession(h):
			case n == 0:
				continue
			case n > 1:
				h.Why = strings.TrimSuffix(h.Why, ".") + ". The same holds for " + lint.Count(n-1, "more file") + "."
				fallthrough
			default:
				had[h.Rule] = 0
			}
			kept = append(kept, h)
		}
		f.Hazards = kept
		r.Files[i] = f
	}
	return r
}

// ofSession reports whether a finding is a notice that each file would repeat.
func ofSession(h Finding) bool {
	rule, _ := rules.Find(h.Rule)
	return rule.PerSession && h.Severity == lint.Notice.String() && h.Waived == nil
}

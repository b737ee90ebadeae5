package rewrite

import (
	"slices"

	"belay/sqlview/lint"
)

// whyNot says why no way lifts a hazard, by the kind of its rule: what it is about is
// not changed by other statements.
var whyNot = map[string]string{
	"blocks":   "no other statements do the same with a weaker or a shorter lock",
	"breaks":   "it changes what code counts on, and so does whatever stands in its place",
	"destroys": "what it takes away is gone however it is written",
	"fails":    "the server refuses it as it stands, and what is meant instead is not in its text",
	"hidden":   "what it does is not in its text",
	"silent":   "it can do nothing, or something else, without a word, and what is meant is not in its text",
}

// otherwise stands for the kinds that are about when and where a statement runs.
const otherwise = "it is about when and where the statement runs, not about how it is written"

// unlifted leaves a statement of the file as it is for each of its hazards that no way
// can lift, and says why. Where a way could and refused, its reason is there already.
func (p *proposal) unlifted(s step, hazards []lint.Hazard) {
	if s.made() || slices.ContainsFunc(p.left, func(l Left) bool { return l.Line == s.line }) {
		return // what a way made is judged again as a file
	}
	for _, h := range hazards {
		i := slices.IndexFunc(p.rules, func(r lint.Rule) bool { return r.ID == h.Rule })
		if i < 0 || slices.ContainsFunc(p.ways, func(w Way) bool { return slices.Contains(w.Lifts, h.Rule) }) {
			continue
		}
		why, ok := whyNot[p.rules[i].Kind]
		if !ok {
			why = otherwise
		}
		p.leave(s, h.Rule, why)
	}
}

package lint

import (
	"cmp"
	"slices"
)

// Check runs the rules over one file and returns what they found: one finding
// per cause, waivers applied, in the order of the text.
func Check(f *File, rules []Rule, o Options) []Hazard {
	if len(f.Transactions) != len(f.Statements) {
		f.Transactions = Transactions(f.Statements, f.Mode)
		if f.commitsAlone() {
			f.Transactions[0] = Alone
		}
	}
	c := checker{file: f, options: o, waivers: waiversFor(f, o.Waivers)}
	c.facts = newFacts(f)
	c.run(rules, false)
	c.supersedes = supersedes(rules, c.found)
	c.found = c.exact(c.found)
	c.waive()
	c.run(rules, true)
	c.waive()
	sortHazards(c.found)
	return c.found
}

type checker struct {
	file    *File
	options Options
	waivers []*Waiver
	// supersedes has, for each rule that found something, what it stands above.
	supersedes map[string][]string
	found      []Hazard
	facts      *facts
}

func waiversFor(f *File, byPath []Waiver) []*Waiver {
	var all []*Waiver
	for _, w := range Waivers(f.File) {
		all = append(all, &w)
	}
	for _, w := range byPath {
		if matchPath(w.Path, f.Path) {
			w.Statement = Alone
			all = append(all, &w)
		}
	}
	return all
}

func (c *checker) run(rules []Rule, last bool) {
	p := &Pass{
		File: c.file, Version: c.options.Version, Today: c.options.Today, Moment: c.options.Moment,
		Waivers: c.waivers, small: c.options.Small, found: &c.found, facts: c.facts,
	}
	for i := range rules {
		if p.rule = &rules[i]; p.rule.Last == last && !c.options.silent(p.rule) {
			p.rule.Run(p)
		}
	}
}

// silent reports whether the rule is not asked at all.
func (o Options) silent(r *Rule) bool {
	return r.Kind == "style" && !o.Style || r.Kind == "session" && r.Severity == Notice && o.Quiet
}

func supersedes(rules []Rule, found []Hazard) map[string][]string {
	above := map[string][]string{}
	for _, h := range found {
		if _, seen := above[h.Rule]; seen {
			continue
		}
		i := slices.IndexFunc(rules, func(r Rule) bool { return r.ID == h.Rule })
		above[h.Rule] = rules[i].Supersedes
	}
	return above
}

// exact keeps one finding per cause: a hazard goes where another rule that
// supersedes its rule found the same object of the same statement.
func (c *checker) exact(found []Hazard) []Hazard {
	byStatement := map[int][]Hazard{}
	for _, h := range found {
		byStatement[h.Statement] = append(byStatement[h.Statement], h)
	}
	var kept []Hazard
	for _, same := range byStatement {
		for i, h := range same {
			if !slices.ContainsFunc(same, func(by Hazard) bool { return c.superseded(h, by) }) &&
				!slices.ContainsFunc(same[:i], h.same) {
				kept = append(kept, h)
			}
		}
	}
	return kept
}

func (c *checker) superseded(h, by Hazard) bool {
	if h.Statement != by.Statement || !slices.Contains(c.supersedes[by.Rule], h.Rule) {
		return false
	}
	return h.Object == by.Object || h.Object == "" || by.Object == ""
}

// same reports whether two hazards of one rule say the same thing.
func (h Hazard) same(o Hazard) bool {
	return h.Rule == o.Rule && h.Statement == o.Statement && h.At == o.At &&
		h.Relation == o.Relation && h.Object == o.Object && h.Message == o.Message
}

func (c *checker) waive() {
	of := map[string][]*Waiver{}
	for _, w := range c.waivers {
		of[w.Rule] = append(of[w.Rule], w)
	}
	for i := range c.found {
		h := &c.found[i]
		if h.Waived != nil {
			continue
		}
		for _, w := range of[h.Rule] {
			if w.covers(h, c.file.Path, c.options.Today) {
				w.Used, h.Waived = true, w
				break
			}
		}
	}
}

// sortHazards orders by place; at one place the worst comes first.
func sortHazards(found []Hazard) {
	slices.SortStableFunc(found, func(a, b Hazard) int {
		return cmp.Or(
			cmp.Compare(a.Statement, b.Statement),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(a.Rule, b.Rule),
			cmp.Compare(a.Relation, b.Relation),
		)
	})
}

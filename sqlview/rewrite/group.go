package rewrite

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"
)

// apart are the rules about what statements do to each other in one file: they
// are lifted by files of their own.
var apart = []string{
	batchesRule, "concurrently-in-tx", "concurrently-mixed-with-tx-ddl", "dml-ddl-mixed", "enum-same-tx-use",
	"long-tx-after-ae", "multi-ae-locks-tx", "notvalid-validate-same-tx", "statement-after-ae",
}

// rejoined puts the parts of an ALTER TABLE that stayed together into one again,
// but for those that the server would run in another order than they stand in.
func rejoined(steps []step) []step {
	var all []step
	last := 0
	for _, s := range steps {
		n := len(all)
		if n > 0 && partOf(all[n-1], s) && last <= passOf(s) {
			all[n-1].part += ",\n  " + s.part
			all[n-1].SQL, all[n-1].statements = []string{all[n-1].head + " " + all[n-1].part}, nil
		} else {
			all = append(all, s)
		}
		last = passOf(s)
	}
	return all
}

// partOf reports whether two steps are parts of one ALTER TABLE that no way made
// anything else of.
func partOf(a, b step) bool {
	return b.group != 0 && a.group == b.group && !a.made() && !b.made()
}

func passOf(s step) int {
	cmds := s.statements[0].Node.GetAlterTableStmt().GetCmds()
	if len(cmds) == 0 {
		return 0
	}
	return pass(cmds[len(cmds)-1].GetAlterTableCmd())
}

// plan groups the steps into files. What no way made stays together, in order,
// unless it does harm together.
func (p *proposal) plan() Plan {
	plan := Plan{Left: p.left, Differences: p.differences}
	meets, changed := p.before(), false
	var open *group
	flush := func() {
		if open != nil {
			plan.Files = append(plan.Files, open.file(p.in.Title))
			open = nil
		}
	}
	for i, s := range p.steps {
		changed = changed || s.made() || i > 0 && partOf(p.steps[i-1], s)
		if open == nil || !p.joins(open, s) {
			changed = changed || open != nil && !open.made && !s.made()
			flush()
			open = p.open(s, meets)
		} else {
			open.add(s)
		}
		meets = p.evolve(&lint.File{File: joined(s.statements)}, meets)
		open.after = meets
	}
	flush()
	p.after = meets
	if !changed {
		plan.Files = nil
	}
	return plan
}

// group is a file on its way.
type group struct {
	steps      []step
	statements []parse.Statement
	// before is the catalog that it meets, after the one it leaves.
	before, after *catalog.Snapshot
	judged        *lint.File
	made          bool
	p             *proposal
}

func (p *proposal) open(s step, meets *catalog.Snapshot) *group {
	g := &group{before: meets, made: s.made(), p: p}
	g.add(s)
	return g
}

func (g *group) add(s step) {
	g.steps = append(g.steps, s)
	g.statements = append(g.statements, s.statements...)
	g.judged = g.p.judgeGroup(g.statements, g.before)
}

// judgeGroup works out the effects of statements that share a file.
func (p *proposal) judgeGroup(statements []parse.Statement, meets *catalog.Snapshot) *lint.File {
	f := &lint.File{
		Path: p.in.Path, File: joined(statements), Source: []byte(text(statements)), Mode: p.in.Mode, ByBelay: true,
	}
	p.evolve(f, meets)
	return f
}

// joins reports whether a step may stand in the open file: neither was made by
// a way, both have the same settings, and together they do no harm.
func (p *proposal) joins(g *group, s step) bool {
	if last := g.steps[len(g.steps)-1]; s.bond != 0 && s.bond == last.bond {
		return true
	}
	if g.made || s.made() || !slices.Equal(g.steps[0].settings, s.settings) || outside(g.judged) {
		return false
	}
	both := p.judgeGroup(slices.Concat(g.statements, s.statements), g.before)
	if outside(both) {
		return false
	}
	from := len(g.statements)
	return !slices.ContainsFunc(lint.Check(both, p.rules, p.in.Options), func(h lint.Hazard) bool {
		return counts(h) && h.Statement >= from && slices.Contains(apart, h.Rule) && !slices.Contains(s.waived, h.Rule)
	})
}

// outside reports whether a statement cannot be in a transaction.
func outside(f *lint.File) bool {
	for _, e := range f.Effects {
		if e.Known && !e.Transactional {
			return true
		}
	}
	return false
}

// file writes down what a group does.
func (g *group) file(title string) File {
	f := File{Phase: g.steps[0].Phase, Ways: g.steps[0].ways}
	if !g.made {
		f.Title, f.Why = title, "as it stood"
		f.SQL = nil
		for i, s := range g.steps {
			if i > 0 {
				f.SQL = append(f.SQL, limits(g.steps[i-1].settings, s.settings)...)
			}
			f.SQL = append(f.SQL, withLead(s.lead, s.SQL[0]))
		}
		f.Alone = outside(g.judged)
		f.Down, f.DownAlone = wayBack(g)
	} else if g.steps[0].lead != "" {
		f.SQL = append([]string{withLead(g.steps[0].lead, f.SQL[0])}, f.SQL[1:]...)
	}
	f.SQL = append(g.settings(f.Alone || f.Backfill), f.SQL...)
	f.Lock, f.Back = lockLine(g.judged), backLine(f, g.judged)
	return f
}

// settings are the limits that the original set, where the file can hold them:
// none where a timeout would only leave an INVALID index or end a batch, no
// limit of time where the work takes as long as it takes.
func (g *group) settings(none bool) []string {
	if none {
		return nil
	}
	var all []string
	for _, s := range g.steps[0].settings {
		if slow(g.judged) && g.made && !strings.Contains(strings.ToLower(s), "lock_timeout") {
			continue
		}
		all = append(all, s)
	}
	return all
}

// limits are those that hold for a statement and not for the one before.
func limits(before, now []string) []string {
	return slices.DeleteFunc(slices.Clone(now), func(s string) bool { return slices.Contains(before, s) })
}

func withLead(lead, sql string) string {
	if lead == "" {
		return sql
	}
	return lead + "\n" + sql
}

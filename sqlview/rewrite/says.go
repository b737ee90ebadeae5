package rewrite

import (
	"slices"
	"strings"

	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/sqlview/lock"
)

func slow(f *lint.File) bool {
	return slices.ContainsFunc(f.Effects, func(e effect.Effect) bool { return e.Known && e.Duration == effect.Slow })
}

// lockLine says what a file locks, for how long, and whom that holds up.
func lockLine(f *lint.File) string {
	var order []string
	strongest := map[string]lock.Mode{}
	worst := lock.Mode(0)
	for _, e := range f.Effects {
		if !e.Known {
			return "not known: the file could not be judged whole"
		}
		for _, l := range e.Locks {
			if _, seen := strongest[l.Relation]; !seen {
				order = append(order, l.Relation)
			}
			strongest[l.Relation] = max(strongest[l.Relation], l.Mode)
			worst = max(worst, l.Mode)
		}
	}
	if len(order) == 0 {
		return "nothing that existed before"
	}
	var parts []string
	for i, relation := range order {
		// What is weaker than the strongest and stops nobody goes without saying.
		if m := strongest[relation]; i == 0 || m.BlocksWrites() || m == worst && m > lock.RowExclusive {
			parts = append(parts, m.String()+" on "+relation)
		}
	}
	return strings.Join(parts, ", ") + ": " + holds(worst, slow(f))
}

func holds(m lock.Mode, slow bool) string {
	long := "for a moment"
	if slow {
		long = "while it works"
	}
	switch {
	case m.BlocksReads():
		return "reads and writes wait " + long
	case m.BlocksWrites():
		return "writes wait " + long
	}
	return "reads and writes go on"
}

// backLine says what the way back costs.
func backLine(f File, judged *lint.File) string {
	switch {
	case len(f.Down) == 0 && f.Nothing != "":
		return f.Nothing
	case len(f.Down) == 0:
		return "none is written here"
	}
	cost := 0
	costs := []effect.Reversible{
		effect.ReversibleInstant, effect.ReversibleSlow, effect.ReversibleLossy, effect.ReversibleNone,
	}
	for _, e := range judged.Effects {
		cost = max(cost, slices.Index(costs, e.Reversible))
	}
	down := strings.Join(f.Down, "; ")
	if strings.Contains(down, "\n") || len(down) > 160 {
		down = "the down file"
	}
	return string(costs[cost]) + ": " + down
}

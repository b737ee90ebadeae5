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
	for _, e := range f.Effects {
		if !e.Known {
			return "not known: the file could not be judged whole"
		}
		for _, l := range e.Locks {
			if _, seen := strongest[l.Relation]; !seen {
				order = append(order, l.Relation)
			}
			strongest[l.Relation] = max(strongest[l.Relation], l.Mode)
		}
	}
	if len(order) == 0 {
		return "nothing that existed before"
	}
	var parts []string
	worst := lock.Mode(0)
	for _, relation := range order {
		parts = append(parts, strongest[relation].String()+" on "+relation)
		worst = max(worst, strongest[relation])
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
	worst := 0
	costs := []effect.Reversible{effect.ReversibleInstant, effect.ReversibleSlow, effect.ReversibleLossy, effect.ReversibleNone}
	for _, e := range judged.Effects {
		worst = max(worst, slices.Index(costs, e.Reversible))
	}
	return string(costs[worst]) + ": " + strings.Join(f.Down, "; ")
}

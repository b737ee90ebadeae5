package effect

import "slices"

// worse folds the judgements of two server versions into what may be expected
// of either.
func worse(a, b Effect) Effect {
	w := a
	w.Known = a.Known && b.Known
	w.Locks = slices.Clone(a.Locks)
	for _, l := range b.Locks {
		w.raise(l)
	}
	w.Rewrites = union(a.Rewrites, b.Rewrites)
	w.Rebuilds = union(a.Rebuilds, b.Rebuilds)
	w.Scans = union(a.Scans, b.Scans)
	w.Notes = union(a.Notes, b.Notes)
	w.Transactional = a.Transactional && b.Transactional
	w.NeedsBlock = a.NeedsBlock || b.NeedsBlock
	if w.Commits == CommitsNever || b.Commits == CommitsItself {
		w.Commits = b.Commits
	}
	w.Duration = longer(a.Duration, b.Duration)
	if reversibleRank(b.Reversible) > reversibleRank(a.Reversible) {
		w.Reversible, w.Inverse = b.Reversible, b.Inverse
	}
	if a.Breaks == BreaksNeither || b.Breaks == BreaksOld {
		w.Breaks = b.Breaks
	}
	if a.Fails.Code == "" {
		w.Fails = b.Fails
	}
	return w
}

func (e *Effect) raise(l On) {
	for i := range e.Locks {
		if e.Locks[i].Relation == l.Relation {
			e.Locks[i].Mode = max(e.Locks[i].Mode, l.Mode)
			return
		}
	}
	e.Locks = append(e.Locks, l)
}

func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, s := range b {
		all = add(all, s)
	}
	return all
}

func longer(a, b Duration) Duration {
	order := []Duration{Instant, Slow, Unknown}
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}

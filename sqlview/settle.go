package sqlview

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/lint"
	"belay/sqlview/pair"
)

// settle takes back what statements of one transaction do to each other: what one
// takes away and a later one brings back as it was breaks no code, because nobody
// sees what lies between. after is the catalog behind the last statement.
func settle(f *lint.File, after *catalog.Snapshot) {
	numbers := f.Transactions
	if len(numbers) != len(f.Statements) {
		numbers = lint.Transactions(f.Statements, f.Mode)
	}
	changes := make([]pair.Change, len(f.Statements))
	for i, st := range f.Statements {
		changes[i] = pair.Of(st, f.Catalogs[i])
	}
	for i := range f.Statements {
		if numbers[i] == lint.Alone || f.Effects[i].Breaks != effect.BreaksOld {
			continue
		}
		first, last := i, i
		for first > 0 && numbers[first-1] == numbers[i] {
			first--
		}
		for last+1 < len(numbers) && numbers[last+1] == numbers[i] {
			last++
		}
		end := after
		if last+1 < len(f.Catalogs) {
			end = f.Catalogs[last+1]
		}
		if undone(changes[first:last+1], i-first, f.Catalogs[first], end) {
			f.Effects[i].Breaks = effect.BreaksNeither
		}
	}
}

// undone reports whether what a statement takes away comes back, or what it brings
// had been there, and is the same before and after the transaction.
func undone(changes []pair.Change, at int, before, after *catalog.Snapshot) bool {
	brings, takes := named(changes[at].Brings), named(changes[at].Takes)
	if len(brings) > 0 &&
		all(brings, func(t pair.Thing) bool { return taken(changes[:at], t) && same(t, before, after) }) {
		return true
	}
	return len(takes) > 0 && all(takes, func(t pair.Thing) bool {
		return (t.Kind == pair.NotNull || brought(changes[at+1:], t)) && same(t, before, after)
	})
}

// named are the things that have a name; the others stand for one that is among
// them, or for one that has none.
func named(things []pair.Thing) []pair.Thing {
	return slices.DeleteFunc(slices.Clone(things), func(t pair.Thing) bool {
		return t.Kind == pair.Check || t.Kind == pair.Unique || t.Kind == pair.ForeignKey || t.Kind == pair.Index ||
			t.Kind == pair.Exclusion
	})
}

func all(things []pair.Thing, is func(pair.Thing) bool) bool {
	return !slices.ContainsFunc(things, func(t pair.Thing) bool { return !is(t) })
}

func taken(changes []pair.Change, t pair.Thing) bool {
	return slices.ContainsFunc(changes, func(c pair.Change) bool { return slices.ContainsFunc(c.Takes, t.Meets) })
}

func brought(changes []pair.Change, t pair.Thing) bool {
	return slices.ContainsFunc(changes, func(c pair.Change) bool { return slices.ContainsFunc(c.Brings, t.Meets) })
}

// same compares what code counts on: the type of a column, what a constraint
// holds to. What it cannot compare is not the same.
func same(t pair.Thing, before, after *catalog.Snapshot) bool {
	old, now := before.Relation(t.Of), after.Relation(t.Of)
	switch t.Kind {
	case pair.Column:
		a, b := old.Column(t.Name), now.Column(t.Name)
		return a != nil && b != nil && a.Type == b.Type
	case pair.NotNull:
		a, b := old.Column(t.Name), now.Column(t.Name)
		return a != nil && b != nil && a.NotNull == b.NotNull
	case pair.Constraint:
		a, b := old.Constraint(t.Name), now.Constraint(t.Name)
		return a != nil && b != nil && a.Type == b.Type && slices.Equal(a.Columns, b.Columns) &&
			a.Expression == b.Expression && a.References == b.References
	case pair.Relation:
		a, b := before.Relation(t.Name), after.Relation(t.Name)
		return a != nil && b != nil &&
			slices.EqualFunc(a.Columns, b.Columns, func(x, y catalog.Column) bool {
				return x.Name == y.Name && x.Type == y.Type
			})
	}
	return false
}

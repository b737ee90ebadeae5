package ways

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"
)

// retreat is the way back from the swap in files of their own: the old column, which was
// kept fed, is looked at in batches, what hangs on it is made again while reads and writes
// go on, and only then the names change, in one moment. None where something of it is not
// understood: then the one file of the swap is the way back.
func (s typeSwap) retreat() []rewrite.Phase {
	made := *s.twin
	made.fresh, made.label = s.aside, "back"
	made.indexes, made.checks, made.keys, made.referring, made.statistics = nil, nil, nil, nil, nil
	if why := made.readIndexes(s.piece, made.label); why != "" {
		return nil
	}
	if why := made.readConstraints(s.piece); why != "" {
		return nil
	}
	made.indexes = slices.DeleteFunc(made.indexes, s.stands)
	fill, ok := s.refill()
	if !ok {
		return nil
	}
	strict := s.feed
	strict.Strict = true
	phases := []rewrite.Phase{{
		Title: title(s.table, "feed", s.aside, "strictly"),
		SQL:   slices.Concat(s.feed.SQL().Drop, strict.SQL().Create),
		Down:  slices.Concat(strict.SQL().Drop, s.feed.SQL().Create),
		Why:   "a write that has no value of the old type fails from here on, as it will once that is back",
	}, fill}
	phases = append(phases,
		made.buildIndexes("as there was one over the old column, built while reads and writes go on")...)
	if s.column().NotNull {
		s.present = made.freeConstraint(s.piece, s.table, catalog.ObjectName(catalog.Base(s.table), s.aside, "present"))
		phases = append(phases, s.presence()...)
	}
	for _, all := range [][]twinConstraint{made.checks, made.keys, made.referring} {
		phases = append(phases, constraintPhases(all, "as it held for the old column")...)
	}
	s.made = &made
	return append(phases, s.swapBack())
}

// stands reports whether an index over the old column is there still, or comes back by the
// way back of its own file.
func (s typeSwap) stands(i twinIndex) bool {
	return i.Constraint == "" && i.harmless() && !s.collides(i)
}

// refill gives the old column its value where neither column is what the other makes it:
// a row that was not fed. A row of which the new column is still what the old one makes it
// keeps its old value to the last bit.
func (s typeSwap) refill() (rewrite.Phase, bool) {
	old, gone := lint.Ident(s.old), lint.Ident(s.aside)
	value, back := gone, old
	if s.conversion.using != "" {
		using, why := given(s.piece, "USING", s.conversion.using)
		ok := false
		if why == "" {
			value, ok = using.renamed(s.piece, s.old, s.aside)
		}
		if !ok {
			return rewrite.Phase{}, false
		}
	}
	if s.piece.Back != "" {
		back = "(" + strings.TrimSpace(s.piece.Back) + ")"
	}
	return rewrite.Phase{
		Title: title(s.table, "look at", s.aside), Backfill: true,
		SQL: []string{fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s AND %s", s.written, gone, back,
			differ(old, "("+value+")::"+s.conversion.typ), differ(gone, "("+back+")::"+s.conversion.from))},
		Why: "each row is looked at in small batches, and has its old value again if it was not fed; a value that " +
			"has none of the old type ends it and changes nothing",
		Nothing: "nothing to take back: the values stay",
	}, true
}

// presence proves that the old column has no NULL, so that NOT NULL reads no row.
func (s typeSwap) presence() []rewrite.Phase {
	name := lint.Ident(s.present)
	return []rewrite.Phase{
		{
			Title: title(s.table, s.aside, "present"),
			SQL: []string{
				s.head + " ADD CONSTRAINT " + name + " CHECK (" + lint.Ident(s.aside) + " IS NOT NULL) NOT VALID",
			},
			Down: dropConstraint(s.head, s.present), Why: "no NULL is written from here on",
		},
		{
			Title: title(s.table, s.present, "validate"), SQL: []string{s.head + " VALIDATE CONSTRAINT " + name},
			Why:     "the rows that are there are read now, while reads and writes go on",
			Nothing: "nothing to take back: the file before drops the constraint",
		},
	}
}

// swapBack is the moment in which the old column takes back its place.
func (s typeSwap) swapBack() rewrite.Phase {
	var b script
	b.down = append(b.down, s.pair.SQL().Create...)
	s.away(&b)
	s.names(&b)
	s.takeOver(&b)
	b.down = slices.Concat(s.feed.SQL().Drop, b.down, s.said())
	if s.present != "" {
		b.down = append(b.down, dropConstraint(s.head, s.present)...)
	}
	return rewrite.Phase{
		Title: title(s.table, s.old, "swap back"), SQL: b.down, Switch: true,
		Why: "the old column holds all that the new one has, so it takes back its place in one moment",
	}
}

// again gives a constraint its name back, over the old column; made is what makes it.
func (s typeSwap) again(k twinConstraint, made string) string {
	if s.made == nil {
		return made
	}
	for _, is := range slices.Concat(s.made.referring, s.made.keys, s.made.checks) {
		if is.Name == k.Name && is.table == k.table {
			return k.head + " RENAME CONSTRAINT " + lint.Ident(is.build) + " TO " + lint.Ident(k.Name)
		}
	}
	return made
}

// keyAgain makes a UNIQUE or PRIMARY KEY of the index that was built for it.
func (s typeSwap) keyAgain(i twinIndex, made string) string {
	built := s.built(i)
	if built == "" {
		return made
	}
	word := "UNIQUE"
	if i.Primary {
		word = "PRIMARY KEY"
	}
	return s.head + " ADD CONSTRAINT " + lint.Ident(i.name()) + " " + word + " USING INDEX " + lint.Ident(built)
}

// indexAgain gives the index that was built the name of the one that was dropped.
func (s typeSwap) indexAgain(i twinIndex, made string) string {
	if built := s.built(i); built != "" {
		return "ALTER INDEX " + s.beside(built) + " RENAME TO " + lint.Ident(i.name())
	}
	return made
}

// built is the name of the index that was built over the old column; "" = none was.
func (s typeSwap) built(i twinIndex) string {
	if s.made == nil {
		return ""
	}
	for _, is := range s.made.indexes {
		if is.Name == i.Name {
			return is.build
		}
	}
	return ""
}

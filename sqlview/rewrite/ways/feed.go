package ways

import (
	"belay/sqlview/lint"
	"belay/sqlview/rewrite"
	"belay/sqlview/synctrigger"
)

// feeding keeps the old column fed after the names were swapped.
type feeding struct {
	synctrigger.Feed
	// back is the old value over the row as the way back meets it; "" = there is none.
	back string
}

// feedingOf is what keeps the old column fed, where that is asked for and its values
// are known.
func (s typeSwap) feedingOf(p *rewrite.Piece) (feeding, string) {
	var f feeding
	switch {
	case p.Back != "":
		back, why := given(p, "--back", p.Back)
		if why != "" {
			return f, why
		}
		if f.Value, why = back.ofNewRow(nil); why != "" {
			return f, why
		}
		ok := false
		if f.back, ok = back.renamed(p, s.old, s.fresh); !ok {
			return f, "--back could not be taken apart"
		}
		f.Reads, f.Path = back.reads(s.old), path(p.Before)
	case s.conversion.inTrigger == "" && s.conversion.alike():
		f.back = lint.Ident(s.fresh)
	}
	switch {
	case s.conversion.zone && f.back != "":
		// Another session's time zone would make other values of what nobody wrote.
		return feeding{}, ""
	case !p.Fed || f.back == "":
		return f, ""
	}
	aside := *s.twin
	aside.fresh = s.aside
	path, pinned := f.Path, aside.trigger()
	f.Trigger, f.From, f.To = pinned, s.old, s.aside
	f.Path = path
	for _, other := range s.relation.Triggers {
		if other.Name >= f.Name {
			return f, "trigger " + other.Name + " fires after the one that keeps the old column fed"
		}
	}
	return f, ""
}

// fed reports whether the old column is kept fed.
func (f feeding) fed() bool { return f.Name != "" }

// says names it behind the old column.
func (f feeding) says() string {
	if !f.fed() {
		return ""
	}
	return " and a trigger keeps it fed, so that the change can be taken back without loss"
}

// collides reports whether a unique index over the old column could refuse what the
// new one takes: two of its values may be one of the old type.
func (s typeSwap) collides(i twinIndex) bool {
	whole := func(typ string) bool {
		return base(typ) == "smallint" || base(typ) == "integer" || base(typ) == "bigint"
	}
	return s.feed.fed() && i.Unique && !(whole(s.conversion.from) && whole(s.conversion.to))
}

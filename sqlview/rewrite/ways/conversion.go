package ways

import (
	"fmt"
	"slices"

	"belay/sqlview/cast"
	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/pattern"
	"belay/sqlview/rewrite"
	"belay/sqlview/synctrigger"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// conversion is how a value of the old column becomes one of the new.
type conversion struct {
	// typ is the new type as the source writes it, with its collation; from and to
	// are both as format_type prints them.
	typ, from, to string
	// value is the expression over a row, inTrigger the same over NEW, "" = the
	// server assigns; missing are the rows that have no value yet.
	value, inTrigger, missing string
	// using is what a person wrote behind USING; "" = the server assigns.
	using string
	// reads are the other columns that the value hangs on.
	reads []string
	// zone is true where the session's TimeZone decides the value.
	zone bool
}

// conversionOf reads the new type and USING. Without USING the server assigns, in
// the trigger and in the UPDATE too: a cast would cut what does not fit.
func conversionOf(p *rewrite.Piece, a rewrite.Alteration, t *twin) (c conversion, why string) {
	def := a.Def.GetColumnDef()
	tokens := tokensOf(a.Part)
	from, to := -1, len(a.Part)
	for _, token := range tokens {
		switch {
		case from < 0 && is(a.Part, token, "TYPE"):
			from = token.End
		case from >= 0 && to == len(a.Part) && is(a.Part, token, "USING"):
			to = token.Start
		}
	}
	if from < 0 {
		return c, "the statement could not be taken apart"
	}
	c.typ, c.from, c.to = trimmed(a.Part[from:to]), t.column().Type, catalog.TypeText(def.TypeName)
	old, fresh := lint.Ident(t.old), lint.Ident(t.fresh)
	if def.RawDefault == nil {
		c.value, c.missing = old, fresh+" IS NULL AND "+old+" IS NOT NULL"
		return c, c.refuseSettings(nil)
	}
	start := a.Offset + to + len("USING")
	using := expression{
		word: "USING", text: p.SQL[start : a.Offset+len(a.Part)], tree: def.RawDefault, start: start,
	}
	if why := using.steady(p); why != "" {
		return c, why
	}
	c.using = trimmed(using.text)
	c.value = "(" + c.using + ")"
	c.missing = fresh + " IS NULL AND " + c.value + " IS NOT NULL"
	c.reads = using.reads(t.old)
	if c.inTrigger, why = using.ofNewRow(nil); why != "" {
		return c, why
	}
	return c, c.refuseSettings(def.RawDefault)
}

var (
	zoned  = []string{"timestamp with time zone", "time with time zone"}
	styled = []string{
		"date", "timestamp without time zone", "timestamp with time zone", "time without time zone",
		"time with time zone", "interval", "money",
	}
)

// refuseSettings refuses a value that hangs on how a session is set: the trigger
// runs in the application's, the backfill in another one. The time zone alone can
// be held fast.
func (c *conversion) refuseSettings(using *pg.Node) string {
	types := []string{base(c.from), base(c.to)}
	catalog.Walk(using, func(m any) bool {
		if cast, ok := m.(*pg.TypeCast); ok {
			types = append(types, base(catalog.TypeText(cast.TypeName)))
		}
		return true
	})
	dated, zone, other := false, false, ""
	for _, typ := range types {
		dated = dated || slices.Contains(styled, typ)
		zone = zone || slices.Contains(zoned, typ)
		if !slices.Contains(styled, typ) {
			other = typ
		}
	}
	text := slices.Contains([]string{"real", "double precision", "bytea", "xml"}, base(c.from)) &&
		base(c.to) != base(c.from) && !rewrite.Number(c.to)
	switch {
	case dated && other != "" || slices.Contains(types, "money") && base(c.from) != base(c.to), text:
		return fmt.Sprintf("what %s reads like as %s hangs on settings of the session, such as DateStyle, and those "+
			"of the application may differ", c.from, c.to)
	case dated && base(c.from) != base(c.to):
		c.zone = zone || c.from == "interval"
	}
	return ""
}

func base(typ string) string {
	name, _, _ := catalog.SplitType(typ)
	return name
}

// alike is [rewrite.Alike] of the two types.
func (c conversion) alike() bool {
	return rewrite.Alike(c.from, c.to)
}

// pair is the trigger that keeps the new column in step with the old.
func (c conversion) pair(p *rewrite.Piece, t *twin) (synctrigger.Pair, string) {
	made := synctrigger.Pair{
		Trigger: t.trigger(), Old: t.old, New: t.fresh, ToNew: c.inTrigger, Reads: c.reads, OneWay: true,
	}
	if c.inTrigger != "" {
		made.Path = path(p.Before)
	}
	if c.zone {
		if p.Before.TimeZone == "" {
			return made, "the session's time zone decides the values, and it is not known"
		}
		made.Settings = []synctrigger.Setting{{Name: `"TimeZone"`, Value: literalText(p.Before.TimeZone)}}
	}
	return made, ""
}

// path is the search path of the statements, for a function of their expressions.
func path(s *catalog.Snapshot) string {
	return lint.Idents(s.Path()) + ", pg_temp"
}

// literalText writes a text as SQL, whatever standard_conforming_strings says.
func literalText(s string) string {
	quoted, escape := "", ""
	for _, c := range s {
		switch c {
		case '\'':
			quoted += "''"
		case '\\':
			quoted, escape = quoted+`\\`, "E"
		default:
			quoted += string(c)
		}
	}
	return escape + "'" + quoted + "'"
}

// refuseUnlike refuses what is said of the column where nobody knows whether it
// can be said of the new type.
func (c conversion) refuseUnlike(t *twin) string {
	for _, i := range t.indexes {
		switch {
		case incomparable(c.to) && (i.Method == "btree" || i.Method == "hash"):
			return "values of type " + c.to + " have no order that index " + i.name() + " could use"
		case c.alike():
		case i.Expressions != "" || i.Predicate != "" || i.Method != "btree" && i.Method != "hash" || classed(i):
			return "whether index " + i.name() + " can be built over " + c.to + " is not known"
		}
	}
	for _, k := range slices.Concat(t.checks, t.keys, t.referring) {
		if !c.alike() {
			return fmt.Sprintf("whether %s %s holds for %s is not known", k.Type, k.Name, c.to)
		}
	}
	for _, s := range t.statistics {
		if incomparable(c.to) {
			return "statistics " + s.Name + " cannot be kept for values of type " + c.to
		}
	}
	return ""
}

// classed reports whether an index names an operator class or a collation.
func classed(i twinIndex) bool {
	for _, token := range tokensOf(i.Definition) {
		word := i.Definition[token.Start:token.End]
		if is(i.Definition, token, "COLLATE") || len(word) > 4 && word[len(word)-4:] == "_ops" {
			return true
		}
	}
	return false
}

// refuseDefault refuses a default of which nobody knows whether the server makes
// it one of the new type by itself.
func (c conversion) refuseDefault(p *rewrite.Piece, t *twin) string {
	d := t.column().Default
	switch {
	case cast.DefaultAssignable(d, c.to, p.Before) != cast.Yes:
		return "whether its default " + d + " can become " + c.to + " by itself is not known"
	case !plainDefault(d, t.knownDefault(p)):
		return "its default is known for reading only: give it a file of its own"
	}
	return ""
}

// knownDefault is where the text of the default comes from: the server, as long as
// the file has not set another.
func (t *twin) knownDefault(p *rewrite.Piece) catalog.Source {
	if before := p.Start.Relation(t.table).Column(t.old); before != nil && before.Default == t.column().Default {
		return p.Start.Source
	}
	return catalog.SourceHistory
}

var literal = pattern.New(
	`^(-?[0-9]+(\.[0-9]+)?|'([^']|'')*'(::[a-z][a-z0-9 ]*(\([0-9,]+\))?)?|true|false|now\(\)|CURRENT_TIMESTAMP|CURRENT_DATE)$`,
)

// plainDefault is a default whose text may be run: as the server prints it, or
// one that cannot be read in two ways.
func plainDefault(text string, from catalog.Source) bool {
	return text == "" || from == catalog.SourceLive || literal.MatchString(text)
}

package effect

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// types knows what a change of a column's type does, and domains.
type types struct {
	*record
	*routines
	*keys
}

// typeChange is what a change of a column's type does to its rows.
type typeChange struct {
	rewrites bool
	// lossy is true where values may be altered.
	lossy bool
	// reindexes is true where the values stay and the indexes do not: another
	// type has another operator class.
	reindexes bool
	why       string
}

// typeChange judges a change between two types as format_type prints them. from
// is "" where nobody knows it. using is the USING expression.
func (ty *types) typeChange(from, to, column string, using *pg.Node) typeChange {
	if from == "" {
		return typeChange{
			rewrites: true, lossy: true, why: "the type of " + column + " is not in the catalog: judged as a rewrite",
		}
	}
	if using != nil && !plainCast(using, column, to) {
		return typeChange{rewrites: true, lossy: true, why: "USING computes every value anew: rewrites"}
	}
	t := ty.cat.Type(to)
	if t != nil && ty.cat.Type(from) == t && strings.HasSuffix(from, "]") == strings.HasSuffix(to, "]") {
		return typeChange{}
	}
	if t != nil && t.Domain {
		if constrained(ty.cat, t) {
			return typeChange{
				rewrites: true,
				why:      "the domain " + t.Name + " has a constraint, which is checked for every row: rewrites",
			}
		}
		to = baseType(ty.cat, to)
	}
	from = baseType(ty.cat, from)
	fb, fm, fa := catalog.SplitType(from)
	tb, tm, ta := catalog.SplitType(to)
	if fb == tb && fa == ta && slices.Equal(fm, tm) {
		return typeChange{}
	}
	if fa || ta {
		return typeChange{rewrites: true, lossy: true, why: "an array's elements are converted one by one: rewrites"}
	}
	return ty.scalarChange(fb, fm, tb, tm)
}

// baseType is what a domain, or one over another, stands for; every other type
// stands for itself.
func baseType(cat *catalog.Snapshot, name string) string {
	for range nesting {
		t := cat.Type(name)
		if t == nil || !t.Domain {
			break
		}
		name = t.Base
	}
	return name
}

func (t *types) scalarChange(from string, fm []int, to string, tm []int) typeChange {
	if from == to {
		return sameTypeChange(from, fm, tm)
	}
	if pair := from + " -> " + to; binaryCoercible[pair] && (len(tm) == 0 || fits(to, fm, tm, from)) {
		return typeChange{reindexes: otherIndex[pair]}
	}
	if zone := "timestamp with time zone"; from == "timestamp without time zone" && to == zone ||
		from == zone && to == "timestamp without time zone" {
		return t.zoneChange()
	}
	return typeChange{
		rewrites: true, lossy: !widens(from, to),
		why: "every value is converted from " + from + " to " + to + ": rewrites",
	}
}

// zoneChange: since 12 the server sees that UTC changes no value.
func (t *types) zoneChange() typeChange {
	zone := ""
	if t.cat != nil {
		zone = t.cat.TimeZone
	}
	utc := slices.Contains([]string{"utc", "gmt", "etc/utc", "zulu", "uct", "universal"}, strings.ToLower(zone))
	switch {
	case utc && t.major() >= 12:
		return typeChange{
			reindexes: true,
			why:       "TimeZone is UTC: no value changes (12 and later), but indexes on the column are built again",
		}
	case zone == "":
		return typeChange{
			rewrites: true,
			why:      "free only with TimeZone UTC (12 and later), which is not known here: judged as a rewrite",
		}
	}
	return typeChange{rewrites: true, why: "every value is converted: free only with TimeZone UTC (12 and later)"}
}

// sameTypeChange judges a change of modifiers alone.
func sameTypeChange(name string, from, to []int) typeChange {
	if len(to) == 0 && slices.Contains(shrinkable, name) {
		return typeChange{}
	}
	if modifiersWiden(name, from, to) {
		return typeChange{}
	}
	return typeChange{
		rewrites: true, lossy: true, why: "every value is checked against the new length or precision: rewrites",
	}
}

// shrinkable are the types whose modifier can be taken away or widened without
// looking at a value; character(n) and bit(n) are padded, so they are not here.
var shrinkable = []string{"character varying", "bit varying", "numeric", "interval",
	"timestamp without time zone", "timestamp with time zone", "time without time zone", "time with time zone"}

func modifiersWiden(name string, from, to []int) bool {
	if !slices.Contains(shrinkable, name) || len(to) == 0 {
		return false
	}
	if name == "numeric" {
		return len(from) == 2 && len(to) == 2 && to[0] >= from[0] && to[1] == from[1]
	}
	if len(from) == 0 {
		// Times without a precision have six digits, the most there are.
		return strings.HasPrefix(name, "time") && to[0] >= 6 || name == "interval" && to[0] >= 6
	}
	return to[0] >= from[0]
}

// fits is for a change that is free by type and narrows or keeps the modifier.
func fits(to string, fm, tm []int, from string) bool {
	same := from == "character varying" && to == "character varying" || from == "bit varying" && to == "bit varying"
	return same && modifiersWiden(to, fm, tm)
}

// binaryCoercible lists the pairs that share one representation (pg_cast with
// castmethod b).
var binaryCoercible = map[string]bool{
	"character varying -> text": true, "text -> character varying": true,
	"cidr -> inet": true, "xml -> text": true, "xml -> character varying": true,
	"citext -> text": true, "citext -> character varying": true,
	"text -> citext": true, "character varying -> citext": true,
	"bit -> bit varying": true, "bit varying -> bit": true,
	"integer -> oid": true, "oid -> integer": true, "oid -> regclass": true, "regclass -> oid": true,
	"oid -> regproc": true, "oid -> regtype": true, "integer -> regclass": true, "regclass -> integer": true,
	"pg_node_tree -> text": true, "character -> bpchar": true, "bpchar -> character": true,
	"text -> bpchar": true, "character varying -> bpchar": true,
}

// otherIndex lists the pairs among them whose indexes order differently.
var otherIndex = map[string]bool{
	"citext -> text": true, "text -> citext": true, "character varying -> citext": true,
	"text -> bpchar": true, "character varying -> bpchar": true,
	"citext -> character varying": true, "integer -> oid": true, "oid -> integer": true,
	"xml -> text": true, "xml -> character varying": true, "integer -> regclass": true, "regclass -> integer": true,
}

// widens reports whether every value of one type has its equal in the other.
func widens(from, to string) bool {
	order := []string{"smallint", "integer", "bigint", "numeric"}
	f, t := slices.Index(order, from), slices.Index(order, to)
	return f >= 0 && t > f || from == "real" && to == "double precision" ||
		from == "json" && to == "jsonb" || to == "text"
}

// plainCast reports whether USING says no more than the change itself does.
func plainCast(using *pg.Node, column, to string) bool {
	for c := using.GetTypeCast(); c != nil; c = using.GetTypeCast() {
		if catalog.TypeText(c.TypeName) != to {
			return false
		}
		using = c.Arg
	}
	words := catalog.Strings(using.GetColumnRef().GetFields())
	return len(words) == 1 && words[0] == column
}

// Package cast knows which values the server converts by itself where they are
// stored: the casts of pg_cast, and those that a database made itself.
package cast

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/pattern"
)

// Answer is yes, no, or not known.
type Answer int

// The answers. The zero value is NotKnown.
const (
	NotKnown Answer = iota
	No
	Yes
)

// Assignable reports whether the server converts a value of one type to another
// by itself where it is stored: by an assignment cast. The types are as
// format_type prints them. Source: pg_cast of 10 to 18, and the casts that the
// database made itself.
func Assignable(from, to string, cat *catalog.Snapshot) Answer {
	fb, _, fa := catalog.SplitType(from)
	tb, _, ta := catalog.SplitType(to)
	fb, tb = baseOf(fb, cat), baseOf(tb, cat)
	switch {
	case fb == "" || tb == "":
		return NotKnown
	case fb == tb && fa == ta:
		return Yes
	case isString[tb] && (fa || !ta):
		return Yes
	case fa != ta:
		return unlessOwn(from, to, cat)
	case slices.Contains(assignment[fb], tb) || isNumber[fb] && isNumber[tb] || isString[fb] && isString[tb]:
		return Yes
	}
	return unlessOwn(fb, tb, cat)
}

// baseOf is the type that a domain stands for; a type that the catalog does not
// know and that is not the server's own gives "".
func baseOf(name string, cat *catalog.Snapshot) string {
	for range 8 {
		t := cat.Type(name)
		switch {
		case t == nil && !BuiltIn(name):
			return ""
		case t == nil:
			return name
		case !t.Domain:
			return t.Name
		}
		name, _, _ = catalog.SplitType(t.Base)
	}
	return ""
}

// unlessOwn is no, unless the database has such a cast of its own.
func unlessOwn(from, to string, cat *catalog.Snapshot) Answer {
	if cat == nil {
		return No
	}
	for _, c := range cat.Casts {
		if c.From == from && c.To == to {
			if c.Explicit {
				return No
			}
			return Yes
		}
	}
	return No
}

var (
	isNumber = words("smallint integer bigint numeric real")
	isString = words("text name")
	// assignment lists the casts between types that are in neither group.
	assignment = map[string][]string{
		"date":                        {"timestamp without time zone", "timestamp with time zone"},
		"timestamp without time zone": {"date", "time without time zone", "timestamp with time zone"},
		"timestamp with time zone": {
			"date", "time without time zone", "timestamp without time zone", "time with time zone",
		},
		"time without time zone": {"interval", "time with time zone"},
		"time with time zone":    {"time without time zone"},
		"interval":               {"time without time zone"},
		"json":                   {"jsonb"}, "jsonb": {"json"}, "cidr": {"inet"}, "inet": {"cidr"},
		"smallint": {"oid", "regclass"}, "integer": {"oid", "money", "regclass"},
		"bigint": {"oid", "money", "regclass"}, "numeric": {"money"}, "money": {"numeric"},
		"oid": {"integer", "bigint", "regclass"}, "regclass": {"integer", "bigint", "oid"},
		"text": {"regclass"}, "character varying": {"regclass"}, "bit": {"bit varying"}, "bit varying": {"bit"},
		"macaddr": {"macaddr8"}, "macaddr8": {"macaddr"},
	}
)

func init() {
	isNumber["double precision"] = true
	isString["character varying"], isString["character"], isString["bpchar"] = true, true, true
}

var (
	typedLiteral = pattern.New(`^(?:'(?:[^']|'')*'|NULL)::([a-z][a-z0-9_ ]*(?:\([0-9,]+\))?(?:\[\])?)$`)
	wholeNumber  = pattern.New(`^\(?-?[0-9]+\)?$`)
	fraction     = pattern.New(`^\(?-?[0-9]*\.[0-9]+\)?$`)
)

// callTypes are the types of the calls that defaults are mostly made of.
var callTypes = map[string]string{
	"now()": "timestamp with time zone", "CURRENT_TIMESTAMP": "timestamp with time zone",
	"clock_timestamp()": "timestamp with time zone",
	"CURRENT_DATE":      "date", "gen_random_uuid()": "uuid", "uuid_generate_v4()": "uuid", "true": "boolean",
	"false": "boolean",
}

// defaultType is the type that a default has before it is stored, read from its
// text as pg_get_expr prints it; "" = that cannot be read from it.
func defaultType(text string) string {
	switch {
	case typedLiteral.MatchString(text):
		return typedLiteral.FindStringSubmatch(text)[1]
	case wholeNumber.MatchString(text):
		return "integer"
	case fraction.MatchString(text):
		return "numeric"
	case nextval.MatchString(text):
		return "bigint"
	}
	return callTypes[text]
}

var nextval = pattern.New(`^nextval\('[^']*'::regclass\)$`)

// DefaultAssignable reports whether the default of a column can become one of
// another type by itself, as a change of the column's type needs it.
func DefaultAssignable(text, to string, cat *catalog.Snapshot) Answer {
	if text == "" {
		return Yes
	}
	return Assignable(defaultType(text), to, cat)
}

// builtInTypes are the types of pg_catalog that columns use, as format_type
// prints them.
var builtInTypes = words(`bigint integer smallint boolean text numeric real uuid json jsonb date bytea inet cidr
	macaddr macaddr8 oid xml money point line lseg box path polygon circle tsvector tsquery interval name regclass
	int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange nummultirange
	tsmultirange tstzmultirange datemultirange pg_lsn bit character serial bigserial smallserial`)

// BuiltIn reports whether format_type prints a type of the server's own like this.
func BuiltIn(text string) bool {
	base, _, _ := catalog.SplitType(text)
	return builtInTypes[base] || strings.Contains(base, " ")
}

func words(list string) map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		all[w] = true
	}
	return all
}

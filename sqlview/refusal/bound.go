package refusal

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/measure"
	"belay/sqlview/pattern"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// bound is the look at a partition bound by itself, for a table of its strategy.
func (c *check) bound(parent *catalog.Relation, b *pg.PartitionBoundSpec) Failure {
	if b == nil || parent.PartitionStrategy == "" {
		return none
	}
	if b.IsDefault {
		if parent.PartitionStrategy == "HASH" {
			return fail("42P16", "%s is partitioned by hash: it has no DEFAULT partition", parent.Name)
		}
		return none
	}
	is := map[string]string{"l": "LIST", "r": "RANGE", "h": "HASH"}[b.Strategy]
	keys := len(parent.PartitionColumns)
	switch {
	case is != "" && is != parent.PartitionStrategy:
		return fail("42P16", "%s is partitioned by %s, and the bound is one of %s", parent.Name,
			parent.PartitionStrategy, is)
	case is == "RANGE" && keys > 0 && (len(b.Lowerdatums) != keys || len(b.Upperdatums) != keys):
		return fail("42P16", "the partition key of %s has %s, and the bound another number", parent.Name,
			measure.Plural(keys, "column"))
	case is == "HASH" && (b.Modulus <= 0 || b.Remainder < 0):
		return fail("42P16", "the modulus must be above 0, the remainder not below")
	case is == "HASH" && b.Remainder >= b.Modulus:
		return fail("42P16", "the remainder must be less than the modulus")
	}
	return none
}

// overlaps is the failure of a bound that meets one of another partition, or is empty.
func (c *check) overlaps(parent *catalog.Relation, b *pg.PartitionBoundSpec, part string) Failure {
	if b == nil || !c.complete(parent) {
		return none
	}
	if b.IsDefault {
		if parent.DefaultPartition != "" && parent.DefaultPartition != part {
			return fail("42P17", "%s has the DEFAULT partition %s already", parent.Name, parent.DefaultPartition)
		}
		return none
	}
	keys := c.boundKeys(parent)
	fresh, ok := keys.read(catalog.BoundText(b))
	if !ok {
		return none
	}
	if fresh.empty() {
		return fail("42P17", "the bound is an empty range")
	}
	return each(parent.Children, func(child string) Failure {
		kid := c.cat.Relations.Get(child)
		if kid == nil || child == part {
			return none
		}
		if old, ok := keys.read(kid.PartitionBound); ok && fresh.meets(old) {
			return fail("42P17", "the bound meets that of partition %s", child)
		}
		return none
	})
}

// boundKeys are the types of a partition key's columns, in its order: what the values of
// each bound of a table are read by. They are looked up once for all of its partitions.
type boundKeys []boundKey

// boundKey is one column's type. type "" is one whose values cannot be compared.
type boundKey struct {
	typ  string
	enum bool
}

func (c *check) boundKeys(parent *catalog.Relation) boundKeys {
	var keys boundKeys
	for _, name := range parent.PartitionColumns {
		col := parent.Column(name)
		if col == nil {
			return nil
		}
		keys = append(keys, boundKey{c.plainType(col.Type), c.enum(col.Type)})
	}
	return keys
}

// hashBound is as pg_get_expr prints it; the other two kinds are read without a pattern,
// because a table of thousands of partitions has as many.
var hashBound = pattern.New(`(?is)^FOR VALUES WITH \(modulus (\d+), remainder (\d+)\)$`)

// read reads the text of a bound; false = it has a value that cannot be compared.
func (k boundKeys) read(text string) (limits, bool) {
	if list, ok := within(text, "FOR VALUES IN ("); ok {
		all, ok := k.values(list, true)
		return limits{isList: true, in: all}, ok
	}
	if both, ok := within(text, "FOR VALUES FROM ("); ok {
		from, to, ok := strings.Cut(both, ") TO (")
		if !ok {
			return limits{}, false
		}
		lower, ok := k.values(from, false)
		upper, ok2 := k.values(to, false)
		return limits{from: lower, to: upper}, ok && ok2 && len(lower) == len(upper)
	}
	m := hashBound.FindStringSubmatch(text)
	if m == nil {
		return limits{}, false
	}
	modulus, err := strconv.ParseInt(m[1], 10, 64)
	rest, err2 := strconv.ParseInt(m[2], 10, 64)
	return limits{isHash: true, modulus: modulus, rest: rest}, err == nil && err2 == nil && modulus > 0
}

// within is what stands between a beginning, in any case, and the last parenthesis.
func within(text, begin string) (string, bool) {
	if len(text) <= len(begin) || !strings.EqualFold(text[:len(begin)], begin) || text[len(text)-1] != ')' {
		return "", false
	}
	return text[len(begin) : len(text)-1], true
}

// limits are the values of a partition bound.
type limits struct {
	in             []value // LIST
	from, to       []value // RANGE
	modulus, rest  int64   // HASH
	isList, isHash bool
}

// value is one value of a bound. below and above are MINVALUE and MAXVALUE.
type value struct {
	below, above bool
	null         bool
	number       *big.Rat
	text         string
	// sorts is true where the order of the texts is that of the values.
	sorts bool
}

// values reads a list of values of the key's types; a list bound has one column.
func (k boundKeys) values(list string, one bool) ([]value, bool) {
	var all []value
	for i, word := range splitValues(list) {
		at := i
		if one {
			at = 0
		}
		if at >= len(k) {
			return nil, false
		}
		v, ok := readValue(word, k[at])
		if !ok {
			return nil, false
		}
		all = append(all, v)
	}
	return all, len(all) > 0
}

// splitValues cuts a list at its commas, those in quotes and parentheses aside.
func splitValues(list string) []string {
	var all []string
	depth, start, quoted := 0, 0, false
	for i := range len(list) {
		switch ch := list[i]; {
		case ch == '\'':
			quoted = !quoted
		case quoted:
		case ch == '(':
			depth++
		case ch == ')':
			depth--
		case ch == ',' && depth == 0:
			all = append(all, list[start:i])
			start = i + 1
		}
	}
	return append(all, list[start:])
}

var (
	plainDate = pattern.New(`^\d{4}-\d{2}-\d{2}$`)
	plainTime = pattern.New(`^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$`)
	castTail  = pattern.New(`::[a-zA-Z_ ."]+(\(\d+(,\d+)?\))?$`)
)

func readValue(word string, key boundKey) (value, bool) {
	word = strings.TrimSpace(word)
	switch strings.ToLower(strings.Trim(word, `"`)) {
	case "minvalue":
		return value{below: true}, true
	case "maxvalue":
		return value{above: true}, true
	case "null":
		return value{null: true}, true
	}
	if strings.Contains(word, "::") {
		word = castTail.ReplaceAllString(word, "")
	}
	word = strings.Trim(word, "()")
	quoted := strings.HasPrefix(word, "'") && strings.HasSuffix(word, "'") && len(word) > 1
	if quoted {
		word = strings.ReplaceAll(word[1:len(word)-1], "''", "'")
	}
	switch key.typ {
	case "smallint", "integer", "bigint", "numeric":
		return readNumber(strings.TrimSpace(word))
	case "date":
		return value{text: word, sorts: true}, quoted && plainDate.MatchString(word)
	case "timestamp without time zone":
		if plainDate.MatchString(word) {
			word += " 00:00:00"
		}
		return value{text: word, sorts: true}, quoted && plainTime.MatchString(word)
	case "text", "character varying", "uuid":
		// In a LIST only equality counts; what sorts between is the collation's word.
		return value{text: word}, quoted && key.typ != "uuid" || quoted && word == strings.ToLower(word) &&
			len(word) == 36
	}
	return value{text: word}, quoted && key.enum
}

func readNumber(word string) (value, bool) {
	if n, err := strconv.ParseInt(word, 10, 64); err == nil {
		return value{number: new(big.Rat).SetInt64(n)}, true
	}
	n, ok := new(big.Rat).SetString(word)
	return value{number: n}, ok
}

// compare orders two values; those of texts are for equality alone.
func (v value) compare(o value) int {
	switch {
	case v.below && o.below, v.above && o.above:
		return 0
	case v.below, o.above:
		return -1
	case v.above, o.below:
		return 1
	case v.number != nil && o.number != nil:
		return v.number.Cmp(o.number)
	}
	return strings.Compare(v.text, o.text)
}

func (v value) ordered() bool {
	return v.below || v.above || v.number != nil || v.sorts
}

func compareAll(a, b []value) int {
	for i := range a {
		if d := a[i].compare(b[i]); d != 0 {
			return d
		}
		if a[i].below || a[i].above {
			return 0
		}
	}
	return 0
}

func (l limits) comparable() bool {
	unordered := func(v value) bool { return !v.ordered() || v.null }
	return len(l.from) > 0 && !slices.ContainsFunc(l.from, unordered) && !slices.ContainsFunc(l.to, unordered)
}

func (l limits) empty() bool { return l.comparable() && compareAll(l.from, l.to) >= 0 }

// meets reports whether two bounds have a value in common.
func (l limits) meets(o limits) bool {
	switch {
	case l.isHash && o.isHash:
		small := min(l.modulus, o.modulus)
		return l.rest%small == o.rest%small
	case l.isList && o.isList:
		for _, v := range l.in {
			for _, w := range o.in {
				if v.null == w.null && (v.null || v.compare(w) == 0) {
					return true
				}
			}
		}
		return false
	case l.comparable() && o.comparable() && len(l.from) == len(o.from):
		return compareAll(l.from, o.to) < 0 && compareAll(o.from, l.to) < 0
	}
	return false
}

package refusal

import (
	"math/big"
	"regexp"
	"strings"

	"belay/sqlview/catalog"

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
		return fail("42P16", "the partition key of %s has %d columns, and the bound another number", parent.Name,
			keys)
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
	fresh, ok := c.readBound(parent, catalog.BoundText(b))
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
		if old, ok := c.readBound(parent, kid.PartitionBound); ok && fresh.meets(old) {
			return fail("42P17", "the bound meets that of partition %s", child)
		}
		return none
	})
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
}

var (
	rangeBound = regexp.MustCompile(`(?is)^FOR VALUES FROM \((.*)\) TO \((.*)\)$`)
	listBound  = regexp.MustCompile(`(?is)^FOR VALUES IN \((.*)\)$`)
	hashBound  = regexp.MustCompile(`(?is)^FOR VALUES WITH \(modulus (\d+), remainder (\d+)\)$`)
)

// readBound reads the text of a bound; false = it has a value that cannot be compared.
func (c *check) readBound(parent *catalog.Relation, text string) (limits, bool) {
	if m := hashBound.FindStringSubmatch(text); m != nil {
		a, b := new(big.Int), new(big.Int)
		a.SetString(m[1], 10)
		b.SetString(m[2], 10)
		return limits{isHash: true, modulus: a.Int64(), rest: b.Int64()}, a.Sign() > 0
	}
	if m := listBound.FindStringSubmatch(text); m != nil {
		all, ok := c.values(parent, m[1], true)
		return limits{isList: true, in: all}, ok
	}
	if m := rangeBound.FindStringSubmatch(text); m != nil {
		from, ok := c.values(parent, m[1], false)
		to, ok2 := c.values(parent, m[2], false)
		return limits{from: from, to: to}, ok && ok2 && len(from) == len(to)
	}
	return limits{}, false
}

// values reads a list of values of the key's types; a list bound has one column.
func (c *check) values(parent *catalog.Relation, list string, one bool) ([]value, bool) {
	var all []value
	for i, word := range splitValues(list) {
		at := i
		if one {
			at = 0
		}
		if at >= len(parent.PartitionColumns) {
			return nil, false
		}
		col := parent.Column(parent.PartitionColumns[at])
		if col == nil {
			return nil, false
		}
		v, ok := readValue(word, c.plainType(col.Type), c.enum(col.Type))
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
	plainDate = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	plainTime = regexp.MustCompile(`^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$`)
	castTail  = regexp.MustCompile(`::[a-zA-Z_ ."]+(\(\d+(,\d+)?\))?$`)
)

func readValue(word, typ string, enum bool) (value, bool) {
	word = strings.TrimSpace(word)
	switch strings.ToLower(strings.Trim(word, `"`)) {
	case "minvalue":
		return value{below: true}, true
	case "maxvalue":
		return value{above: true}, true
	case "null":
		return value{null: true}, true
	}
	word = strings.Trim(castTail.ReplaceAllString(word, ""), "()")
	quoted := strings.HasPrefix(word, "'") && strings.HasSuffix(word, "'") && len(word) > 1
	if quoted {
		word = strings.ReplaceAll(word[1:len(word)-1], "''", "'")
	}
	switch typ {
	case "smallint", "integer", "bigint", "numeric":
		n, ok := new(big.Rat).SetString(strings.TrimSpace(word))
		return value{number: n}, ok
	case "date":
		return value{text: word}, quoted && plainDate.MatchString(word)
	case "timestamp without time zone":
		if plainDate.MatchString(word) {
			word += " 00:00:00"
		}
		return value{text: word}, quoted && plainTime.MatchString(word)
	case "text", "character varying", "uuid":
		// In a LIST only equality counts; what sorts between is the collation's word.
		return value{text: word}, quoted && typ != "uuid" || quoted && word == strings.ToLower(word) &&
			len(word) == 36
	}
	return value{text: word}, quoted && enum
}

// less compares two values; those of texts are for equality alone.
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
	return v.below || v.above || v.number != nil || plainDate.MatchString(v.text) || plainTime.MatchString(v.text)
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
	for _, v := range append(append([]value{}, l.from...), l.to...) {
		if !v.ordered() || v.null {
			return false
		}
	}
	return len(l.from) > 0
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

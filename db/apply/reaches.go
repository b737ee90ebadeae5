package apply

import (
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/parse"
)

// column is one that a look compares or casts.
type column struct{ table, name string }

// reaches says what of a look would run code that is not PostgreSQL's own; "" = nothing.
// Nobody has said yes to anything yet when belay looks, and the expression may be a lesser
// role's, such as that of a CHECK which is NOT VALID. It is read by its tokens, so that
// what is not understood is not run. Names without a schema are for the caller to find in
// pg_catalog alone.
func reaches(live *catalog.Snapshot, table, expression string, compared []column) string {
	if why := callsIn(expression, bare(table)); why != "" {
		return why
	}
	r := live.Relation(table)
	if r == nil {
		return "its table is not known"
	}
	for _, t := range parse.Tokens([]byte(expression)) {
		name := strings.Trim(expression[t.Start:t.End], `"`)
		for _, c := range r.Columns {
			if strings.EqualFold(name, c.Name) {
				compared = append(compared, column{table, c.Name})
			}
		}
	}
	for _, c := range compared {
		// A cast or an operator of a type belongs to whoever made the type.
		if have := live.Relation(c.table).Column(c.name); have == nil || strings.Contains(have.Type, ".") {
			return "the type of " + c.name + " is not PostgreSQL's own"
		}
	}
	return ""
}

func bare(table string) string { return table[strings.LastIndexByte(table, '.')+1:] }

// callsIn names what an expression calls that is not in own, or names by a schema.
func callsIn(expression, table string) string {
	var word string // the last one
	tokens := slices.DeleteFunc(parse.Tokens([]byte(expression)), func(t parse.Token) bool {
		return t.Kind == parse.TokenComment
	})
	text := func(i int) string {
		if i < 0 || i >= len(tokens) {
			return ""
		}
		return expression[tokens[i].Start:tokens[i].End]
	}
	for i, t := range tokens {
		switch {
		case t.Kind == parse.TokenWord || t.Kind == parse.TokenQuotedName:
			word = strings.ToLower(strings.Trim(text(i), `"`))
		case text(i) == "." && (word != table || text(i-1) == ")" || text(i-2) == "." || text(i+2) == "(" ||
			text(i+2) == "."):
			return "it names something by its schema"
		case text(i) == "(" && i > 0 && tokens[i-1].Kind == parse.TokenQuotedName,
			text(i) == "(" && i > 0 && tokens[i-1].Kind == parse.TokenWord && !own[word]:
			return "it calls " + word
		}
	}
	return ""
}

// own are words that a parenthesis may follow: of the syntax, of types, and functions of
// pg_catalog that are IMMUTABLE or STABLE and run no SQL that is given to them.
var own = func() map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(`and or not in any all some array row case when then else is between like ilike
		similar coalesce nullif greatest least numeric decimal varchar varying character char bit time timestamp interval
		float lower upper initcap btrim ltrim rtrim trim length char_length character_length octet_length abs ceil ceiling floor
		round trunc mod sign left right substr substring split_part replace starts_with strpos position md5 date_trunc
		date_part extract make_date isfinite num_nulls num_nonnulls cardinality array_length jsonb_typeof json_typeof
		concat concat_ws ascii reverse repeat lpad rpad translate`) {
		all[w] = true
	}
	return all
}()

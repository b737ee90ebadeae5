package secret

import (
	"slices"
	"strings"

	"belay/sqlview/parse"
	"belay/sqlview/pattern"
)

// named is a string that is the name of one secret, as a function, a row of settings or a
// document takes it: what stands beside it is its value. A plural names a table.
var named = pattern.New(
	`(?i)^[\w.$"{}/-]*?(pass(word|wd|phrase|code)|(\b|_)(pass|pwd)|secret|token|credential|(api|access|secret|private|encryption|signing|auth)[_-]?key|authorization|bearer)([_-](hash|value))?["}]*$`,
)

// longestName is from which length on a string is no name.
const longestName = 64

// plainly are functions whose strings are names of the catalog, or text.
var plainly = pattern.New(
	`(?i)^(pg_\w+|has_\w+|col_description|obj_description|to_reg\w+|nextval|setval|currval|current_setting|schedule\w*|unschedule|create_parent|create_hypertable|add_\w+_policy|coalesce|nullif|greatest|least|concat(_ws)?|format|lower|upper|[lrb]?trim|replace|regexp_\w+|string_to_array|split_part|unnest|to_tsvector|position|strpos|substr(ing)?|quote_\w+|json(b?)_extract_path(_text)?)$`,
)

// noCall are words before a parenthesis that call nothing.
var noCall = strings.Fields("in any all some and or not exists check using where on as key unique references over by " +
	"when then else case select from to returning limit is like ilike between set with table enum add filter within if")

// list is a list of expressions in parentheses or brackets.
type list struct {
	// pairs is true where a name and its value may stand in it, found once a name did.
	pairs, found bool
	// row is true for the values of one row, object for a call that makes a document.
	row, object bool
}

// makesObject are functions that take names and values in an ARRAY.
var makesObject = []string{"hstore", "json_object", "jsonb_object"}

// beside hides what stands behind the name of a secret in the same list: the arguments of
// a call, a row of VALUES, what INSERT … SELECT selects.
func (r *reader) beside(at []int, hide []bool) {
	lists := []list{{}}
	inserts, lastRow := false, false
	for n, i := range at {
		top := &lists[len(lists)-1]
		switch word := strings.ToLower(string(r.bytes(i))); {
		case word == "(" || word == "[":
			lists = append(lists, r.opened(at, n, *top, lastRow))
		case word == ")" || word == "]":
			if lastRow = top.row; len(lists) > 1 {
				lists = lists[:len(lists)-1]
			}
		case word == "insert":
			inserts = true
		case word == "select" && inserts && len(lists) == 1:
			*top = list{pairs: true}
		case len(lists) == 1 && (word == "from" || word == "where" || word == "union" || word == "returning"):
			*top = list{}
		case r.text(i) || r.tokens[i].Kind == parse.TokenDollarString:
			if top.found {
				hide[i] = true
			} else {
				top.found = top.pairs && r.isNamed(i)
			}
		}
	}
}

// opened is the list that begins with the nth token inside another. row is true where the
// list that was closed last was a row.
func (r *reader) opened(at []int, n int, in list, row bool) list {
	out := list{found: in.found}
	if n == 0 {
		return out
	}
	before := at[n-1]
	word := strings.ToLower(string(r.bytes(before)))
	switch {
	case string(r.bytes(at[n])) == "[":
		out.pairs = in.object
	case word == "values" || word == "," && row && !in.pairs:
		out.pairs, out.row = true, true
	case r.tokens[before].Kind == parse.TokenWord && !slices.Contains(noCall, word),
		r.tokens[before].Kind == parse.TokenQuotedName:
		out.pairs, out.object = !plainly.MatchString(word), slices.Contains(makesObject, word)
	}
	return out
}

// isNamed reports a string that is the name of a secret.
func (r *reader) isNamed(i int) bool {
	text := value(r.tokens[i].Kind, string(r.bytes(i)))
	return len(text) <= longestName && named.MatchString(text)
}

// keyed is a column that tells rows of settings apart.
var keyed = pattern.New(`(?i)(^|_)(key|name|code|setting|option|param|parameter|slug|var|variable|id)"?$`)

// ofSetting hides what an UPDATE sets in a row that its condition names as a secret.
func (r *reader) ofSetting(at []int, hide []bool) {
	set, where, found := -1, -1, false
	for n, i := range at {
		switch {
		case r.is(i, "set") && set < 0 && n > 0 && !r.is(at[0], "set"):
			set = n
		case r.is(i, "where") && set >= 0 && where < 0:
			where = n
		case where >= 0 && r.text(i) && r.isNamed(i):
			found = found || r.keyedBefore(at, where, n)
		}
	}
	if !found {
		return
	}
	for _, i := range at[set:where] {
		hide[i] = hide[i] || r.text(i)
	}
}

// keyedBefore reports a column that tells settings apart, before the nth token and what
// compares with it.
func (r *reader) keyedBefore(at []int, where, n int) bool {
	for k := n - 1; k > where && r.spend(); k-- {
		switch r.tokens[at[k]].Kind {
		case parse.TokenWord, parse.TokenQuotedName:
			if !slices.Contains([]string{"in", "any", "array", "like", "is"}, strings.ToLower(string(r.bytes(at[k])))) {
				return keyed.Match(r.bytes(at[k]))
			}
		}
	}
	return false
}

// alias hides the strings of an expression that is given the name of a secret.
func (r *reader) alias(at []int, n int, hide []bool) {
	if n == 0 || !r.is(at[n-1], "as") || r.follows(at, n, "(") {
		return
	}
	depth := 0
	for k := n - 2; k >= 0 && r.spend(); k-- {
		switch word := strings.ToLower(string(r.bytes(at[k]))); {
		case word == ")":
			depth++
		case word == "(":
			if depth--; depth < 0 {
				return
			}
		case depth == 0 && (word == "," || word == "select" || word == "from" || word == "join"):
			return
		case r.text(at[k]):
			hide[at[k]] = true
		}
	}
}

// holders are columns that say nothing of what they hold.
var holders = strings.Fields("value val data content body hash digest raw plain payload")

// unlisted reports an INSERT into a table that is named after secrets, without its columns
// or with one that may hold them.
func (r *reader) unlisted(at []int) bool {
	for n, i := range at {
		if !r.is(i, "into") || n == 0 || !r.is(at[n-1], "insert") {
			continue
		}
		k := n + 1
		for k+2 < len(at) && r.follows(at, k, ".") {
			k += 2
		}
		if k >= len(at) || !holds(r.bytes(at[k])) {
			continue
		}
		for k++; k < len(at) && (r.is(at[k], "as") || r.tokens[at[k]].Kind == parse.TokenWord) &&
			!r.is(at[k], "values") && !r.is(at[k], "select"); k++ {
		}
		if k >= len(at) || !r.is(at[k], "(") {
			return true
		}
		for k++; k < len(at) && !r.is(at[k], ")"); k++ {
			if slices.Contains(holders, strings.ToLower(strings.Trim(string(r.bytes(at[k])), `"`))) {
				return true
			}
		}
	}
	return false
}

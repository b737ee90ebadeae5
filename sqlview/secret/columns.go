package secret

import (
	"slices"
	"strings"

	"belay/sqlview/parse"
)

// listed hides what a query gives to columns that a list of names tells: of a WITH, of an
// alias, of CREATE TABLE AS and CREATE VIEW, and of a table that is known.
func (r *reader) listed(at []int, hide []bool) {
	for n, i := range at {
		switch {
		case r.is(i, "into") && n > 0 && (r.is(at[n-1], "insert") || r.is(at[n-1], "merge")):
			r.withoutList(at, n, hide)
		case r.is(i, "("):
			r.named(at, n, hide)
		}
	}
}

// named hides what the query before or behind a list of names gives to the private ones.
func (r *reader) named(at []int, n int, hide []bool) {
	var places []int
	items := r.items(at, n)
	for place, item := range items {
		if len(item) != 1 || !r.isName(item[0]) {
			return
		}
		if holds(r.bytes(item[0])) {
			places = append(places, place)
		}
	}
	if len(places) == 0 || n == 0 {
		return
	}
	end := n + 2*len(items) // the parenthesis that closes it
	// (VALUES …) AS name (list)
	if before := n - 1; before > 0 {
		if r.is(at[before-1], "as") {
			before--
		}
		if before > 0 && r.is(at[before-1], ")") {
			r.query(at[r.opens(at, before-1):before], places, hide)
		}
	}
	if !r.follows(at, end, "as") {
		return
	}
	for end++; r.follows(at, end, "not") || r.follows(at, end, "materialized"); {
		end++
	}
	if !r.follows(at, end, "(") && !r.follows(at, end, "select") && !r.follows(at, end, "values") {
		return
	}
	// Behind a list of a WITH stands one query in parentheses, else the rest of the statement.
	rest := at[min(end+1, len(at)):]
	if len(rest) > 0 && r.is(rest[0], "(") {
		rest = rest[:r.closes(rest, 0)]
	}
	r.query(rest, places, hide)
}

// withoutList hides what an INSERT without a list gives to private columns of a table that
// is known. at[n] is INTO.
func (r *reader) withoutList(at []int, n int, hide []bool) {
	if n+1 >= len(at) {
		return
	}
	name := r.last(at, n+1)
	places := r.places(at, name)
	if len(places) == 0 {
		return
	}
	if r.is(at[n-1], "merge") {
		for k := name; k < len(at) && r.spend(); k++ {
			if r.is(at[k], "insert") && (r.follows(at, k, "values") || r.follows(at, k, "overriding")) {
				r.query(at[k+1:], places, hide)
			}
		}
		return
	}
	for k := name + 1; k < len(at) && r.spend(); k++ {
		switch word := strings.ToLower(string(r.bytes(at[k]))); {
		case word == "(" && !r.follows(at, k, "select") && !r.follows(at, k, "values") && !r.follows(at, k, "("):
			return
		case word == "select", word == "values", word == "(", word == "with":
			r.query(at[k:], places, hide)
			return
		}
	}
}

// ends are words behind what a SELECT gives.
var ends = strings.Fields("from where group having window order limit offset fetch for returning into on")

// query hides the strings at some places of the rows of a query, in all its branches.
func (r *reader) query(at []int, places []int, hide []bool) {
	// from: a SELECT * gives what the query behind its FROM gives.
	place, depth, from := -1, 0, false
	for k := 0; k < len(at) && r.spend(); k++ {
		i := at[k]
		switch word := strings.ToLower(string(r.bytes(i))); {
		case word == "values":
			for k+1 < len(at) && r.is(at[k+1], "(") {
				end := r.closes(at, k+1)
				for p, item := range r.items(at, k+1) {
					r.strings(item, hide, slices.Contains(places, p))
				}
				if k = end; !r.follows(at, k, ",") {
					break
				}
				k++
			}
			place = -1
		case word == "(" || word == "[":
			if place < 0 {
				break
			}
			depth++
		case word == ")" || word == "]":
			if depth--; depth < 0 {
				place, depth = -1, 0
			}
		case depth > 0:
			r.strings([]int{i}, hide, place >= 0 && slices.Contains(places, place))
		case word == "select":
			place, from = 0, false
		case word == "," && place >= 0:
			place++
		case word == "*" && place == 0 && r.follows(at, k, "from") && !from:
			from = true
		case slices.Contains(ends, word):
			if place = -1; word == "on" {
				return
			}
			if word == "from" && !from {
				k = r.past(at, k)
			}
		default:
			r.strings([]int{i}, hide, place >= 0 && slices.Contains(places, place))
		}
	}
}

// past is the last token of what a FROM reads, up to the next branch of the query.
func (r *reader) past(at []int, k int) int {
	depth := 0
	for ; k+1 < len(at) && r.spend(); k++ {
		switch word := strings.ToLower(string(r.bytes(at[k+1]))); {
		case word == "(":
			depth++
		case word == ")":
			if depth--; depth < 0 {
				return k
			}
		case depth == 0 && (word == "union" || word == "intersect" || word == "except"):
			return k
		}
	}
	return k
}

func (r *reader) isName(i int) bool {
	return r.tokens[i].Kind == parse.TokenWord || r.tokens[i].Kind == parse.TokenQuotedName
}

func (r *reader) strings(item []int, hide []bool, private bool) {
	for _, i := range item {
		if private && (r.text(i) || r.tokens[i].Kind == parse.TokenDollarString) {
			hide[i] = true
		}
	}
}

// closes is the parenthesis that closes the one at n, or the last token.
func (r *reader) closes(at []int, n int) int {
	depth := 0
	for k := n; k < len(at) && r.spend(); k++ {
		switch string(r.bytes(at[k])) {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				return k
			}
		}
	}
	return len(at) - 1
}

// opens is the parenthesis that the one at n closes, or the first token.
func (r *reader) opens(at []int, n int) int {
	depth := 0
	for k := n; k >= 0 && r.spend(); k-- {
		switch string(r.bytes(at[k])) {
		case ")":
			depth++
		case "(":
			if depth--; depth == 0 {
				return k
			}
		}
	}
	return 0
}

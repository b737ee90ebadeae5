package secret

import (
	"strings"

	"belay/sqlview/pattern"
)

// Known is what a catalog tells beyond a text. The zero value knows nothing.
type Known struct {
	// Columns are the columns of a relation, in their order; nil = not known. schema is ""
	// where the text names none.
	Columns func(schema, name string) []string
	// Inputs are the names of the arguments that a function takes, "" for one without, one
	// list for each overload; nil = not known.
	Inputs func(schema, name string) [][]string
}

// worthReading finds the statements in which a catalog may tell of a secret.
var worthReading = pattern.New(`(?i)\b(insert|merge|select|call|perform|execute|do|values)\b`)

// ValuesOf is Values with what a catalog knows.
func ValuesOf(sql string, known Known) []string {
	if !suspicious(sql) && !(strings.ContainsAny(sql, "'$") && worthReading.MatchString(sql)) {
		return nil
	}
	_, values := split(sql, &context{known: known, inputs: map[string][]int{}})
	return values
}

// context is what the text around a text tells, and the catalog.
type context struct {
	known Known
	// inputs are the private arguments of functions and prepared statements that the text
	// creates, by their names in lower case.
	inputs map[string][]int
}

// every stands for all arguments of what takes a secret.
const every = -1

// learn notes the private arguments of a function that the statement creates, and what it prepares.
func (r *reader) learn(at []int) {
	for n := range at {
		switch {
		case (r.is(at[n], "function") || r.is(at[n], "procedure")) && n > 0 &&
			(r.is(at[n-1], "create") || r.is(at[n-1], "replace")):
			name := r.last(at, n+1)
			if r.follows(at, name, "(") {
				// A CALL names what a procedure gives back too.
				r.note(at[name], r.privateInputs(at, name+1, r.is(at[n], "procedure")))
			}
			return
		case n == 0 && r.is(at[n], "prepare") && len(at) > 1:
			for k := range at {
				if k > 1 && r.names(at, k) {
					r.note(at[1], []int{every})
					return
				}
			}
		}
	}
}

func (r *reader) note(i int, positions []int) {
	if len(positions) > 0 {
		r.inputs[bare(r.bytes(i))] = positions
	}
}

// bare is a name as it is looked up.
func bare(b []byte) string { return strings.ToLower(strings.Trim(string(b), `"`)) }

// last is the last token of the qualified name that begins with the nth.
func (r *reader) last(at []int, n int) int {
	for n+2 < len(at) && r.is(at[n+1], ".") {
		n += 2
	}
	return min(n, len(at)-1)
}

// schema is the schema of the name that ends with the nth token; "" where there is none.
func (r *reader) schema(at []int, n int) string {
	if n < 2 || !r.is(at[n-1], ".") {
		return ""
	}
	return bare(r.bytes(at[n-2]))
}

// privateInputs are the places of the parameters with a private name, in the list that
// opens with the nth token.
func (r *reader) privateInputs(at []int, n int, procedure bool) []int {
	var all []int
	place := 0
	for _, item := range r.items(at, n) {
		given := true
		for _, i := range item {
			word := strings.ToLower(string(r.bytes(i)))
			if word == "out" {
				given = procedure
			}
			if word == "in" || word == "inout" || word == "out" || word == "variadic" {
				continue
			}
			if given && holds(r.bytes(i)) {
				all = append(all, place)
			}
			break
		}
		if given {
			place++
		}
	}
	return all
}

// items are the tokens of each item of the list in parentheses that opens with the nth token.
func (r *reader) items(at []int, n int) [][]int {
	var all [][]int
	var item []int
	depth := 0
	for _, i := range at[n:] {
		switch word := string(r.bytes(i)); {
		case !r.spend():
			return append(all, item)
		case word == "(" || word == "[":
			if depth++; depth == 1 {
				continue
			}
		case word == ")" || word == "]":
			if depth--; depth == 0 {
				return append(all, item)
			}
		case word == "," && depth == 1:
			all, item = append(all, item), nil
			continue
		}
		item = append(item, i)
	}
	return append(all, item)
}

// places are the private ones among the names of an INSERT without a list of columns, or nil.
func (r *reader) places(at []int, n int) []int {
	if r.known.Columns == nil || !r.isName(at[n]) {
		return nil
	}
	var all []int
	for place, c := range r.known.Columns(r.schema(at, n), bare(r.bytes(at[n]))) {
		if Names(c) {
			all = append(all, place)
		}
	}
	return all
}

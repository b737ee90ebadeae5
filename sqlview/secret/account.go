package secret

import (
	"slices"
	"strings"

	"belay/sqlview/parse"
	"belay/sqlview/pattern"
)

// Functions that make an account or let one in take its password behind its name.
var (
	word  = pattern.New(`[A-Z]+[a-z0-9]*|[a-z0-9]+`)
	makes = strings.Fields("add create new register insert upsert make seed ensure provision save enroll enrol check " +
		"verify validate authenticate")
	accounts = strings.Fields("user login account admin administrator member superuser credentials")
	enters   = strings.Fields("login logon signin signup authenticate")
	around   = strings.Fields("do try fn fun func sp proc p f app api user")
)

// plain is a string of such a call that is no password: an address, a time, a number, a right.
var plain = pattern.New(
	`(?i)^([^\s@]+@[^\s@]+\.[a-z]+|\d{4}-\d\d-\d\d.*|[\d.:/]+|\{.*\}|(super)?(user|admin)s?|administrator|member|owner|editor|viewer|guest|staff|root|true|false|yes|no|on|off|active|inactive|enabled|disabled|read(only)?|write|[a-z]{2}([-_][a-z]{2})?)$`,
)

// makesAccount reports the name of a function that takes a password as one of its arguments.
func makesAccount(name string) bool {
	if strings.HasPrefix(name, "pg_") {
		return false
	}
	words := word.FindAllString(strings.Trim(name, `"`), -1)
	for i := range words {
		words[i] = strings.ToLower(words[i])
	}
	if len(words) == 0 {
		return false
	}
	for len(words) > 1 && slices.Contains(around, words[0]) {
		words = words[1:]
	}
	if len(words) > 1 && slices.Contains([]string{"in", "up", "on"}, words[len(words)-1]) {
		words = append(words[:len(words)-2], words[len(words)-2]+words[len(words)-1])
	}
	end := words[len(words)-1]
	if len(words) == 1 {
		return slices.Contains(enters, end)
	}
	return words[0] == "authenticate" && len(words) == 2 || slices.Contains(accounts, end) &&
		slices.ContainsFunc(words[:len(words)-1], func(w string) bool { return slices.Contains(makes, w) })
}

// noFunction are words before a name with parentheses that is no call.
var noFunction = strings.Fields("table exists into function procedure view on references index trigger type update " +
	"with recursive only column constraint aggregate routine")

// calls hides the private arguments of the calls of a statement.
func (r *reader) calls(at []int, hide []bool) {
	for n, i := range at {
		if !r.follows(at, n, "(") || !r.isName(i) {
			continue
		}
		begin := n
		for begin > 1 && r.is(at[begin-1], ".") {
			begin -= 2
		}
		if begin > 0 && slices.Contains(noFunction, strings.ToLower(string(r.bytes(at[begin-1])))) {
			continue
		}
		account := makesAccount(string(r.bytes(i)))
		places := r.private(at, n)
		if !account && len(places) == 0 {
			continue
		}
		for place, item := range r.items(at, n+1) {
			surely := slices.Contains(places, place) || slices.Contains(places, every)
			r.argument(item, hide, account && place > 0, surely)
		}
	}
}

// private are the places of the private arguments of the function that the nth token calls.
func (r *reader) private(at []int, n int) []int {
	all := slices.Clone(r.inputs[bare(r.bytes(at[n]))])
	if r.known.Inputs == nil {
		return all
	}
	for _, names := range r.known.Inputs(r.schema(at, n), bare(r.bytes(at[n]))) {
		for place, name := range names {
			if Names(name) {
				all = append(all, place)
			}
		}
	}
	return all
}

// argument hides the strings of one. perhaps is true where its place may be that of a
// password, surely where it is. One that is given by its name tells by it.
func (r *reader) argument(item []int, hide []bool, perhaps, surely bool) {
	if len(item) > 2 && (r.is(item[1], "=") && r.is(item[2], ">") || r.is(item[1], ":") && r.is(item[2], "=")) {
		return
	}
	for _, i := range item {
		if r.text(i) || r.tokens[i].Kind == parse.TokenDollarString {
			hide[i] = hide[i] || surely || perhaps && !plain.MatchString(value(r.tokens[i].Kind, string(r.bytes(i))))
		}
	}
}

// handsOut is the constant that a function's body gives back.
var handsOut = pattern.New(`(?i)\b(?:return|select)\s+'((?:[^']|'')+)'`)

// getter hides the constants that a function with a private name gives back.
func (r *reader) getter(at []int, hide []bool) {
	n := slices.IndexFunc(at, func(i int) bool { return r.is(i, "function") })
	if n < 0 || n > 3 || !r.is(at[0], "create") || !r.names(at, r.last(at, n+1)) {
		return
	}
	for k, i := range at {
		body := string(r.bytes(i))
		switch {
		case k > 0 && r.is(at[k-1], "return") && r.text(i):
			hide[i] = true
		case r.tokens[i].Kind == parse.TokenDollarString, r.text(i) && r.is(at[k-1], "as"):
			for _, m := range handsOut.FindAllStringSubmatch(value(r.tokens[i].Kind, body), -1) {
				r.values = append(r.values, m[1])
			}
		}
	}
}

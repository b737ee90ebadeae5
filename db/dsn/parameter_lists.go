package dsn

import (
	_ "embed"
	"net"
	"slices"
	"strings"
)

//go:embed runtime.txt
var runtimeText string

// runtime are the parameters of PostgreSQL 10 to 18 that a client may ask for at
// the start of a session.
var runtime = strings.Fields(runtimeText)

// isRuntime reports whether the server may have such a parameter. One with a dot
// is an extension's or the application's own: the server takes any.
func isRuntime(name string) bool {
	low := strings.ToLower(name)
	if _, found := slices.BinarySearch(runtime, low); found {
		return true
	}
	class, rest, dotted := strings.Cut(low, ".")
	return dotted && isName(class) && isName(rest)
}

// isName reports an identifier that needs no quotes.
func isName(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// IsDrivers reports a parameter of the Go driver, which libpq does not know.
func IsDrivers(name string) bool {
	return strings.HasPrefix(name, "pool_") || strings.HasSuffix(name, "_cache_capacity") ||
		name == "default_query_exec_mode"
}

func areAddresses(s string) bool {
	for a := range strings.SplitSeq(s, ",") {
		zoneless, _, _ := strings.Cut(a, "%")
		if net.ParseIP(zoneless) == nil {
			return false
		}
	}
	return true
}

var methods = []string{"password", "md5", "gss", "sspi", "scram-sha-256", "oauth", "none"}

func areMethods(s string) bool {
	not := strings.HasPrefix(s, "!")
	var seen []string
	for m := range strings.SplitSeq(s, ",") {
		word, negated := strings.CutPrefix(strings.TrimSpace(m), "!")
		if negated != not || !slices.Contains(methods, word) || slices.Contains(seen, word) {
			return false
		}
		seen = append(seen, word)
	}
	return true
}

// nearest is the known name that a misspelled one is likely to mean; "" = none.
func nearest(name string) string {
	best, least := "", 3
	for known := range parameters {
		if d := Edits(strings.ToLower(name), known); d < least || d == least && d < 3 && known < best {
			best, least = known, d
		}
	}
	if len(name) <= 2*least {
		return ""
	}
	return best
}

// Edits is the Levenshtein distance of two words in bytes: how far a misspelt name is from a known one.
func Edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}

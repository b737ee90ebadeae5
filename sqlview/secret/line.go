package secret

import (
	"slices"

	"belay/sqlview/pattern"
)

// lines are secrets of addresses and command lines: the last group of each is what
// is hidden, those before it stay.
var lines = []*pattern.Pattern{
	// The login and the values behind the ? of a web address, the password of another.
	pattern.New(`(?i)(https?://)([^\s/?#'"@]+)@`),
	pattern.New(`(?i)([a-z][a-z0-9+.-]*://[^\s/?#'":@]*:)([^\s/'"]+)@`),
	pattern.New(`(?i)(https?://[^\s?'"]*\?[^\s'"=]*=)([^\s'"&;#]+)`),
	pattern.New(`([&;][\w.~%-]+=)([^\s'"&;#]+)`),
	// curl -H 'Authorization: …', curl -u user:…
	pattern.New(`((?:^|\s)(?:-H|--header|--proxy-header)[\s=]*'[^':]+:\s*)([^']+)`),
	pattern.New(`((?:^|\s)(?:-H|--header|--proxy-header)[\s=]*"[^":]+:\s*)([^"]+)`),
	pattern.New(`((?:^|\s)(?:-u|--user|-U|--proxy-user)[\s=]*['"]?[^\s'":]+:)([^\s'"]+)`),
	// NAME=…, --name …, where the name says what it is.
	pattern.New(`(?i)([\w-]*(?:pass|pwd|secret|token|key|credential|auth|signature)[\w-]*=['"]?)([^\s'"]+)`),
	pattern.New(`(?i)((?:^|\s)--?[\w-]*(?:pass|pwd|secret|token|key|credential|auth)[\w-]*\s+['"]?)([^\s'"-][^\s'"]*)`),
}

// Line is an address or a command line as it may be shown: without what its URLs,
// headers, options and variables may hide.
func Line(text string) string { return patterns(Without(text, OfLine(text))) }

// OfLine are the texts that Line hides, longest first.
func OfLine(text string) []string {
	var all []string
	for _, l := range lines {
		for _, m := range l.FindAllStringSubmatch(text, -1) {
			if hidden := m[len(m)-1]; len(hidden) >= least && !slices.Contains(all, hidden) {
				all = append(all, hidden)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

// least is how long a hidden text is: to hide each x or 1 of a text hides nothing.
const least = 4

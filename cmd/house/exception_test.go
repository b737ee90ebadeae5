package house

import (
	"os"
	"strings"
	"testing"
)

// exception is one line of testdata/allowed.txt.
type exception struct {
	check, key, reason string
	used               bool
}

type exceptions []*exception

// allow is true where a line covers the finding.
func (all exceptions) allow(check string, f finding) bool {
	allowed := false
	for _, e := range all {
		if e.check == check && e.key == f.key() {
			e.used, allowed = true, true
		}
	}
	return allowed
}

func readExceptions(t *testing.T) exceptions {
	t.Helper()
	text, err := os.ReadFile("testdata/allowed.txt")
	if err != nil {
		t.Fatal(err)
	}
	return parseExceptions(string(text))
}

func parseExceptions(text string) exceptions {
	var all exceptions
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		fields = append(fields, "", "")
		all = append(all, &exception{
			check: fields[0], key: fields[1],
			reason: strings.TrimSpace(strings.Join(fields[2:], " ")),
		})
	}
	return all
}

package secret

import (
	"strings"
	"testing"
)

// Lists in lists are read a bounded number of times, and what was not read to its end is
// hidden. Read once for each list around them, these would take minutes.
func TestHostileTextIsHiddenAtOnce(t *testing.T) {
	const n = 20_000
	for name, sql := range map[string]string{
		"calls":   "SELECT " + strings.Repeat("add_user('a', ", n) + "'s3cret'" + strings.Repeat(")", n),
		"inserts": strings.Repeat("insert into users select (", n) + "'s3cret'",
		"lists":   strings.Repeat("(password) as (", n) + "'s3cret'",
		"aliases": "SELECT 's3cret' " + strings.Repeat("as password ", n),
	} {
		if shown := SQL(sql); strings.Contains(shown, "s3cret") {
			t.Errorf("%s: a string is shown", name)
		}
	}
}

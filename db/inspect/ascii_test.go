package inspect

import (
	"strings"
	"testing"
)

// TestSQLIsASCII: a server of another encoding than UTF8 refuses a statement with a sign that
// it has not (22P05), also in a comment.
func TestSQLIsASCII(t *testing.T) {
	all, err := files.ReadDir("sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		b, err := files.ReadFile("sql/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if i := strings.IndexFunc(string(b), func(r rune) bool { return r > 0x7e }); i >= 0 {
			t.Errorf("%s has a sign that is not ASCII at byte %d", f.Name(), i)
		}
	}
}

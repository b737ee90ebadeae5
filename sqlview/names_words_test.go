package sqlview

import (
	"regexp"
	"slices"
	"testing"
)

// The words of a text are those that the rule of an unquoted name finds in it.
func TestPlainWords(t *testing.T) {
	rule := regexp.MustCompile(`[\p{L}_][\p{L}\p{N}_$]*`)
	for _, text := range []string{
		``, `a`, `1a`, `ALTER TABLE t ADD COLUMN w int;`, `größe_1$ é٣ ¹x`, `"Quoted" 'in it''s' -- word`, "a\xffb \xc3",
		`$1 $tag$body$tag$`, `x.y."z"`, `日本語 _`, `e%_%`,
	} {
		got, want := slices.Collect(plainWords(text)), rule.FindAllString(text, -1)
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

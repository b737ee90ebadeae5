package view

import (
	"testing"

	"belay/tui/theme"
)

func TestCodeColoursAcrossLines(t *testing.T) {
	sql := "SELECT 'a\nb', 1"
	tokens := []Token{{0, 6, theme.Keyword}, {7, 12, theme.Literal}, {14, 15, theme.Literal}}
	lines := Source(sql, 10)
	want := [][]Span{
		{S(theme.Keyword, "SELECT"), T(" "), S(theme.Literal, "'a")},
		{S(theme.Literal, "b'"), T(", "), S(theme.Literal, "1")},
	}
	for i, l := range lines {
		got := Code(l, tokens)
		if l.Number != 10+i || len(got) != len(want[i]) {
			t.Fatalf("line %d is number %d: %v", i, l.Number, got)
		}
		for j := range got {
			if got[j] != want[i][j] {
				t.Errorf("line %d span %d: %v, not %v", i, j, got[j], want[i][j])
			}
		}
	}
}

func TestUnderCountsCharacters(t *testing.T) {
	l := SourceLine{Text: "\tnaïve (col text)"}
	if indent, n := Under(l, 2); indent != 4 || n != 5 {
		t.Errorf("naïve: %d, %d", indent, n)
	}
	if indent, n := Under(l, 9); indent != 11 || n != 3 {
		t.Errorf("col: %d, %d", indent, n)
	}
	if _, n := Under(l, 999); n != 1 {
		t.Errorf("beyond the line: %d", n)
	}
}

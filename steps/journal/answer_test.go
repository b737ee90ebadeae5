package journal

import "testing"

func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		q       QuestionAsked
		taken   []string
		refused []string
	}{
		{"any text", QuestionAsked{}, []string{"", "x"}, nil},
		{"words", QuestionAsked{Wants: Words}, []string{"the table is empty"}, []string{""}},
		{"span", QuestionAsked{Wants: Span}, []string{"40s", "2min", "500ms"}, []string{"", "40", "0s", "-1s", "soon"}},
		{
			"options", QuestionAsked{Options: []string{"no", "yes"}}, []string{"no", "yes"},
			[]string{"", "maybe", "yes: of course"},
		},
		{"a word with details", QuestionAsked{Options: []string{"none", "pitr"}, Detailed: []string{"pitr"}},
			[]string{"pitr", "pitr: tested on 2 May"}, []string{"pitr:", "none: x"}},
		{
			"a name", QuestionAsked{Expect: "shop", Options: []string{"no"}}, []string{"shop", "no"},
			[]string{"", "Shop", "yes"},
		},
	} {
		for _, a := range c.taken {
			if why := c.q.Refuses(a); why != "" {
				t.Errorf("%s: %q is refused: %s", c.name, a, why)
			}
		}
		for _, a := range c.refused {
			if c.q.Refuses(a) == "" {
				t.Errorf("%s: %q is taken", c.name, a)
			}
		}
	}
}

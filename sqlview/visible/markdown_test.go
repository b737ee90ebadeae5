package visible

import (
	"strings"
	"testing"
)

func TestMarkdown(t *testing.T) {
	for text, want := range map[string]string{
		"1 migration applied, recorded and proved": "1 migration applied, recorded and proved",
		"public.schema_migrations lacks x":         "public.schema_migrations lacks x",
		"[x](javascript:y)":                        `\[x\](javascript:y)`,
		"![x](https://evil.example/a.png)":         "`![x](https://evil.example/a.png)`",
		"see www.evil.example now":                 "see `www.evil.example` now",
		"a@b|c `d` @e`":                            "`a@b`\\|c \\`d\\` `` @e` ``",
		"<img src=x> &lt;b&gt;":                    "&lt;img src=x&gt; &amp;lt;b&amp;gt;",
		"# head\n# head":                           `\# head # head`,
		"1. one":                                   `1\. one`,
		"1.5 s":                                    "1.5 s",
		"~30 rows, ~x~":                            `~30 rows, ~x\~`,
		"+ 1":                                      `\+ 1`,
		"- [ ] task":                               `\- \[ \] task`,
		"**b** __b__ _i_ a_b a__b ~~s~~":           `\*\*b\*\* \_\_b\_\_ \_i\_ a_b a__b \~\~s\~\~`,
		`a \| b | c \`:                             `a \\\| b \| c \\`,
		"\u202eevil":                               `\\u202eevil`,
	} {
		if got := Markdown(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{"a b": "`a b`", "a`b": "``a`b``", "`a": "`` `a ``", "a\nb": "`a b`"} {
		if got := Code(text); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	if got := Markdown(strings.Repeat("_", 3) + "é_é"); got != `\_\_\_é_é` {
		t.Error(got)
	}
}

package screen

import (
	"strings"

	"belay/tui/theme"
	"belay/tui/view"
)

// Help says why, and which keys there are.
var Help = Screen{
	Name:  "help",
	Title: "why and keys",
	Over:  true,
	Doc: `Advice: ask why.
In practice: a key that cannot do anything now says so when it is pressed.
Measured: every screen has its own text here; a hazard brings its rule's.`,
	Keys: []Hint{{Down, "scroll"}},
	View: draw("help", helpBody),
}

func helpBody(p page) []view.Block {
	below := p.local
	below.Over = below.Over[:max(0, len(below.Over)-1)]
	var lines []view.Line
	s := Named(below.Top())
	doc := s.Doc
	if h, ok := Selected(p.local); ok && (s.Name == "review" || s.Name == "card") && p.local.Doc != nil {
		if text := p.local.Doc(h.Rule); text != "" {
			lines = append(lines, view.L(view.S(theme.Strong, " "+h.Rule)))
			doc = text
		}
	}
	lines = append(lines, docLines(doc, p.w)...)
	lines = append(lines, view.Line{}, view.L(view.S(theme.Strong, " keys")))
	for _, k := range Keys {
		text := k.Does
		if why := k.Why(p.run, below); why != "" {
			text += " (not now: " + why + ")"
		}
		lines = append(lines, view.Labelled(" "+k.Shown, 8, theme.Plain, text, p.w)...)
	}
	return []view.Block{p.scrolled("help", lines)}
}

// docLines sets a text with the parts Advice, In practice, Measured and
// Instead, written as headings or as leading words.
func docLines(doc string, w int) []view.Line {
	var out []view.Line
	code := false
	for _, s := range strings.Split(strings.TrimSpace(doc), "\n") {
		switch {
		case strings.HasPrefix(s, "```"):
			code = !code
		case code:
			out = append(out, view.L(view.T("     "), view.S(theme.Literal, view.Cut(s, w-6))))
		case strings.HasPrefix(s, "#"):
			out = append(out, view.L(view.S(theme.Strong, " "+strings.TrimSpace(strings.TrimLeft(s, "#")))))
		case strings.TrimSpace(s) == "":
			out = append(out, view.Line{})
		default:
			head, rest, ok := strings.Cut(s, ": ")
			if ok && len(head) < 14 && !strings.Contains(head, "`") {
				out = append(out, view.L(view.S(theme.Strong, " "+head)))
				s = rest
			}
			out = append(out, view.Paragraph(theme.Plain, strings.TrimSpace(s), w, 3, 2)...)
		}
	}
	return out
}

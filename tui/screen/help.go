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
// Instead, written as headings or as leading words. Lines of a paragraph are
// joined and wrapped again; what is set in by four columns is code.
func docLines(doc string, w int) []view.Line {
	var out []view.Line
	text := ""
	flush := func() {
		if text == "" {
			return
		}
		if head, rest, ok := strings.Cut(text, ": "); ok && leading[head] {
			out = append(out, view.L(view.S(theme.Strong, " "+head)))
			text = strings.ToUpper(rest[:1]) + rest[1:]
		}
		out = append(out, view.Paragraph(theme.Plain, text, w, 3, 0)...)
		text = ""
	}
	for _, s := range strings.Split(strings.TrimSpace(doc), "\n") {
		first, _, _ := strings.Cut(s, ": ")
		switch {
		case strings.HasPrefix(s, "    "):
			flush()
			out = append(out, view.Paragraph(theme.Literal, strings.TrimSpace(s), w, 5, 2)...)
		case strings.HasPrefix(s, "#"):
			flush()
			out = append(out, view.L(view.S(theme.Strong, " "+strings.TrimSpace(strings.TrimLeft(s, "#")))))
		case strings.TrimSpace(s) == "":
			flush()
			out = append(out, view.Line{})
		case leading[first] || strings.HasPrefix(s, "- "):
			flush()
			text = s
		default:
			text = strings.TrimSpace(text + " " + strings.TrimSpace(s))
		}
	}
	flush()
	return out
}

// leading are the words that begin a part in a screen's own text.
var leading = map[string]bool{"Advice": true, "In practice": true, "Measured": true, "Instead": true}

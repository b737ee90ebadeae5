package screen

import (
	"strings"

	"belay/tui/look"
)

// Help says why, and which keys there are.
var Help = Screen{
	Name:  "help",
	Title: "why and keys",
	Over:  true,
	Doc: `Advice: ask why.
In practice: a key that cannot do anything now says so when it is pressed.
Measured: every screen has its own text here; a hazard brings its rule's.`,
	Keys: []Hint{{Down, "scroll"}, {Tab, ""}},
	Panels: func(p page) []look.Panel {
		if !p.boxed {
			return []look.Panel{{Name: "why", Title: "why, and all keys below it", Focus: true, Grow: true,
				Lines: func(w int) []string {
					return append(append(p.whyLines(w), "", p.Text(look.Strong, "all keys")), p.keyLines(w)...)
				}}}
		}
		return []look.Panel{
			{Name: "why", Title: "why", Focus: true, Grow: true, Give: 1, Min: 4, Lines: p.whyLines},
			{Name: "keys", Title: "all keys", Give: 2, Min: 3, Right: true, Lines: p.keyLines},
		}
	},
}

// below is what is looked at under the help.
func (p page) below() Local {
	below := p.local
	below.Over = below.Over[:max(0, len(below.Over)-1)]
	return below
}

func (p page) whyLines(w int) []string {
	var out []string
	s := Named(p.below().Top())
	doc := s.Doc
	if h, ok := Selected(p.local); ok && (s.Name == atReview || s.Name == atCard) && p.local.Doc != nil {
		if text := p.local.Doc(h.Rule); text != "" {
			out = append(out, p.Text(look.Strong, h.Rule))
			doc = text
		}
	}
	return append(out, p.doc(doc, w)...)
}

// keyLines is the whole key table; what does nothing now says why.
func (p page) keyLines(w int) []string {
	var out []string
	for _, k := range Keys {
		text := p.Plain(k.Does)
		if why := k.Why(p.run, p.below()); why != "" {
			text += p.Plain(" (not now: " + why + ")")
		}
		for i, line := range look.Wrap(text, w-8) {
			head := look.Pad("", 8)
			if i == 0 {
				head = look.Pad(p.Text(look.Key, k.Shown()), 8)
			}
			out = append(out, head+line)
		}
	}
	return out
}

// doc sets a text with the parts Advice, In practice, Measured and Instead, written as
// headings or as leading words. Lines of a paragraph are joined and wrapped again; what
// is set in by four columns is code.
func (p page) doc(doc string, w int) []string {
	var out []string
	text := ""
	flush := func() {
		if text == "" {
			return
		}
		if head, rest, ok := strings.Cut(text, ": "); ok && leading[head] {
			out = append(out, p.Text(look.Strong, head))
			text = strings.ToUpper(rest[:1]) + rest[1:]
		}
		for _, line := range look.Wrap(p.Plain(text), w-2) {
			out = append(out, "  "+line)
		}
		text = ""
	}
	for _, s := range strings.Split(strings.TrimSpace(doc), "\n") {
		first, _, _ := strings.Cut(s, ": ")
		switch {
		case strings.HasPrefix(s, "    "):
			flush()
			out = append(out, p.Marked(look.Plain, "   ", p.Text(look.Literal, strings.TrimSpace(s)), w)...)
		case strings.HasPrefix(s, "#"):
			flush()
			out = append(out, p.Text(look.Strong, strings.TrimSpace(strings.TrimLeft(s, "#"))))
		case strings.TrimSpace(s) == "":
			flush()
			out = append(out, "")
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

package screen

import (
	"strings"

	"belay/steps/journal"
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
					out := append(p.whyLines(w), "")
					out = append(append(out, p.legend(w)...), "", p.Text(look.Strong, "all keys"))
					return append(out, p.keyLines(w)...)
				}}}
		}
		return []look.Panel{
			{
				Name: "why", Title: "why", Focus: true, Grow: true, Give: 1, Min: 4,
				Lines: func(w int) []string { return append(append(p.whyLines(w), ""), p.legend(w)...) },
			},
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

// legend names the signs that stand without a word where there is little room, and the
// words that are belay's own.
func (p page) legend(w int) []string {
	out := []string{p.Text(look.Strong, "signs")}
	for _, s := range []struct {
		status journal.Status
		means  string
	}{
		{journal.Done, "done"}, {journal.Running, "works now"}, {journal.Asking, "needs an answer of yours"},
		{journal.Look, "look at it; nothing waits for you"}, {journal.Failed, "failed, or stands in the way of a run"},
		{journal.Waived, "accepted with a reason, or left out"}, {journal.Paused, "paused"},
		{journal.Stale, "from before: it is looked at again"}, {journal.Todo, "still to come"},
	} {
		sign, role := p.sign(s.status)
		out = append(out, "  "+p.Text(role, look.Pad(sign, 6))+p.Plain(s.means))
	}
	for _, s := range []struct{ sign, means string }{
		{p.Branch([]int{0, 1}, 1), "below who is in the way: waits for the one above it"},
		{p.Plain("12x"), "12 sessions that wait alike, in one row"},
	} {
		for i, line := range look.Wrap(p.Plain(s.means), w-8) {
			head := look.Pad("", 8)
			if i == 0 {
				head = "  " + look.Pad(s.sign, 6)
			}
			out = append(out, head+line)
		}
	}
	out = append(out, "", p.Text(look.Strong, "words"))
	for _, word := range []struct{ word, means string }{
		{"campaign", "one change in steps over several deployments, where code and table must change in turns"},
		{"waived", "accepted as it is, with a reason that goes into the report: by a person, or in the file"},
		{"rehearse", "run it elsewhere first. Grade A: on a clone of production; B: a dump with its rows; C: no rows"},
		{"backfill", "fill a column of the rows that are there, in short batches"},
		{"ledger", "what belay keeps in the database itself, in a schema belay, once you said yes"},
	} {
		out = append(out, p.Row(word.word, p.Plain(word.means), w)...)
	}
	return out
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

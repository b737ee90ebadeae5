package screen

import (
	"strings"
	"time"

	"belay/steps/fact"
	"belay/steps/state"
	"belay/tui/look"
)

// mendScreen is a screen over what could be made of the folder's files: what becomes of
// those that are there, and the text of the new ones. Enter asks, once.
func mendScreen(name, title, doc, question, write string) Screen {
	return Screen{
		Name: name, Title: title, Over: true, Doc: doc,
		Hints: func(run *state.Run, l Local) []Hint {
			hints := []Hint{{Down, "scroll"}, {Copy, "copy"}}
			m := l.Facts.Mends.Of(question)
			switch {
			case m != nil && m.Begins:
				hints = append([]Hint{{Open, "begin it…"}}, hints...)
			case m != nil && questionOf(run, m) != nil:
				hints = append([]Hint{{Open, write}}, hints...)
			}
			return hints
		},
		Panels: func(p page) []look.Panel { return p.mendPanels(title, p.f.Mends.Of(question)) },
		Enter: func(run *state.Run, l Local) Do {
			return askMend(run, l.Facts.Mends.Of(question))
		},
		Copy: func(_ *state.Run, l Local, _ time.Time) string { return mendText(l.Facts.Mends.Of(question)) },
	}
}

// askMend opens the question that starts on No.
func askMend(run *state.Run, m *fact.Mend) Do {
	switch {
	case m != nil && m.Begins && len(m.Next) > 0:
		return begins(run, m.Next[0])
	case m == nil || (m.Refused == "" && m.Asks == ""):
		return Do{Back: true}
	case m.Refused != "":
		return Do{Say: m.Refused}
	case questionOf(run, m) == nil:
		return Do{Say: "nothing can be written now: belay looks again"}
	}
	return Do{Ask: questionOf(run, m)}
}

// begins leaves for the command that begins a campaign.
func begins(run *state.Run, line string) Do {
	if run.Opened != nil {
		return Do{Say: "a run is open: leave it, and give the command then"}
	}
	return Do{Leave: line}
}

// questionOf is the open question of exactly this mend; nil = it is not asked yet.
func questionOf(run *state.Run, m *fact.Mend) *state.Question {
	if q := run.Question(m.Question); q != nil && q.Bound == m.Bound {
		return q
	}
	return nil
}

// MendTexts are the new files' texts of the mend that is seen.
func MendTexts(l Local) []string {
	question := map[string]string{
		atTakeBack: fact.UneditQuestion, atRenumber: fact.RenumberQuestion, atNew: fact.NewQuestion,
	}[l.Top()]
	m := l.Facts.Mends.Of(question)
	if m == nil {
		return nil
	}
	var texts []string
	for _, f := range m.Files {
		texts = append(texts, f.SQL)
	}
	return texts
}

func (p page) mendPanels(title string, m *fact.Mend) []look.Panel {
	if m == nil {
		return []look.Panel{{Title: title, Grow: true, Lines: func(int) []string {
			return []string{p.Plain("there is nothing to do any more")}
		}}}
	}
	if m.Refused != "" {
		return []look.Panel{{Title: title, State: p.Text(look.Attention, "not possible"), Grow: true,
			Lines: func(w int) []string {
				out := p.Marked(look.Attention, p.Marks.Look, p.Plain(m.Refused), w)
				return append(out, p.Row("do", p.Plain(m.Advice), w)...)
			}}}
	}
	files := look.Panel{
		Name: "files", Title: plural(len(m.Files), "new file"), Focus: true, Grow: true, Give: 1, Min: 3,
		Lines: func(w int) []string { return p.mendFiles(*m, w) },
	}
	if len(m.Files) == 0 {
		files = look.Panel{Bare: true, Grow: true, Lines: func(int) []string { return nil }}
	}
	says := look.Panel{
		Name: "says", Title: strings.TrimSuffix(m.Asks, "?"), Give: 2, Min: 2, Focus: len(m.Files) == 0,
		Lines: func(w int) []string { return p.mendSays(*m, w) },
	}
	if m.Asks == "" {
		says.Title = title
	}
	return []look.Panel{says, files}
}

// mendSays is what becomes of the files that are there, and what goes on in a shell.
func (p page) mendSays(m fact.Mend, w int) []string {
	var out []string
	if m.Doubt != "" {
		for _, line := range strings.Split(m.Doubt, "\n") {
			out = append(out, p.Marked(look.Attention, p.Marks.Asking, p.Text(look.Attention, line), w)...)
		}
	}
	for _, line := range m.Says {
		text := strings.TrimLeft(line, " ")
		for _, part := range look.Wrap(p.Plain(text), w-len(line)+len(text)) {
			out = append(out, strings.Repeat(" ", len(line)-len(text))+part)
		}
	}
	for i, line := range m.Next {
		label := ""
		if i == 0 {
			label = "in a shell"
			if m.Begins {
				label = "enter"
			}
		}
		out = append(out, p.Row(label, p.Text(look.Strong, line), w)...)
	}
	return out
}

func (p page) mendFiles(m fact.Mend, w int) []string {
	var out []string
	for i, f := range m.Files {
		if i > 0 {
			out = append(out, "")
		}
		head := p.Text(look.Strong, f.Path)
		if f.Down {
			head = p.Plain("way back  ") + head
		}
		out = append(out, head)
		out = append(out, p.source(f.SQL, 1, w)...)
	}
	return out
}

// mendText is a mend as text, for a clipboard.
func mendText(m *fact.Mend) string {
	if m == nil {
		return ""
	}
	var b strings.Builder
	for _, line := range append(append([]string{}, m.Says...), m.Next...) {
		b.WriteString(line + "\n")
	}
	for _, f := range m.Files {
		b.WriteString("\n-- " + f.Path + "\n" + f.SQL)
	}
	if m.Commit != "" {
		b.WriteString("\n" + m.Commit + "\n")
	}
	return b.String()
}

// cannotMend says why a key has no files to change now; "" = it has.
func cannotMend(question, none string) func(*state.Run, Local) string {
	return func(run *state.Run, l Local) string {
		if run.Opened != nil {
			return "the folder is not changed while a run is open"
		}
		if l.Facts == nil || l.Facts.Folder == nil {
			return "the folder is not read yet"
		}
		switch m := l.Facts.Mends.Of(question); {
		case m == nil:
			return none
		case m.Refused == "" && questionOf(run, m) == nil:
			return "belay looks again: in a moment"
		}
		return ""
	}
}

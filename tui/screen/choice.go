package screen

import (
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/look"
)

// Options are the answers of a question with what each does, and the place of
// the safe one. An option without an answer only closes the dialog.
func Options(q state.Question) (options []Option, safe int) {
	for i, word := range q.Options {
		if word == q.Default {
			safe = i
		}
		o := Option{Answer: word, Label: word}
		if i < len(q.Labels) && q.Labels[i] != "" {
			o.Label += ": " + q.Labels[i]
		}
		options = append(options, o)
	}
	if q.Default == "" && len(options) > 0 {
		options = append(options, Option{Label: "not now"})
		safe = len(options) - 1
	}
	return options, safe
}

// Unblocks is the answer of a screen that opens the dialog which ends a session. No engine
// hears it: the question waits meanwhile.
const Unblocks = "unblock"

// Answers are the options of a question as a screen offers them: behind those of the step,
// where a run was held up, to end who is in its way.
func Answers(run *state.Run, l Local, q state.Question) (options []Option, safe int) {
	options, safe = Options(q)
	if q.ID != goOn || tried(run) == nil || len(inTheWay(run, l.Facts)) == 0 || cannotEnd(run, l) != "" ||
		Reads(run, l) {
		return options, safe
	}
	who, several, _ := ToEnd(run, l, run.LastAt)
	if !several && Ending(run, who.PID, run.LastAt).Done() {
		return options, safe
	}
	does := "end the session of pid " + strings.TrimSpace(itoa(who.PID)+" "+cutName(name(who)))
	if several {
		does = "end a session that is in the way"
	}
	does += "; shows its SQL and asks first"
	return append(options, Option{Answer: Unblocks, Label: Unblocks + ": " + does}), safe
}

// openMarked is the enter of a screen whose step's question is answered where it
// stands: it opens the answer under the cursor.
func openMarked(step string) func(*state.Run, Local) Do {
	return func(run *state.Run, l Local) Do {
		q := openQuestion(run, step)
		if q == nil {
			return Do{}
		}
		d := Do{Ask: q}
		if at, ok := l.Cursor[step+"/"+q.ID]; ok {
			if options, _ := Answers(run, l, *q); at < len(options) && options[at].Answer == Unblocks {
				delete(l.Cursor, step+"/"+q.ID) // behind it the safe answer is marked
				return Do{End: true}
			}
			d.At = &at
		}
		return d
	}
}

// markAnswer moves the cursor over the answers of the step's question.
func markAnswer(step string) func(*state.Run, *Local, int) bool {
	return func(run *state.Run, l *Local, by int) bool {
		q := openQuestion(run, step)
		if q == nil {
			return false
		}
		options, safe := Answers(run, *l, *q)
		at, ok := l.Cursor[step+"/"+q.ID]
		if !ok {
			at = safe
		}
		l.Cursor[step+"/"+q.ID] = within(at, by, len(options))
		return true
	}
}

// pickAnswer marks the answer of that number.
func pickAnswer(step string) func(*state.Run, *Local, int) bool {
	return func(run *state.Run, l *Local, n int) bool {
		q := openQuestion(run, step)
		if q == nil {
			return false
		}
		if options, _ := Answers(run, *l, *q); n < 1 || n > len(options) {
			return false
		}
		l.Cursor[step+"/"+q.ID] = n - 1
		return true
	}
}

// choicePanels are the run when it waits for a person: after a crash, after the tries
// are used up, before something is left behind.
func (p page) choicePanels(q *state.Question) []look.Panel {
	return []look.Panel{
		{Name: "question", Title: "needs you", Lines: func(w int) []string {
			out := p.broke(w)
			out = append(out, p.Paragraph(look.Attention, q.Text, w, 0)...)
			if q.Why != "" {
				out = append(out, p.Paragraph(look.Plain, q.Why, w, 0)...)
			}
			return out
		}},
		p.answers(q),
		{Name: "holds", Title: "who was in the way", Give: 3, Min: 1, Lines: p.holds},
		p.files(), p.builds(), p.waiting(), p.newest(),
	}
}

// answers are the answers of a question with the cursor.
func (p page) answers(q *state.Question) look.Panel {
	return look.Panel{
		Name: "choices", Title: "what you can do", State: p.Text(look.Key, "enter") + p.Plain(" opens the marked one"),
		Focus: true, Lines: func(w int) []string { return p.choicesOf(*q, w) },
	}
}

// broke says that the engine before this one ended without a word.
func (p page) broke(w int) []string {
	if p.run.Broke.IsZero() {
		return nil
	}
	return p.Paragraph(look.Plain, fmt.Sprintf(
		"run %s stopped at %s: the belay process that ran it ended without a word",
		Short(p.run.ID), p.run.Broke.In(p.now.Location()).Format("15:04:05")), w, 0)
}

// holds name who stood in the way over all tries, with counts.
func (p page) holds(w int) []string {
	var out []string
	for i := range p.run.Units {
		u := &p.run.Units[i]
		if u.Outcome == journal.OutcomeApplied || len(u.Tries) == 0 {
			continue
		}
		longest, total := u.Stalled()
		out = append(out, look.Wrap(p.Plain(fmt.Sprintf("%s, others could be held up at most %s a try, %s in all",
			tries(len(u.Tries)), measure.Duration(longest), measure.Duration(total))), w)...)
		for _, b := range u.Blockers() {
			often := fmt.Sprintf("; in the way of %d of %s", max(b.Count, 1), tries(len(u.Tries)))
			who := p.blocker(b) + p.Plain(often) + p.stillThere(b.PID)
			out = append(out, p.Marked(look.Attention, p.Marks.Look, who, w)...)
		}
	}
	return out
}

// stillThere says whether a session is in the way at this moment too, as far as that is
// seen: the card knows the locks of the next file, not those of a sync trigger or of the
// history table. A session that holds something all the same is not said to be gone.
func (p page) stillThere(pid int) string {
	h := p.f.Heart
	if h == nil || !h.Live || pid == 0 || p.now.Sub(h.At) > staleAfter || p.run.Sample == nil {
		return ""
	}
	is := func(l activity.Lock) bool { return l.PID == pid }
	switch {
	case slices.ContainsFunc(h.Blockers, is):
		return p.Text(look.Attention, "; still there")
	case slices.ContainsFunc(p.run.Sample.Locks, is):
		return ""
	}
	return p.Plain("; not seen there now")
}

// choicesOf are the answers with the cursor, or the word that enter opens a field.
func (p page) choicesOf(q state.Question, w int) []string {
	options, safe := Answers(p.run, p.local, q)
	if len(options) == 0 {
		return []string{p.Text(look.Key, "enter") + p.Plain(" answers it")}
	}
	cursor, ok := p.local.Cursor[q.Step+"/"+q.ID]
	if !ok {
		cursor = safe
	}
	return p.choices(options, clamp(cursor, len(options)), w)
}

// choices are numbered answers with what each does beside it, the one under the cursor
// marked.
func (p page) choices(options []Option, cursor, w int) []string {
	const number = 5 // the cursor, the number, the space behind it
	word, beside := 0, false
	for _, o := range options {
		word, beside = max(word, look.Width(p.Plain(o.word()))), beside || o.rest() != ""
	}
	if beside = beside && word <= w/3; !beside {
		word = w
	}
	var rows [][]string
	at := 0
	for i, o := range options {
		role := look.Plain
		if i == cursor {
			at, role = len(rows), look.Strong
		}
		lines := look.Wrap(p.Text(role, o.word())+p.Plain(o.joined()), w-number)
		heads := make([]string, len(lines))
		if beside {
			lines = look.Wrap(p.Plain(o.rest()), max(w-number-word-3, 8))
			heads = make([]string, len(lines))
			heads[0] = p.Text(role, o.word())
		}
		for n, line := range lines {
			row := []string{"", heads[n], line}
			if n == 0 {
				row[0] = p.Text(look.Key, itoa(i+1))
			}
			rows = append(rows, row)
		}
	}
	return p.Choose([]look.Column{{}, {}, {}}, rows, at, w, len(rows)+1)[1:]
}

// option is an answer with what it does.
func (p page) option(o Option) string { return p.Plain(o.word() + o.joined()) }

// word is the answer itself, as it stands before what it does.
func (o Option) word() string {
	word, _, _ := strings.Cut(o.Label, ": ")
	return word
}

// rest is what the answer does; "" = the word says it.
func (o Option) rest() string {
	_, rest, _ := strings.Cut(o.Label, ": ")
	return rest
}

// joined is rest as it stands behind the word on one line.
func (o Option) joined() string { return strings.TrimPrefix(o.Label, o.word()) }

func tries(n int) string { return measure.Plural(n, "try") }

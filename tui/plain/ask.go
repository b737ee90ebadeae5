package plain

import (
	"slices"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/follow"
	"belay/tui/screen"
)

// ask writes the oldest question that was not written yet; one at a time. The
// run dialog comes last, when nothing else is open.
func (p *printer) ask() {
	if p.prompt != "" || !p.asks || p.reads() {
		return
	}
	q := p.next()
	if q == nil {
		return
	}
	p.prompt, p.asked[q.ID], p.confirmed = q.ID, true, false
	if p.eof && len(p.ahead) == 0 {
		p.abandoned = true
		p.post(journal.Message{Kind: journal.Abandon})
		return
	}
	if q.Expect != "" {
		p.confirm(q)
		return
	}
	if p.first("[?] " + q.Text + q.Why) { // one that was not answered well stands above
		p.say(p.now(), "[?] %s", q.Text)
		p.more("%s", p.why(q))
		for _, o := range p.options(q) {
			p.more("%s", o)
		}
	}
	p.question(promptOf(q))
}

// why is the reason of a question, without the advice that stands above with the hazard.
func (p *printer) why(q *state.Question) string {
	if why, better, ok := strings.Cut(q.Why, "\nbetter: "); ok && p.once["instead: "+better] {
		return why
	}
	return q.Why
}

func (p *printer) next() *state.Question {
	var dialog *state.Question
	for i := range p.run.Questions {
		q := &p.run.Questions[i]
		switch {
		case p.asked[q.ID]:
		case q.Preset: // its answer comes with the confirm
		case fact.Offers(q.ID): // a command asks it too, or a shell does without
		case !q.Dialog:
			return q
		case dialog == nil:
			dialog = q
		}
	}
	if dialog != nil && screen.Missing(p.run, screen.Read(p.run, nil)) == "" {
		return dialog
	}
	return nil
}

func (p *printer) options(q *state.Question) []string {
	var out []string
	options, _ := screen.Options(*q)
	for _, o := range options {
		if o.Answer != "" {
			out = append(out, o.Label)
		}
	}
	return out
}

func promptOf(q *state.Question) string {
	s := q.ID
	if len(q.Options) > 0 {
		s += " [" + strings.Join(q.Options, "/") + "]"
	}
	if q.Default != "" {
		s += " (empty: " + q.Default + ")"
	}
	return s + ": "
}

// confirm writes what would run and the heart sentence, and then asks for the name.
func (p *printer) confirm(q *state.Question) {
	what := strings.TrimSuffix(strings.TrimSuffix(q.Text, "ype the database name"), "t")
	what = strings.TrimRight(strings.TrimSuffix(what, "T"), "?. ")
	p.block(p.now())("%s", what)
	if h, _, ok := state.Get[fact.Heart](p.run); ok {
		line := p.block(p.now())
		line("%s", h.SQL)
		line("%s", h.Sentence(p.now()))
	}
	prompt := "Type the database name (" + q.Expect + ") to run, or \"no\": "
	if slices.Contains(q.Options, "yes") {
		prompt = "Type the database name (" + q.Expect + ") or \"yes\" to run, or \"no\": "
	}
	p.question(prompt)
}

// typed takes a line: an answer where one is asked for, else a command.
func (p *printer) typed(line string) {
	word := strings.TrimSpace(line)
	if p.echo {
		p.open = false
	}
	if p.keys(word) {
		return
	}
	switch strings.ToLower(word) {
	case "stop":
		p.stop()
		return
	case "detach":
		p.leave(follow.Detached, journal.Unwatched, journal.Leave)
		return
	}
	q := p.run.Question(p.prompt)
	switch {
	case p.early(word):
		p.ahead = append(p.ahead, line)
	case p.prompt == "" || q == nil:
		p.command(word)
	case q.Expect != "":
		p.name(q, word)
	default:
		p.choose(q, word)
	}
}

// early reports whether a line of a pipe answers a question that comes later: nobody
// sees there when it is asked. Of a look only, for a run has words of its own.
func (p *printer) early(word string) bool {
	if p.echo || !p.asks || p.reads() || p.run.Opened != nil ||
		slices.Contains([]string{"", "quit", "q", "who"}, word) {
		return false
	}
	return p.prompt == "" || p.sent == p.prompt
}

func (p *printer) name(q *state.Question, word string) {
	switch {
	case word == "no":
		p.post(journal.Message{Kind: journal.Abandon})
	case word == q.Expect, word == "yes" && slices.Contains(q.Options, "yes"):
		p.answer(q, word)
	case p.feeds:
		p.misfit(word, "the database name, "+q.Expect)
	default:
		p.say(p.now(), "that is not %q; nothing runs", q.Expect)
		p.confirm(q)
	}
}

// misfit ends a look whose lines were written before they were asked for, at the first
// that is no answer: each that follows would be given to another question than it was
// meant for.
func (p *printer) misfit(word, wants string) {
	p.say(p.now(), "%q, written before it was asked for, does not answer %s: %s", word, p.prompt, wants)
	p.more("the lines behind it are not used; an answers file names the question of each: --answers FILE")
	p.ahead, p.abandoned = nil, true
	p.post(journal.Message{Kind: journal.Abandon})
}

// choose takes the answer to a question. A line may name its question ("id = answer");
// one that was written ahead answers with words of its own only where it does, for a
// line that slid onto another question would be kept as somebody's reason.
func (p *printer) choose(q *state.Question, word string) {
	named := false
	if id, answer, ok := strings.Cut(word, "="); ok && strings.TrimSpace(id) == q.ID {
		word, named = strings.TrimSpace(answer), true
	}
	if word == "" {
		word = q.Default
	}
	switch {
	case len(q.Options) > 0 && slices.Contains(q.Options, word):
		p.answer(q, word)
	case len(q.Options) > 0 && p.feeds:
		p.misfit(word, "one of these words: "+strings.Join(q.Options, ", "))
	case len(q.Options) > 0:
		p.say(p.now(), "one of these words: %s", strings.Join(q.Options, ", "))
		p.question(promptOf(q))
	case p.feeds && !named:
		p.misfit(word, "words of your own are taken from a line that names the question, as "+q.ID+" = …")
	default:
		p.answer(q, word)
	}
}

func (p *printer) answer(q *state.Question, word string) {
	p.confirmed = q.Dialog
	p.sent = q.ID
	p.post(journal.Message{Kind: journal.Answer, ID: q.ID, Answer: word, Bound: q.Bound})
}

// command is a line while nothing is asked.
func (p *printer) command(word string) {
	switch word {
	case "":
	case "quit", "q":
		if screen.Outlives(p.run) {
			p.leave(follow.Detached, journal.Unwatched, journal.Leave)
			return
		}
		p.leave(follow.Quit, journal.Leave)
	case "who":
		p.who()
	case "pause", "resume", "+", "-":
		p.steer(word)
	default:
		p.say(p.now(), "nothing is asked now; words: stop, who, detach, quit")
	}
}

// steer asks something of the backfill that runs.
func (p *printer) steer(word string) {
	if screen.Filling(p.run, screen.Read(p.run, nil)) == nil {
		p.say(p.now(), "no backfill runs")
		return
	}
	kind := map[string]journal.MessageKind{
		"pause": journal.Pause, "resume": journal.Resume, "+": journal.Longer, "-": journal.Shorter,
	}[word]
	p.post(journal.Message{Kind: kind})
}

func (p *printer) stop() {
	if screen.Watching(p.run) {
		if screen.Returns(p.run) {
			p.say(p.now(), "the watch ends; what is out of reach comes back")
		} else {
			p.say(p.now(), "the watch ends; what was applied stays")
		}
		p.post(journal.Message{Kind: journal.Stop, Now: true})
		return
	}
	if !screen.Outlives(p.run) {
		p.say(p.now(), "nothing to stop: nothing runs on the database")
		return
	}
	f := screen.Read(p.run, nil)
	if left := screen.Remains(p.run, f); left != "" {
		p.say(p.now(), "what stays behind: %s", left)
	}
	p.post(journal.Message{Kind: journal.Stop, Now: true})
}

func (p *printer) leave(how follow.How, kinds ...journal.MessageKind) {
	if how == follow.Detached && !screen.Underway(p.run) && !screen.Works(p.run) {
		how = follow.Quit
	}
	for _, k := range kinds {
		p.post(journal.Message{Kind: k})
	}
	p.over, p.how = true, how
}

func (p *printer) post(m journal.Message) {
	if p.reads() && m.Kind != journal.AskKeys {
		return
	}
	if err := p.send(m); err != nil {
		p.say(p.now(), "the engine could not be reached: %v", err)
		p.sent = ""
	}
}

// endOfInput tells the engine that nobody will answer.
func (p *printer) endOfInput() {
	p.eof = true
	if p.reads() {
		return // nobody waits for a reader
	}
	if len(p.ahead) > 0 || (p.prompt != "" && p.sent == p.prompt) {
		return // ask goes on with what came before
	}
	if p.prompt != "" {
		p.abandoned = true
		p.post(journal.Message{Kind: journal.Abandon})
		return
	}
	p.rest()
}

// who writes who waits for whom.
func (p *printer) who() {
	s := p.run.Sample
	if s == nil {
		p.say(p.now(), "no sample of locks yet")
		return
	}
	p.say(p.now(), "%d waiting, asked %s", s.Sessions.Waiting, measure.Age(p.now().Sub(p.run.SampleAt)))
	for _, n := range s.Tree() {
		does := "waits for "
		if n.Lock.Granted {
			does = "holds "
		}
		does += n.Lock.Mode.String() + " on " + n.Lock.Relation
		switch {
		case n.Lock.Relation == "" && n.Lock.Granted: // a snapshot, a transaction, a key
			does = "is in the way"
		case n.Lock.Relation == "":
			does = "waits"
		}
		p.more("%s%s %s", strings.Repeat("  ", n.Depth), fact.Who(n.Lock, 0), does)
	}
}

// How often a status line is written while nothing else is: every 10 s, and
// after 10 minutes once a minute.
const (
	statusEvery = 10 * time.Second
	statusLater = time.Minute
	longRun     = 10 * time.Minute
)

// status writes where a running unit stands.
func (p *printer) status() {
	if s := p.run.Step("monitor"); p.eof && !p.abandoned && s != nil && s.Status == journal.Running {
		// Nobody is there to leave the watch: what was applied stays.
		p.abandoned = true
		p.post(journal.Message{Kind: journal.Stop, Now: true})
	}
	u := p.run.InHand()
	if u == nil || !screen.Busy(p.run) || p.prompt != "" {
		return
	}
	every := statusEvery
	if p.now().Sub(u.Begun) > longRun {
		every = statusLater
	}
	if p.now().Sub(p.said) < every || p.now().Sub(u.Begun) < every {
		return
	}
	p.said = p.now()
	if f := screen.Filling(p.run, screen.Read(p.run, nil)); f != nil {
		p.filling(f)
		return
	}
	text := "running " + u.Version + " for " + measure.Duration(p.now().Sub(u.Begun))
	if n := len(u.Tries); n > 0 {
		text += ", tried so far: " + measure.Grouped(int64(n))
	}
	if s := p.run.Sample; s != nil {
		text += ", " + measure.Grouped(int64(s.Sessions.Waiting)) + " waiting"
		for _, g := range s.Progress {
			text += ", " + g.Command + ": " + activity.Phase(g.Phase)
		}
	}
	p.say(p.now(), "%s   version=%s", text, u.Version)
}

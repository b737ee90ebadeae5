package plain

import (
	"strings"

	"belay/steps/journal"
	"belay/tui/follow"
	"belay/tui/screen"
)

// reads reports whether another screen holds the keys.
func (p *printer) reads() bool { return screen.Reads(p.run, p.local) }

// keys takes a line that is about the keys, or any line of who only reads.
func (p *printer) keys(word string) bool {
	word, note, _ := strings.Cut(word, " ")
	asked := p.run.Asked()
	switch word = strings.ToLower(word); {
	case word == "keys" && p.reads():
		p.post(journal.Message{Kind: journal.AskKeys})
	case p.reads() && (word == "quit" || word == "q" || word == "detach"):
		p.over, p.how = true, follow.Detached
	case p.reads() && word == "who":
		p.who()
	case p.reads():
		p.say(p.now(), "%s; words: keys, who, quit", strings.TrimSuffix(
			strings.Replace(screen.Reading(p.run), ": K takes them", "", 1), "; q leaves"))
	case word == "give" && asked != nil:
		p.post(journal.Message{Kind: journal.GiveKeys, To: asked.ID})
	case word == "keep" && asked != nil:
		p.post(journal.Message{Kind: journal.KeepKeys, To: asked.ID})
	case word == "hand-over":
		p.handOver(strings.TrimSpace(note))
	default:
		return false
	}
	return true
}

// handOver gives the keys to the other screen, with a note.
func (p *printer) handOver(note string) {
	to := screen.Readers(p.run, p.local)
	switch {
	case len(to) == 0:
		p.say(p.now(), "nobody else watches who could take the keys")
	case len(to) > 1 && p.run.Asked() == nil:
		p.say(p.now(), "%d others watch: whoever is to have the keys types keys first", len(to))
	case note == "":
		p.say(p.now(), "a hand-over needs a note: hand-over WORDS")
	default:
		id := to[0].ID
		if a := p.run.Asked(); a != nil {
			id = a.ID
		}
		p.post(journal.Message{Kind: journal.HandOver, To: id, Note: note})
	}
}

// pairing writes who watches and who holds the keys, where two do.
func (p *printer) pairing(e journal.Event) {
	switch e.Kind {
	case journal.ScreensSeen{}.Kind():
		p.watchers(e)
	case journal.KeysAsked{}.Kind():
		with(e, func(b journal.KeysAsked) {
			p.say(e.At, "%s asks for the keys; who holds them types give or keep", b.Screen.Who)
		})
	case journal.KeysKept{}.Kind():
		with(e, func(b journal.KeysKept) { p.say(e.At, "%s keeps the keys", e.By) })
	case journal.KeysMoved{}.Kind():
		with(e, func(b journal.KeysMoved) { p.moved(e, b) })
	case journal.MessageRefused{}.Kind():
		with(e, func(b journal.MessageRefused) {
			if b.ID == p.sent && b.ID != "" {
				p.sent = "" // it is open as before
				if p.eof {
					p.endOfInput()
				}
			}
			p.say(e.At, "refused: %s of %s: %s", strings.TrimSpace(string(b.What)+" "+b.ID), e.By, b.Why)
		})
	}
}

func (p *printer) watchers(e journal.Event) {
	if p.run.Keys.ID == "" {
		return // who holds the keys is said with it, in a moment
	}
	var who []string
	for _, s := range p.run.Screens {
		does := " (reads)"
		switch {
		case p.run.Holds(s):
			does = " (holds the keys)"
		case s.Mute:
			does = " (follows)"
		}
		who = append(who, s.Who+does)
	}
	if len(who) > 1 || len(who) == 1 && p.reads() {
		p.say(e.At, "watching: %s", strings.Join(who, ", "))
	}
}

// moved says who holds the keys now. What was asked here is asked again once they are
// back.
func (p *printer) moved(e journal.Event, b journal.KeysMoved) {
	if p.reads() {
		delete(p.asked, p.prompt)
		p.prompt, p.open = "", false
	}
	if b.How == journal.Arrived {
		p.watchers(e)
		return
	}
	who, note := b.Screen.Who+" holds", b.Note
	if b.Screen.ID == p.local.Me {
		who = "you hold"
	}
	if note == "" {
		note = string(b.How)
	}
	p.say(e.At, "%s the keys: %s", who, note)
}

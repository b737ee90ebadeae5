package screen

import (
	"strings"

	"belay/steps/journal"
	"belay/steps/state"
	"belay/tui/look"
)

// Reads reports whether this screen only reads: another one holds the keys.
func Reads(run *state.Run, l Local) bool {
	if l.Me == "" {
		return l.Of != ""
	}
	if run.Keys.ID == "" {
		return l.Of != ""
	}
	return run.Keys.ID != l.Me
}

// steers are the keys that change something: a reader's do not.
var steers = []Action{RunIt, Cancel, Pause, Rollback, EndIt, Accept, Edit, Longer, Shorter, Detach, HandOver, Reload}

// Reading says why a key does nothing on a screen that reads.
func Reading(run *state.Run) string {
	if run.Free() {
		return "you read, and nobody holds the keys: K takes them; q leaves"
	}
	return "you read: " + run.Keys.Who + " holds the keys, K asks for them; q leaves"
}

func cannotKeys(run *state.Run, l Local) string {
	switch {
	case run.Finished != nil:
		return "this run is over: there is nothing to steer"
	case l.Me == "":
		return "this screen cannot speak: its run does not know it"
	case Reads(run, l) || run.Asked() != nil:
		return ""
	}
	return "you hold the keys; nobody asks for them"
}

func cannotHandOver(run *state.Run, l Local) string {
	switch {
	case run.Finished != nil:
		return "this run is over: there is nothing to hand over"
	case len(Readers(run, l)) == 0:
		return "nobody else watches who could take the keys"
	}
	return ""
}

// Readers are the other screens that could get the keys.
func Readers(run *state.Run, l Local) []journal.Screen {
	var all []journal.Screen
	for _, s := range run.Screens {
		if s.ID != l.Me && !s.Mute {
			all = append(all, s)
		}
	}
	return all
}

// keysLabel is what K does now.
func keysLabel(run *state.Run, l Local) string {
	switch a := run.Asked(); {
	case !Reads(run, l) && a != nil:
		return "answer " + a.Who + "…"
	case run.Free():
		return "take the keys"
	}
	return "ask for the keys"
}

// watching says who looks at the run beside this screen, and who holds the keys; "" =
// nobody else does.
func (p page) watching() string {
	call := p.approvalCall()
	if len(p.run.Screens) < 2 && !Reads(p.run, p.local) || p.run.Finished != nil {
		return p.Text(look.Attention, call)
	}
	parts := p.others()
	line := p.Text(look.OK, "watching: ") + p.Plain(strings.Join(parts, ", "))
	if len(parts) == 0 {
		line = p.Plain("nobody else watches")
	}
	if Reads(p.run, p.local) {
		line = p.Plain("you read; ") + line
	}
	do := p.keysCall()
	if call != "" {
		do = strings.TrimSuffix(call+"; "+do, "; ")
	}
	if do != "" && len(parts) == 0 {
		return p.Text(look.Attention, do)
	} else if do != "" {
		line = p.Text(look.Attention, do) + p.Plain("; ") + line
	}
	return line
}

// others are the other screens, each user's that do the same together.
func (p page) others() []string {
	var who []string
	times := map[string]int{}
	for _, s := range p.run.Screens {
		does := " (reads)"
		switch {
		case s.ID == p.local.Me:
			continue
		case p.run.Holds(s):
			does = " (holds the keys)"
		case s.Mute:
			does = " (follows)"
		}
		if times[s.Who+does]++; times[s.Who+does] == 1 {
			who = append(who, s.Who+does)
		}
	}
	for i, w := range who {
		if n := times[w]; n > 1 {
			who[i] = strings.TrimSuffix(w, ")") + ", " + plural(n, "screen") + ")"
		}
	}
	return who
}

// keysCall is what is to be done about the keys now; "" = nothing.
func (p page) keysCall() string {
	a := p.run.Asked()
	switch reads := Reads(p.run, p.local); {
	case p.local.Dialog != nil:
		return ""
	case !reads && a != nil:
		return a.Who + " asks for the keys: K answers"
	case !reads:
		return ""
	case p.run.Free() && p.run.Keys.ID != "":
		return "the screen of " + p.run.Keys.Who + " is gone: K takes the keys"
	case p.asksKeys():
		return "asked " + p.run.Keys.Who + " for the keys"
	}
	return ""
}

// asksKeys reports whether this screen asks for the keys.
func (p page) asksKeys() bool {
	for _, a := range p.run.Asking {
		if a.ID == p.local.Me {
			return true
		}
	}
	return false
}

// handHint is the key of a hand-over, where somebody watches who could get the keys.
func handHint(p page) []Hint {
	if p.local.Dialog != nil || p.run.Finished != nil || Reads(p.run, p.local) || len(Readers(p.run, p.local)) == 0 {
		return nil
	}
	return []Hint{{HandOver, ""}}
}

// pairHints are the keys of two people on one run, where there are two.
func pairHints(p page) []Hint {
	switch {
	case CanApprove(p.run, p.local) && p.local.Dialog == nil:
		return []Hint{{Accept, "approve…"}, {AskKeys, keysLabel(p.run, p.local)}}
	case p.run.Finished != nil || p.local.Dialog != nil || len(p.run.Screens) < 2 && !Reads(p.run, p.local):
		return nil
	case Reads(p.run, p.local) || p.run.Asked() != nil:
		return []Hint{{AskKeys, keysLabel(p.run, p.local)}}
	}
	return nil
}

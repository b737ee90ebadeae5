package state

import (
	"fmt"
	"slices"
	"time"

	"belay/steps/journal"
)

// Keys say which screen may steer the run.
type Keys struct {
	// Screen is the one that holds them; its zero value = none has yet.
	journal.Screen
	Since time.Time
	How   journal.How
}

// Asking is a screen that asks for the keys.
type Asking struct {
	journal.Screen
	At time.Time
}

// Watched is somebody who has watched the run from another OS user.
type Watched struct {
	Who         string
	UID         int
	First, Last time.Time
}

// Free reports whether the screen that holds the keys is gone, or none does.
func (r *Outline) Free() bool {
	s := r.Watcher(r.Keys.ID)
	return s == nil || !r.Holds(*s)
}

// Holds reports whether a screen holds the keys. Its name alone does not say: another
// user could give theirs the name of one that is gone.
func (r *Outline) Holds(s journal.Screen) bool { return s.ID == r.Keys.ID && s.UID == r.Keys.UID }

// Watcher is a screen that watches now; nil = it does not.
func (r *Outline) Watcher(id string) *journal.Screen {
	i := slices.IndexFunc(r.Screens, func(s journal.Screen) bool { return s.ID == id })
	if i < 0 {
		return nil
	}
	return &r.Screens[i]
}

// Asked is the oldest screen that asks for the keys and watches still; nil = none.
func (r *Outline) Asked() *Asking {
	for i := range r.Asking {
		if r.Watcher(r.Asking[i].ID) != nil {
			return &r.Asking[i]
		}
	}
	return nil
}

// screensSeen keeps who watches. What one person does alone is no news.
func screensSeen(r *Run, e journal.Event, b journal.ScreensSeen) {
	for _, s := range b.Screens {
		i := slices.IndexFunc(r.Watched, func(w Watched) bool { return w.UID == s.UID })
		if i < 0 {
			r.Watched = append(r.Watched, Watched{Who: s.Who, UID: s.UID, First: e.At, Last: e.At})
			if len(r.Watched) > 1 {
				r.say(e, "%s watches", s.Who)
			}
			continue
		}
		r.Watched[i].Last = e.At
	}
	for _, gone := range r.Screens { // it was there until now
		i := slices.IndexFunc(r.Watched, func(w Watched) bool { return w.UID == gone.UID })
		if i >= 0 {
			r.Watched[i].Last = e.At
		}
	}
	r.Screens = b.Screens
	r.Asking = slices.DeleteFunc(r.Asking, func(a Asking) bool { return r.Watcher(a.ID) == nil })
}

func keysAsked(r *Run, e journal.Event, b journal.KeysAsked) {
	r.stopAsking(b.Screen.ID)
	r.Asking = append(r.Asking, Asking{Screen: b.Screen, At: e.At})
	r.pair(e, "%s asks for the keys", b.Screen.Who)
}

func keysKept(r *Run, e journal.Event, b journal.KeysKept) {
	r.stopAsking(b.Screen.ID)
	r.pair(e, "%s keeps the keys; %s asked for them", e.By, b.Screen.Who)
}

func keysMoved(r *Run, e journal.Event, b journal.KeysMoved) {
	r.stopAsking(b.Screen.ID)
	r.Keys = Keys{Screen: b.Screen, Since: e.At, How: b.How}
	switch b.How {
	case journal.Given:
		r.pair(e, "%s gives the keys to %s", b.From, b.Screen.Who)
	case journal.HandedOver:
		r.pair(e, "%s hands the keys over to %s: %s", b.From, b.Screen.Who, b.Note)
	case journal.Taken:
		r.pair(e, "%s takes the keys: %s", b.Screen.Who, b.Why)
	}
}

func messageRefused(r *Run, e journal.Event, b journal.MessageRefused) {
	what := string(b.What)
	if b.ID != "" {
		what += " " + b.ID
	}
	times := ""
	if b.Times > 1 {
		times = fmt.Sprintf(" (%d times)", b.Times)
	}
	r.pair(e, "refused: %s of %s%s: %s", what, e.By, times, b.Why)
}

// pair is a sentence of two people on one run: for the log, and for the report's own
// part.
func (r *Outline) pair(e journal.Event, format string, args ...any) {
	e.By = "" // the sentence names who
	r.say(e, format, args...)
	r.Pairing = append(r.Pairing, r.Log[len(r.Log)-1])
}

func (r *Outline) stopAsking(id string) {
	r.Asking = slices.DeleteFunc(r.Asking, func(a Asking) bool { return a.ID == id })
}

package state

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/steps/journal"
)

// Looked is a session of the server as it was looked at last.
type Looked struct {
	journal.SessionSeen
	At time.Time
}

// Ending is a session that somebody asked to end.
type Ending struct {
	journal.SessionEnding
	By string
	At time.Time
	// Ended is what became of it; nil = nobody knows yet.
	Ended   *journal.SessionEnded
	EndedAt time.Time
}

// Ending is the newest of a pid; nil = nobody asked.
func (r *Outline) Ending(pid int) *Ending {
	for i := len(r.Endings) - 1; i >= 0; i-- {
		if r.Endings[i].PID == pid {
			return &r.Endings[i]
		}
	}
	return nil
}

// Canceled reports whether a cancel of just this session did not help.
func (r *Outline) Canceled(s activity.Session) bool {
	for _, e := range r.Endings {
		if e.Way == activity.Cancel && e.Ended != nil && e.Ended.Fate == journal.StillThere && e.Key == s.Key() {
			return true
		}
	}
	return false
}

func sessionSeen(r *Run, e journal.Event, b journal.SessionSeen) {
	if r.Looked == nil {
		r.Looked = map[int]Looked{}
	}
	if have, ok := r.Looked[b.Session.PID]; ok && (b.Gone || b.Error != "") {
		// What it was is still said of one that is gone, or cannot be looked at.
		have.Gone, have.Error, have.At = b.Gone, b.Error, e.At
		r.Looked[b.Session.PID] = have
		return
	}
	r.Looked[b.Session.PID] = Looked{SessionSeen: b, At: e.At}
}

func sessionEnding(r *Run, e journal.Event, b journal.SessionEnding) {
	r.Endings = append(r.Endings, Ending{SessionEnding: b, By: e.By, At: e.At})
	r.say(e, "asked: %s %d (%s)", b.Way, b.PID, b.Who())
}

func sessionEnded(r *Run, e journal.Event, b journal.SessionEnded) {
	if x := r.Ending(b.PID); x != nil && x.Ended == nil && x.Way == b.Way && x.Key == b.Key {
		x.Ended, x.EndedAt = &b, e.At
	} else {
		// It was refused before anything was begun.
		r.Endings = append(r.Endings, Ending{
			SessionEnding: journal.SessionEnding{PID: b.PID, Way: b.Way, Key: b.Key}, By: e.By, At: e.At, Ended: &b,
			EndedAt: e.At,
		})
	}
	text := fmt.Sprintf("%s %d: %s: %s", b.Way, b.PID, b.Fate, b.Why)
	if b.Hint != "" {
		text += "; " + b.Hint
	}
	r.say(e, "%s", strings.TrimSpace(text))
}

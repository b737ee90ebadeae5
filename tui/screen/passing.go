package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/tui/look"
)

// A session in the way whose transaction is younger than shortLived when it is seen comes
// and goes: one look meets it and the next does not. What was seen is held for heldFor, so
// that a row says one thing for as long as nothing but such sessions change.
const (
	shortLived = time.Second
	heldFor    = 10 * time.Second
)

// lasting are the sessions in the way that are no passing ones.
func lasting(all []activity.Lock) []activity.Lock {
	return slices.DeleteFunc(slices.Clone(all), func(l activity.Lock) bool {
		return l.PID != 0 && !l.Wraparound && l.SinceMS >= 0 && l.SinceMS < shortLived.Milliseconds()
	})
}

// sight is who stood in the way of the heart's statement at one look.
type sight struct {
	at time.Time
	by []activity.Lock
}

// lookAgain keeps who stood in the way at the newest looks. Another statement begins anew.
func (f *Facts) lookAgain(prev *Facts) {
	h := f.Heart
	if h == prev.Heart || h == nil {
		return
	}
	if was := prev.Heart; was == nil || was.Path != h.Path || was.Line != h.Line || was.Relation != h.Relation {
		f.sights = nil
	}
	if n := len(f.sights); !h.Live || n > 0 && !h.At.After(f.sights[n-1].at) {
		return
	}
	recent := slices.DeleteFunc(slices.Clone(f.sights), func(s sight) bool { return h.At.Sub(s.at) > heldFor })
	f.sights = append(recent, sight{h.At, h.Blockers})
}

// passing says who stood in the way a moment ago, where nobody stands there for long now:
// sessions that come and go, or one that has just gone. "" = nobody did.
func (p page) passing(h fact.Heart, age time.Duration) string {
	met, longest := 0, int64(0)
	sights := p.f.sights
	if len(sights) == 0 { // a heart that stands alone, as of a journal that was read late
		sights = []sight{{h.At, h.Blockers}}
	}
	for i := len(sights) - 1; i >= 0; i-- {
		s := sights[i]
		if stood := lasting(s.by); len(stood) > 0 {
			// It stands in one row: one more for a moment would move all that is below it.
			was := p.Text(look.OK, "nobody now") +
				p.Plain("; "+measure.Duration((age+h.At.Sub(s.at)).Round(time.Second))+" ago ")
			if p.tight {
				return was + p.Plain(strings.TrimSpace("pid "+itoa(stood[0].PID)+" "+name(stood[0])))
			}
			p.tight = true
			return was + p.session(stood[0], 0)
		}
		if len(s.by) > 0 {
			met++
			longest = max(longest, slices.MaxFunc(s.by, activity.Younger).SinceMS)
		}
	}
	if met == 0 {
		return ""
	}
	most := measure.MS(max(longest, 1))
	if p.tight {
		return p.Plain("short transactions, " + most + " at most")
	}
	return p.Plain(strings.TrimSuffix(fmt.Sprintf("short transactions only, %s at most; at %d of %s", most, met,
		plural(len(sights), "look")), "; at 1 of 1 look"))
}

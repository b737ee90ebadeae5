package throttle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"belay/db"
)

// Off as a limit turns a signal off.
const Off = "off"

var all []Signal

// add puts a signal on the list and returns it.
func add(s Signal) Signal {
	all = append(all, s)
	slices.SortFunc(all, func(a, b Signal) int { return strings.Compare(a.Name, b.Name) })
	return s
}

// Signals lists every signal there is, by name.
func Signals() []Signal { return slices.Clone(all) }

// Verdict is what a signal says now.
type Verdict struct {
	Signal string `json:"signal"`
	// Action is "" where the signal is below its limit.
	Action Action `json:"action,omitempty"`
	Reading
	// Since is when it first said so without a break, by our clock.
	Since time.Time `json:"since,omitzero"`
	// Unread is why the value could not be had; "" = it could.
	Unread string `json:"unread,omitempty"`
}

// Reason is one line: "replica b lag 14 s > 10 s", "cannot read replica_lag: …".
func (v Verdict) Reason() string {
	if v.Unread != "" {
		return "cannot read " + v.Signal + ": " + v.Unread
	}
	if v.Limit == "" {
		return strings.TrimSpace(v.What + " " + v.Value)
	}
	return fmt.Sprintf("%s %s > %s", v.What, v.Value, v.Limit)
}

// Worst is the verdict that asks for most; ok is false where none asks for
// anything. Of two alike the older one counts.
func Worst(all []Verdict) (worst Verdict, ok bool) {
	rank := map[Action]int{"": 0, Halve: 1, Wait: 2, Pause: 3}
	for _, v := range all {
		if v.Action == "" {
			continue
		}
		if !ok || rank[v.Action] > rank[worst.Action] || rank[v.Action] == rank[worst.Action] &&
			v.Since.Before(worst.Since) {
			worst, ok = v, true
		}
	}
	return worst, ok
}

// Settings are limits by the signal's name; one that is not named has its
// Default.
type Settings map[string]string

// Set is the signals that are on, with what they remember. One goroutine uses it.
type Set struct {
	active []*active
}

type active struct {
	Signal
	limit  string
	memory Memory
	last   Verdict
}

// NewSet makes the signals that are on. The error names a signal that does not
// exist or a limit that cannot be read.
func NewSet(s Settings) (*Set, error) {
	for name := range s {
		if !slices.ContainsFunc(all, func(x Signal) bool { return x.Name == name }) {
			return nil, fmt.Errorf("throttle: there is no signal %q", name)
		}
	}
	set := &Set{}
	for _, x := range all {
		limit, named := s[x.Name]
		if !named {
			limit = x.Default
		}
		if limit == "" || limit == Off {
			continue
		}
		if err := x.Check(limit); err != nil {
			return nil, fmt.Errorf("throttle: %s: %w", x.Name, err)
		}
		set.active = append(set.active, &active{Signal: x, limit: limit})
	}
	return set, nil
}

// sampleTimeout bounds one reading; a slow one is an unread one.
const sampleTimeout = 2 * time.Second

// Sample reads every signal that is on, one after another.
func (s *Set) Sample(ctx context.Context, in Input) []Verdict {
	out := make([]Verdict, 0, len(s.active))
	for _, a := range s.active {
		out = append(out, a.sample(ctx, in))
	}
	return out
}

func (a *active) sample(ctx context.Context, in Input) Verdict {
	ctx, cancel := context.WithTimeout(ctx, sampleTimeout)
	defer cancel()
	in.Limit, in.Memory = a.limit, &a.memory
	v := Verdict{Signal: a.Name}
	r, err := a.Signal.Sample(ctx, in)
	switch {
	case err != nil:
		v.Unread, v.Action = db.Explained(err).Error(), Wait
	case r.Over && r.Action != "":
		v.Action = r.Action
	case r.Over:
		v.Action = a.Over
	}
	v.Reading = r
	v.Since = in.Now
	if a.last.Action != "" && v.Action != "" {
		v.Since = a.last.Since
	}
	if v.Action == "" {
		v.Since = time.Time{}
	}
	a.last = v
	return v
}

// Len is how many signals are on.
func (s *Set) Len() int { return len(s.active) }

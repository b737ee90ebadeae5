package engine

import (
	"slices"

	"belay/steps/journal"
	"belay/steps/playbook"
)

// again is what is to be looked at once more: the steps from a place in the
// playbook on. What stands before it is still true.
type again struct {
	first int // none = nothing
	// readers are the steps that asked for an answer, by its id.
	readers map[string][]string
	// taken are the questions that the answers file has answered, by id: what is
	// asked again in the same words is not answered again in the same way.
	taken map[string]journal.QuestionAsked
}

const none = -1

func newAgain() again {
	return again{first: none, readers: map[string][]string{}, taken: map[string]journal.QuestionAsked{}}
}

// from has the steps from a place on look again.
func (a *again) from(place int) {
	if a.first == none || place < a.first {
		a.first = place
	}
}

// at reports whether the looking begins again at this place.
func (a *again) at(place int) bool { return a.first == place }

// take gives the place and forgets it; false = nothing is to be looked at again.
func (a *again) take() (first int, is bool) {
	first, a.first = a.first, none
	return max(first, 0), first != none
}

// reads notes that a step asked for an answer: another answer is news to it.
func (a *again) reads(step, id string) {
	if step != "" && !slices.Contains(a.readers[id], step) {
		a.readers[id] = append(a.readers[id], step)
	}
}

// firstTime reports whether a question was not answered from the answers file before.
func (a *again) firstTime(q journal.QuestionAsked) bool {
	was, ok := a.taken[q.ID]
	a.taken[q.ID] = q
	return !ok || was.Text != q.Text || was.Bound != q.Bound || was.Preset != q.Preset
}

// lookAgain has those steps look again for which an answer is news, and what comes
// after them. Behind a person's answer everything may have changed while they thought.
func (g *engine) lookAgain(step, id, by string) {
	if by != fileVoice && by != presetVoice && g.aged() {
		g.again.from(0)
		return
	}
	for _, s := range append(slices.Clone(g.again.readers[id]), step) {
		g.again.from(g.placeOf(s))
	}
}

// aged reports whether what was looked at is too old to open a run on.
func (g *engine) aged() bool { return g.now().Sub(g.lookedAt) > g.patience.facts }

// placeOf is where a step stands in the playbook; that of the first for one that is
// not in it.
func (g *engine) placeOf(step string) int {
	return max(0, slices.IndexFunc(g.playbook.Lines, func(s playbook.Line) bool { return s.ID == step }))
}

// lookFrom puts the reading steps from a place on into the queue, and those before
// it that have not looked yet.
func (g *engine) lookFrom(first int) {
	if g.move(looksOn) != looking {
		return
	}
	if len(g.queue) > 0 {
		first = min(first, g.placeOf(g.queue[0].ID))
	}
	if first == 0 {
		g.lookedAt, g.losses = g.now(), g.env.Sessions.Losses()
	}
	g.queue = nil
	for _, s := range g.playbook.Lines[first:] {
		if s.Look != nil {
			s.Run = s.Look
		} else if !s.Looks {
			continue
		}
		delete(g.rejudged, s.ID)
		g.queue = append(g.queue, s)
	}
}

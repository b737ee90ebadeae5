package engine

import (
	"slices"
	"time"

	"belay/steps/journal"
	"belay/steps/playbook"
)

// queue is what an engine's steps are still to do: those of this phase, in order, and
// what is to be looked at once more.
type queue struct {
	*diary
	lines []playbook.Line
	// lost counts the connections that were lost in this life.
	lost func() int
	// steps are those that are still to run in this phase.
	steps []playbook.Line
	// first is the place in the playbook from which on the steps look once more; none =
	// nothing. What stands before it is still true.
	first int
	// goesOn is the step whose own question was answered as it was asked: it has not
	// ended, and goes on.
	goesOn string
	// readers are the steps that asked for an answer, by its id.
	readers map[string][]string
	// taken are the questions that the answers file has answered, by id: what is
	// asked again in the same words is not answered again in the same way.
	taken map[string]journal.QuestionAsked
	// rejudged are the steps that a sample has reached since the last look.
	rejudged map[string]bool
	// lookedAt is when the latest look began that was of everything. losses are the
	// connections that were lost before it; tries counts how often it was taken anew
	// because one was lost in the middle.
	lookedAt      time.Time
	losses, tries int
}

const none = -1

func newQueue(d *diary, lines []playbook.Line, lost func() int) *queue {
	return &queue{
		diary: d, lines: lines, lost: lost, first: none, readers: map[string][]string{},
		taken: map[string]journal.QuestionAsked{}, rejudged: map[string]bool{},
	}
}

// next takes the first of the steps; false = none is left.
func (q *queue) next() (s playbook.Line, is bool) {
	if len(q.steps) == 0 {
		return s, false
	}
	s, q.steps = q.steps[0], q.steps[1:]
	return s, true
}

// effects has those steps run that a yes is needed for.
func (q *queue) effects() {
	q.steps = nil
	for _, s := range q.lines {
		if !s.Looks {
			q.steps = append(q.steps, s)
		}
	}
}

// from has the steps from a place on look again.
func (q *queue) from(place int) {
	if q.first == none || place < q.first {
		q.first = place
	}
}

// at reports whether the looking begins again at this step.
func (q *queue) at(step string) bool { return q.first == q.placeOf(step) }

// take gives the place and forgets it; false = nothing is to be looked at again.
func (q *queue) take() (first int, is bool) {
	first, q.first = q.first, none
	return max(first, 0), first != none
}

// reads notes that a step asked for an answer: another answer is news to it.
func (q *queue) reads(step, id string) {
	if step != "" && !slices.Contains(q.readers[id], step) {
		q.readers[id] = append(q.readers[id], step)
	}
}

// firstTime reports whether a question was not answered from the answers file before.
func (q *queue) firstTime(asked journal.QuestionAsked) bool {
	was, ok := q.taken[asked.ID]
	q.taken[asked.ID] = asked
	return !ok || was.Text != asked.Text || was.Bound != asked.Bound || was.Preset != asked.Preset
}

// lookAgain has those steps look again for which an answer is news, and what comes
// after them. Behind a person's answer everything may have changed while they thought.
func (q *queue) lookAgain(step, id, by string) {
	if by != fileVoice && by != presetVoice && q.aged() {
		q.from(0)
		return
	}
	for _, s := range append(slices.Clone(q.readers[id]), step) {
		q.from(q.placeOf(s))
	}
}

// aged reports whether what was looked at is too old to open a run on.
func (q *queue) aged() bool { return q.now().Sub(q.lookedAt) > q.patience.facts }

// placeOf is where a step stands in the playbook; that of the first for one that is
// not in it.
func (q *queue) placeOf(step string) int {
	return max(0, slices.IndexFunc(q.lines, func(s playbook.Line) bool { return s.ID == step }))
}

// lookFrom puts the reading steps from a place on into the queue, and those before
// it that have not looked yet.
func (q *queue) lookFrom(first int) {
	if q.move(looksOn) != looking {
		return
	}
	if len(q.steps) > 0 {
		first = min(first, q.placeOf(q.steps[0].ID))
	}
	if first == 0 {
		q.lookedAt, q.losses = q.now(), q.lost()
	}
	q.steps = nil
	for _, s := range q.lines[first:] {
		if s.Look != nil {
			s.Run = s.Look
		} else if !s.Looks {
			continue
		}
		delete(q.rejudged, s.ID)
		q.steps = append(q.steps, s)
	}
}

// lookTries is how often a look is taken anew whose connection was lost in the
// middle. Each time another step may be the one that met it, or lack what it asked.
const lookTries = 3

// interrupted takes a look anew that lost its connection in the middle. Where the
// server is away the next look finds that out, and says so.
func (q *queue) interrupted() bool {
	if q.lost() == q.losses {
		q.tries = 0
		return false
	}
	if q.tries++; q.tries > lookTries {
		q.tries = 0
		return false
	}
	q.lookFrom(0)
	return true
}

package engine

import (
	"fmt"
	"slices"
	"strings"

	"belay/steps"
	"belay/steps/fact"
	"belay/steps/journal"
)

const fileVoice = steps.AnswersFile

// questions are what is asked and answered. They belong to the loop.
type questions struct {
	*diary
	queue    *queue
	takeover *takeover
	// confirmed takes the answer of the question that opens a run.
	confirmed func(text, by string) error
	// waiting are those that a running step waits for, by id.
	waiting map[string]chan answer
	// abandoned is true once a screen has said in the middle of a look that nobody
	// answers any more.
	abandoned bool
}

type answer struct {
	text string
	err  error
}

// confirmID is the question that opens a run. It is the only one whose yes
// starts a write.
func (k *questions) confirmID() string {
	if k.takeover.from != nil {
		return takeoverID
	}
	if k.back() {
		return "rollback.confirm"
	}
	return "run.confirm"
}

// ask opens a question, unless it is open already with the same words. An answer
// from the answers file closes it at once.
func (k *questions) ask(step string, q journal.QuestionAsked) error {
	if open := k.run.Question(q.ID); open == nil || open.Text != q.Text || open.Preset != q.Preset ||
		open.Bound != q.Bound || !slices.Equal(open.Options, q.Options) {
		if err := k.record(step, "", q); err != nil {
			return err
		}
	}
	preset, ok := k.order.Answers[q.ID]
	if !ok || (k.phase != running && !k.queue.firstTime(q)) {
		return nil
	}
	if q.Scripted != "" && preset != q.Scripted && preset != "no" {
		return k.record(step, fileVoice, journal.AnswerRefused{
			ID:  q.ID,
			Why: fmt.Sprintf("%q is not %q: what was allowed is not what the file says now", preset, q.Scripted),
		})
	}
	return k.take(journal.Message{Kind: journal.Answer, ID: q.ID, Answer: preset}, fileVoice)
}

// askAndWait opens a question of a running step. Where nobody can answer, the
// step gets an *Exit at once.
func (k *questions) askAndWait(step string, q journal.QuestionAsked, got chan answer) error {
	k.waiting[q.ID] = got
	if err := k.ask(step, q); err != nil {
		return err
	}
	if _, open := k.waiting[q.ID]; open && (k.order.Headless || k.abandoned) {
		delete(k.waiting, q.ID)
		got <- answer{err: &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
			Summary: "needs an answer to " + q.ID + ": " + q.Text,
			Advice:  "give it with --answers and run the same command again, or `belay attach " + k.shortID() + "`",
		}}
	}
	return nil
}

// take accepts or refuses an answer.
func (k *questions) take(m journal.Message, by string) error {
	q := k.run.Question(m.ID)
	if q == nil {
		return k.record("", by, journal.AnswerRefused{ID: m.ID, Why: "it is not asked now"})
	}
	if m.Bound != "" && m.Bound != q.Bound {
		return k.record(q.Step, by, journal.AnswerRefused{
			ID: m.ID, Why: "the question has changed since; look at it again",
		})
	}
	text := strings.TrimSpace(m.Answer)
	if why := q.Refuses(text); why != "" {
		return k.record(q.Step, by, journal.AnswerRefused{ID: m.ID, Why: why})
	}
	if err := k.record(q.Step, by, journal.QuestionAnswered{ID: m.ID, Answer: text}); err != nil {
		return err
	}
	if got, ok := k.waiting[m.ID]; ok {
		delete(k.waiting, m.ID)
		got <- answer{text: text}
		return nil
	}
	if m.ID == k.confirmID() {
		return k.confirmed(text, by)
	}
	k.queue.lookAgain(q.Step, m.ID, by)
	return nil
}

// open lists what is still asked, without the dialog that opens a run.
func (k *questions) open() []journal.QuestionAsked {
	var open []journal.QuestionAsked
	for _, q := range k.run.Questions {
		if q.ID != k.confirmID() && !q.Preset && !fact.Offers(q.ID) {
			open = append(open, q.QuestionAsked)
		}
	}
	return open
}

// presetVoice is who an answer comes from that was taken with the confirm.
const presetVoice = "proposed, taken when the run was confirmed"

// takePresets answers what comes with the yes of the run dialog.
func (k *questions) takePresets() error {
	for _, q := range slices.Clone(k.run.Questions) {
		if !q.Preset {
			continue
		}
		if err := k.record(q.Step, presetVoice, journal.QuestionAnswered{ID: q.ID, Answer: q.Default}); err != nil {
			return err
		}
		k.queue.lookAgain(q.Step, q.ID, presetVoice)
	}
	return nil
}

// failWaiting ends every question that a running step waits for.
func (k *questions) failWaiting(why *steps.Exit) {
	for id, got := range k.waiting {
		delete(k.waiting, id)
		got <- answer{err: why}
	}
}

// withdraw closes the questions of a step that it does not ask any more.
func (k *questions) withdraw(e ended) error {
	still := map[string]bool{}
	for _, q := range e.outcome.Questions {
		still[q.ID] = true
	}
	for _, q := range append(k.run.Questions[:0:0], k.run.Questions...) {
		if q.Step == e.step.ID && !still[q.ID] {
			if err := k.record(q.Step, "", journal.QuestionWithdrawn{
				ID: q.ID, Why: "it no longer matters",
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// asks reports whether a step has an open question.
func (k *questions) asks(step string) bool {
	return slices.ContainsFunc(k.open(), func(q journal.QuestionAsked) bool {
		return k.run.Question(q.ID).Step == step
	})
}

// demands reports whether a step asks for something that a run cannot begin
// without, in its look.
func (k *questions) demands(step string) bool {
	for _, q := range k.run.Questions {
		if q.Step == step && q.ID != k.confirmID() && !q.Preset {
			return true
		}
	}
	return false
}

// unanswered is the end of a look whose questions nobody answers.
func (k *questions) unanswered() journal.RunFinished {
	open := k.open()
	asked := make([]string, 0, len(open)+1)
	for _, q := range open {
		if len(open) == 1 {
			q.ID += ": " + q.Text
		}
		asked = append(asked, q.ID)
	}
	// The dialog is asked last, when all else is answered: whoever writes the file now needs it too.
	if _, given := k.order.Answers[k.confirmID()]; !given && len(open) > 1 && k.order.Headless {
		asked = append(asked, k.confirmID())
	}
	return journal.RunFinished{
		Exit: steps.ExitPerson, Outcome: journal.OutcomePerson,
		Summary: "needs an answer to " + strings.Join(asked, ", ") + " (" + k.run.Unchanged() + ")",
		Hint:    "give it with --answers FILE" + named(open) + "; `belay explain questions` says what each one means",
	}
}

// named spells the answers that no list of questions can have, because they are names of
// this folder's.
func named(open []journal.QuestionAsked) string {
	var each []string
	for _, q := range open {
		if !slices.ContainsFunc(q.Options, func(o string) bool { return strings.Contains(o, " ") }) {
			continue
		}
		var words []string
		for _, o := range q.Options {
			words = append(words, fmt.Sprintf("%q", o))
		}
		each = append(each, q.ID+" = "+strings.Join(words, ", or "))
	}
	if len(each) == 0 {
		return ""
	}
	return ": " + strings.Join(each, "; ")
}

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

// confirmID is the question that opens a run. It is the only one whose yes
// starts a write.
func (g *engine) confirmID() string {
	if g.adopts != nil {
		return takeoverID
	}
	if g.back() {
		return "rollback.confirm"
	}
	return "run.confirm"
}

// ask opens a question, unless it is open already with the same words. An answer
// from the answers file closes it at once.
func (g *engine) ask(step string, q journal.QuestionAsked) error {
	q.Labels = steps.Labels(q.ID, q.Options, g.shortID())
	if open := g.run.Question(q.ID); open == nil || open.Text != q.Text || open.Preset != q.Preset ||
		open.Bound != q.Bound || !slices.Equal(open.Options, q.Options) {
		if err := g.record(step, "", q); err != nil {
			return err
		}
	}
	preset, ok := g.order.Answers[q.ID]
	if !ok || (g.phase != running && !g.again.firstTime(q)) {
		return nil
	}
	if q.Scripted != "" && preset != q.Scripted && preset != "no" {
		return g.record(step, fileVoice, journal.AnswerRefused{
			ID:  q.ID,
			Why: fmt.Sprintf("%q is not %q: what was allowed is not what the file says now", preset, q.Scripted),
		})
	}
	return g.take(journal.Message{Kind: journal.Answer, ID: q.ID, Answer: preset}, fileVoice)
}

// askAndWait opens a question of a running step. Where nobody can answer, the
// step gets an *Exit at once.
func (g *engine) askAndWait(step string, q journal.QuestionAsked, got chan answer) error {
	g.waiting[q.ID] = got
	if err := g.ask(step, q); err != nil {
		return err
	}
	if _, open := g.waiting[q.ID]; open && (g.order.Headless || g.abandoned) {
		delete(g.waiting, q.ID)
		got <- answer{err: &steps.Exit{
			Code: steps.ExitPerson, Outcome: journal.OutcomePerson,
			Summary: "needs an answer to " + q.ID + ": " + q.Text,
			Advice:  "give it with --answers and run the same command again, or `belay attach " + g.shortID() + "`",
		}}
	}
	return nil
}

// take accepts or refuses an answer.
func (g *engine) take(m journal.Message, by string) error {
	q := g.run.Question(m.ID)
	if q == nil {
		return g.record("", by, journal.AnswerRefused{ID: m.ID, Why: "it is not asked now"})
	}
	if m.Bound != "" && m.Bound != q.Bound {
		return g.record(q.Step, by, journal.AnswerRefused{
			ID: m.ID, Why: "the question has changed since; look at it again",
		})
	}
	text := strings.TrimSpace(m.Answer)
	if why := q.Refuses(text); why != "" {
		return g.record(q.Step, by, journal.AnswerRefused{ID: m.ID, Why: why})
	}
	if err := g.record(q.Step, by, journal.QuestionAnswered{ID: m.ID, Answer: text}); err != nil {
		return err
	}
	if got, ok := g.waiting[m.ID]; ok {
		delete(g.waiting, m.ID)
		got <- answer{text: text}
		return nil
	}
	if m.ID == g.confirmID() {
		return g.confirmed(text, by)
	}
	g.lookAgain(q.Step, m.ID, by)
	return nil
}

// openQuestions lists what is still asked, without the dialog that opens a run.
func (g *engine) openQuestions() []journal.QuestionAsked {
	var open []journal.QuestionAsked
	for _, q := range g.run.Questions {
		if q.ID != g.confirmID() && !q.Preset && !fact.Offers(q.ID) {
			open = append(open, q.QuestionAsked)
		}
	}
	return open
}

// presetVoice is who an answer comes from that was taken with the confirm.
const presetVoice = "proposed, taken when the run was confirmed"

// takePresets answers what comes with the yes of the run dialog.
func (g *engine) takePresets() error {
	for _, q := range slices.Clone(g.run.Questions) {
		if !q.Preset {
			continue
		}
		if err := g.record(q.Step, presetVoice, journal.QuestionAnswered{ID: q.ID, Answer: q.Default}); err != nil {
			return err
		}
		g.lookAgain(q.Step, q.ID, presetVoice)
	}
	return nil
}

package state

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"belay/sqlview/measure"
	"belay/steps/fact"
	"belay/steps/journal"
)

// folds has one entry for each kind of event; a test compares it with
// journal.Kinds.
var folds = foldsOf(
	on(engineStarted), on(engineStopped), on(playbookChosen), on(runOpened), on(ledgerOpened), on(runAdopted),
	on(runTakenOver), on(runParked), on(runAbandoned), on(runFinished), on(sessionSeen), on(sessionEnding),
	on(sessionEnded), on(stepStarted), on(stepFinished), on(stepProgress), on(workBegun), on(questionAsked),
	on(questionAnswered), on(questionWithdrawn), on(answerRefused), on(factSeen), on(sampled), on(sampleFailed),
	on(unitIntent), on(statementSent), on(statementEnded), on(attemptStarted), on(attempted), on(unitProgress),
	on(unitApplied), on(unitEnded), on(unitProbed), on(stopRequested), on(goingOnUnwatched), on(screenLost),
	on(screenBack), on(backfillDone), on(noted), on(screensSeen), on(keysAsked), on(keysKept), on(keysMoved),
	on(messageRefused), on(approvalAsked), on(approvalGiven), on(approvalRefused),
)

// fold is what an event of one kind makes of the state.
type fold struct {
	kind  journal.Kind
	apply func(*Run, journal.Event) error
}

func foldsOf(all ...fold) map[journal.Kind]func(*Run, journal.Event) error {
	by := make(map[journal.Kind]func(*Run, journal.Event) error, len(all))
	for _, f := range all {
		by[f.kind] = f.apply
	}
	return by
}

// on decodes the body for a fold of one kind.
func on[B journal.Body](f func(*Run, journal.Event, B)) fold {
	var zero B
	return fold{kind: zero.Kind(), apply: func(r *Run, e journal.Event) error {
		b, err := journal.Decode[B](e)
		if err != nil {
			return err
		}
		f(r, e, b)
		return nil
	}}
}

func (r *Outline) say(e journal.Event, format string, args ...any) {
	r.Log = append(r.Log, Line{At: e.At, Step: e.Step, By: e.By, Text: fmt.Sprintf(format, args...)})
}

func engineStarted(r *Run, e journal.Event, b journal.EngineStarted) {
	again := !r.EngineAt.IsZero()
	r.Broke = time.Time{}
	if again && r.Alive && r.Finished == nil && r.Parked == "" {
		r.Broke = r.LastAt
	}
	r.Engine, r.EngineAt, r.Alive, r.Parked, r.ID = b, e.At, true, "", b.Run
	r.StopAsked, r.Sample, r.SampleError, r.Finished, r.Began, r.Work = nil, nil, "", nil, e.Seq, Work{}
	if again {
		// Whoever was asked is asked again by the new engine, where it matters still.
		// So is a word to go on without a screen: it was said of the life that ended.
		r.Questions, r.Unwatched = nil, false
		if !r.Broke.IsZero() {
			r.say(e, "the engine before ended without a word, heard of last at %s", r.Broke.Format("15:04:05 UTC"))
		}
		r.say(e, "a new engine took up the run (pid %d on %s)", b.PID, b.Host)
	}
}

func engineStopped(r *Run, e journal.Event, b journal.EngineStopped) {
	r.Alive = false
	r.say(e, "the engine ended: %s", b.Reason)
}

func playbookChosen(r *Run, e journal.Event, b journal.PlaybookChosen) {
	r.Playbook = b.Name
	steps := make([]Step, 0, len(b.Steps))
	for _, s := range b.Steps {
		if have := r.Step(s.ID); have != nil {
			steps = append(steps, *have)
			continue
		}
		steps = append(steps, Step{ID: s.ID, Title: s.Title, Status: journal.Todo, Since: e.At})
	}
	r.Steps = steps
}

func runOpened(r *Run, e journal.Event, b journal.RunOpened) {
	r.Opened, r.ID = &b, b.ID
	r.say(e, "run %s opened on %s (%s): %s", b.ID, b.Database, b.Environment, strings.Join(b.Migrations, ", "))
}

func ledgerOpened(r *Run, e journal.Event, b journal.LedgerOpened) {
	r.Claim = Claim{Run: b.Run, Epoch: b.Epoch}
	r.say(e, "the run and its plan are in the ledger of the database")
}

func runAdopted(r *Run, e journal.Event, b journal.RunAdopted) {
	r.Claim, r.TakenBy = Claim{Run: b.Run, Epoch: b.Epoch, From: b.Seq}, ""
	r.say(e, "took run %s over from %s, up to event %d, epoch %d", r.ID, b.From, b.Seq, b.Epoch)
}

func runTakenOver(r *Run, e journal.Event, b journal.RunTakenOver) {
	r.TakenBy = b.By
	r.say(e, "taken over by %s", b.By)
}

func runParked(r *Run, e journal.Event, b journal.RunParked) {
	r.Parked = b.Reason
	r.say(e, "left open: %s", b.Reason)
}

func runAbandoned(r *Run, e journal.Event, b journal.RunAbandoned) {
	r.say(e, "abandoned: %s", b.Reason)
}

func runFinished(r *Run, e journal.Event, b journal.RunFinished) {
	r.Finished, r.FinishedAt = &b, e.At
	r.say(e, "finished: %s", b.Summary)
}

func (r *Outline) setStep(e journal.Event, status journal.Status, summary, hint string) {
	s := r.Step(e.Step)
	if s == nil {
		r.Steps = append(r.Steps, Step{ID: e.Step, Title: e.Step})
		s = &r.Steps[len(r.Steps)-1]
	}
	if s.Status != status {
		s.Since = e.At
	}
	s.Status, s.Summary, s.Hint = status, summary, hint
}

func stepStarted(r *Run, e journal.Event, _ journal.StepStarted) {
	r.setStep(e, journal.Running, "", "")
}

func stepFinished(r *Run, e journal.Event, b journal.StepFinished) {
	r.setStep(e, b.Status, b.Summary, b.Hint)
	if r.Work.Step == e.Step {
		r.Work = Work{}
	}
	text := fmt.Sprintf("%s: %s: %s", e.Step, b.Status, b.Summary)
	if s := r.Step(e.Step); s.said != text { // a step that looked again and saw the same is no news
		s.said = text
		r.say(e, "%s", text)
	}
}

func stepProgress(r *Run, e journal.Event, b journal.StepProgress) {
	r.setStep(e, cmp.Or(b.Status, journal.Running), b.Text, "")
}

func workBegun(r *Run, e journal.Event, b journal.WorkBegun) {
	r.Work = Work{Step: e.Step, What: b.What, Since: e.At}
	r.say(e, "%s", b.What)
}

func questionAsked(r *Run, e journal.Event, b journal.QuestionAsked) {
	r.dropQuestion(b.ID)
	r.Questions = append(r.Questions, Question{QuestionAsked: b, Step: e.Step, At: e.At})
	if b.Waits() {
		r.say(e, "asked: %s", b.Text)
	}
}

func (r *Outline) dropQuestion(id string) {
	for i := range r.Questions {
		if r.Questions[i].ID == id {
			r.Questions = append(r.Questions[:i:i], r.Questions[i+1:]...)
			return
		}
	}
}

func questionAnswered(r *Run, e journal.Event, b journal.QuestionAnswered) {
	bound := ""
	if q := r.Question(b.ID); q != nil {
		bound = q.Bound
	}
	r.dropQuestion(b.ID)
	r.Answers[b.ID] = Given{Answer: b.Answer, By: e.By, At: e.At, Bound: bound}
	r.say(e, "%s: %s", b.ID, cmp.Or(b.Answer, "none"))
}

func questionWithdrawn(r *Run, _ journal.Event, b journal.QuestionWithdrawn) { r.dropQuestion(b.ID) }

func answerRefused(r *Run, e journal.Event, b journal.AnswerRefused) {
	r.say(e, "%s not accepted: %s", b.ID, b.Why)
}

func factSeen(r *Run, e journal.Event, b journal.FactSeen) {
	r.Facts[b.Name] = Fact{Step: e.Step, At: e.At, Value: b.Value}
	if b.Name == (fact.Heart{}).Fact() {
		r.looked(b.Value)
	}
	if b.Name == (fact.Filling{}).Fact() || b.Name == (fact.Filled{}).Fact() {
		r.filling(b.Value)
	}
}

func sampled(r *Run, e journal.Event, b journal.Sampled) {
	r.Sample, r.SampleAt, r.SampleError = &b.Sample, e.At, ""
}

func sampleFailed(r *Run, e journal.Event, b journal.SampleFailed) {
	if r.SampleError == "" {
		r.say(e, "no sample of locks and sizes: %s", b.Error)
	}
	r.SampleError = b.Error
}

func stopRequested(r *Run, e journal.Event, b journal.StopRequested) {
	r.StopAsked = &b
	if b.Now {
		r.say(e, "stop now: requested")
		return
	}
	r.say(e, "stop before the next file: requested")
}

func goingOnUnwatched(r *Run, e journal.Event, _ journal.GoingOnUnwatched) {
	r.Unwatched = true
	r.say(e, "goes on without a screen")
}

func screenLost(r *Run, e journal.Event, _ journal.ScreenLost) {
	r.ScreenLost = e.At
	r.say(e, "the last screen is gone")
}

func screenBack(r *Run, _ journal.Event, _ journal.ScreenBack) { r.ScreenLost = time.Time{} }

func backfillDone(r *Run, e journal.Event, b journal.BackfillDone) {
	r.say(e, "backfill %s done: %s in %s, %s left", b.ID, measure.Rows(b.Rows),
		measure.Noun(measure.Grouped(b.Batches), "batch"), measure.Grouped(b.Left))
}

func noted(r *Run, e journal.Event, b journal.Noted) { r.say(e, "%s", b.Text) }

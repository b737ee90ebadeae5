// Package state folds the events of a journal into where a run stands. Screens,
// the report, `status` and the engine itself see a run only through it. It is
// pure: the same events give the same Run, always.
package state

import (
	"encoding/json"
	"fmt"
	"time"

	"belay/sqlview/activity"
	"belay/steps/fact"
	"belay/steps/journal"
)

// Run is where a run stands after some events. The zero value is a run of which
// nothing is known yet.
type Run struct {
	Outline
	Facts map[string]Fact
	// Sample is the newest moment of locks; SampleError since when there is none.
	Sample      *activity.Sample
	SampleAt    time.Time
	SampleError string
	// looks are the moments of the statement lookedOf: see [Run.Openings].
	looks    []look
	lookedOf openingOf
	// filled is what the newest backfill said of itself: see [Run.Filled].
	filled fact.Filled
}

// Outline is a run without what was observed, which is most of a journal's bytes: what
// the run is, how far it came and how it ended. A list of runs is made of these; what
// asks for an observation needs a Run.
type Outline struct {
	// Seq is the last event folded.
	Seq int64
	// Began is the event that began the newest life of the engine.
	Began  int64
	ID     string
	Opened *journal.RunOpened
	// Claim is the ownership by the ledger; its zero value = the run is in none.
	Claim Claim
	// TakenBy is the host that goes on with the run; "" = this one.
	TakenBy string
	Engine  journal.EngineStarted
	// EngineAt is when the engine's present life began.
	EngineAt time.Time
	// Broke is when the life before was heard of last, where it ended without a
	// word; zero = it said goodbye, or there was none.
	Broke time.Time
	// LastAt is when the last event came.
	LastAt time.Time
	// Alive is false after the engine said goodbye. An engine that ended without
	// a word still reads true: ask the lock on the journal.
	Alive  bool
	Parked string // why; "" = not parked
	// Playbook and Steps are in the order of the playbook.
	Playbook string
	Steps    []Step
	// Questions are the open ones, oldest first.
	Questions []Question
	// Answers holds the newest accepted answer of each question.
	Answers map[string]Given
	Units   []Unit
	// Work is what goes on without a screen before the run is open; its zero value =
	// nothing does.
	Work Work
	// Looked are the sessions of the server that a screen asked for, by pid, each as it
	// was seen last; Endings those that somebody asked to end, oldest first.
	Looked  map[int]Looked
	Endings []Ending
	// StopAsked is set once somebody asked to stop.
	StopAsked *journal.StopRequested
	// Screens are those that watch now, the oldest first. One of them holds the keys;
	// Asking are those that ask for them.
	Screens []journal.Screen
	Keys    Keys
	Asking  []Asking
	// Approval is a second person's that the run asks for; nil = it asks for none.
	// Approvers are all who approved.
	Approval  *Approval
	Approvers []Approver
	// Watched are the OS users that have watched; Pairing what they did with the keys, in
	// sentences, and what was refused.
	Watched []Watched
	Pairing []Line
	// Unwatched is true once "go on without me" was said.
	Unwatched bool
	// ScreenLost is when the last screen went away without a word; zero = somebody
	// watches, or left with a word.
	ScreenLost time.Time
	Finished   *journal.RunFinished
	FinishedAt time.Time
	// Log is the story in sentences, oldest first.
	Log []Line
}

// Unresolved is the version of a unit that was begun and of which nobody knows yet
// what came; "" = there is none.
func (r *Outline) Unresolved() string {
	for _, u := range r.Units {
		if u.Intent != nil && u.Outcome != journal.OutcomeApplied && u.Outcome != journal.OutcomeNotApplied {
			return u.Version
		}
	}
	return ""
}

// Begun is the version of a unit that was begun and is not applied, whatever is
// known of it; "" = there is none.
func (r *Outline) Begun() string {
	for _, u := range r.Units {
		if u.Intent != nil && u.Outcome != journal.OutcomeApplied {
			return u.Version
		}
	}
	return ""
}

// Claim is the ownership of a run by the ledger of its database.
type Claim struct {
	Run   string // uuid
	Epoch int
	// From is the last event of the hosts before: this journal counts from there.
	From int64
}

// Work is something long that a step of a look does.
type Work struct {
	Step, What string
	Since      time.Time
}

// LeftBehind reports whether this is a look whose last screen was lost while it had
// something in hand that a person had asked for. It stays until somebody comes.
func (r *Outline) LeftBehind() bool { return r.Opened == nil && !r.ScreenLost.IsZero() }

// Step is a checklist step.
type Step struct {
	ID, Title string
	Status    journal.Status
	Summary   string
	Hint      string
	// Since is when the status began.
	Since time.Time
	// said is the step's last sentence in the log.
	said string
}

// Question is an open question.
type Question struct {
	journal.QuestionAsked
	Step string
	At   time.Time
}

// Given is an accepted answer.
type Given struct {
	Answer, By string
	At         time.Time
	// Bound is what the question was bound to when it was answered.
	Bound string
}

// Fact is the newest observation of a name.
type Fact struct {
	Step  string
	At    time.Time
	Value json.RawMessage
}

// Line is one sentence of the log.
type Line struct {
	At   time.Time
	Step string
	By   string
	Text string
}

// Get reads an observation; ok is false where it was never seen.
func Get[V fact.Value](r *Run) (v V, at time.Time, ok bool) {
	f, ok := r.Facts[v.Fact()]
	if !ok || json.Unmarshal(f.Value, &v) != nil {
		return v, time.Time{}, false
	}
	return v, f.At, true
}

// Fold makes a Run of events.
func Fold(events []journal.Event) (*Run, error) {
	r := New()
	for _, e := range events {
		if err := r.Apply(e); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// OutlineOf is the Fold of all but observations and samples.
func OutlineOf(events []journal.Event) (*Outline, error) {
	r := New()
	for _, e := range events {
		if e.Kind == (journal.FactSeen{}).Kind() || e.Kind == (journal.Sampled{}).Kind() {
			r.Seq, r.LastAt = e.Seq, e.At
			continue
		}
		if err := r.Apply(e); err != nil {
			return nil, err
		}
	}
	return &r.Outline, nil
}

// New is a run of which nothing is known.
func New() *Run {
	return &Run{Outline: Outline{Answers: map[string]Given{}}, Facts: map[string]Fact{}}
}

// Apply folds one event. An event of a kind that this belay does not know is an
// error: a newer belay wrote it, and guessing would be wrong.
func (r *Run) Apply(e journal.Event) error {
	fold, ok := folds[e.Kind]
	if !ok {
		return fmt.Errorf("event %d is a %q: a newer belay wrote this journal", e.Seq, e.Kind)
	}
	if err := fold(r, e); err != nil {
		return err
	}
	r.Seq, r.LastAt = e.Seq, e.At
	return nil
}

// Step finds a step by id; nil = not in this playbook.
func (r *Outline) Step(id string) *Step {
	for i := range r.Steps {
		if r.Steps[i].ID == id {
			return &r.Steps[i]
		}
	}
	return nil
}

// Question finds an open question by id; nil = not open.
func (r *Outline) Question(id string) *Question {
	for i := range r.Questions {
		if r.Questions[i].ID == id {
			return &r.Questions[i]
		}
	}
	return nil
}

// Current is the step that runs, or the first that is not behind us; nil where
// there are no steps.
func (r *Outline) Current() *Step {
	for i := range r.Steps {
		switch r.Steps[i].Status {
		case journal.Running, journal.Paused:
			return &r.Steps[i]
		}
	}
	for i := range r.Steps {
		switch r.Steps[i].Status {
		case journal.Done, journal.Waived, journal.Look:
			continue
		}
		return &r.Steps[i]
	}
	if n := len(r.Steps); n > 0 {
		return &r.Steps[n-1]
	}
	return nil
}

// InHand is the unit that is being run, or whose outcome is unknown; nil = none.
func (r *Outline) InHand() *Unit {
	for i := range r.Units {
		if u := &r.Units[i]; u.Intent != nil && u.Outcome == "" {
			return u
		}
	}
	return nil
}

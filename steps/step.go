// Package steps has the words that every step of the checklist shares: what a
// Step is, what it may use, how it ends. The engine drives steps, checklist has
// one file for each, playbook puts them in order.
package steps

import (
	"context"
	"errors"
	"fmt"

	"belay/sqlview/activity"
	"belay/steps/fact"
	"belay/steps/journal"
)

// Step is one line of the checklist. Its fields are constant.
type Step struct {
	// ID is kebab-case and equal to the file's name in checklist.
	ID    string
	Title string
	// Doc is Markdown: the advice, in practice, measured. `belay explain ID`
	// and ? print it.
	Doc string
	// Looks is true for a step that only reads. It runs by itself when the guide
	// opens, again when something it depends on changed, and once more just
	// before a run.
	Looks bool
	// Run does the step. An error is the step's failure; ErrPark and friends are
	// how a step asks the engine to end. A step that looks never waits for a person.
	Run func(ctx context.Context, e *Env) (Outcome, error)
	// Look is what a step that does not only look finds out beforehand: it runs
	// with the looks, and Run runs in its place once the run is open. Its status
	// stands in nobody's way; only a question of it that is not optional does. nil
	// = nothing to find out.
	Look func(ctx context.Context, e *Env) (Outcome, error)
	// Sampled judges a step that looked again by a newer sample of locks and
	// sizes, until the run opens. It is pure and quick. A nil Value = nothing to
	// say. nil = the step has no use for samples.
	Sampled func(e *Env, s activity.Sample) (fact.Value, Outcome)
}

// ErrStopped is the cause of a step's context when a person asked to stop now.
var ErrStopped = errors.New("stopped on request")

// Outcome is how a step ended.
type Outcome struct {
	Status  journal.Status
	Summary string
	Hint    string
	// Questions are open until they are answered; the step then runs again.
	Questions []journal.QuestionAsked
}

// Done is the ordinary good end.
func Done(format string, args ...any) Outcome {
	return Outcome{Status: journal.Done, Summary: fmt.Sprintf(format, args...)}
}

// Exit is the error by which a step ends the run with an exit code.
type Exit struct {
	// Code is one of the exit codes of the command line.
	Code int
	// Outcome is applied, not applied, unknown, needs a person.
	Outcome string
	// Summary is what the person reads last; Advice what to do now.
	Summary, Advice string
}

func (e *Exit) Error() string { return e.Summary }

// Hint says what to do now.
func (e *Exit) Hint() string { return e.Advice }

// The exit codes of the command line. A run that ends with ExitPerson or
// ExitUnknown stays open: the same command, or attach, goes on from there.
const (
	ExitDone    = 0
	ExitFailed  = 1
	ExitUsage   = 2
	ExitHazards = 3
	ExitPerson  = 4
	ExitUnknown = 5
)

// The outcomes of a run as run.finished spells them.
const (
	OutcomeApplied    = "applied"
	OutcomeNotApplied = "not applied"
	OutcomeUnknown    = "unknown"
	OutcomePerson     = "needs a person"
	OutcomeNothing    = "nothing pending"
)

// Hinted is an error that says what to do now.
type Hinted interface{ Hint() string }

// HintOf finds the advice of an error; "" where it has none.
func HintOf(err error) string {
	var h Hinted
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// Refused is a step's error with its advice: something that cannot be done here.
type Refused struct {
	Problem, Advice string
	// Fatal is true where no answer of a person could lift it: exit code 1.
	Fatal bool
}

func (e *Refused) Error() string { return e.Problem }

// Hint says what to do now.
func (e *Refused) Hint() string { return e.Advice }

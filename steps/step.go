// Package steps has the words that every step of the checklist shares: what a
// Step is, what it may use, how it ends. The engine drives steps, checklist has
// one file for each, playbook puts them in order.
package steps

import (
	"errors"
	"fmt"

	"belay/db"
	"belay/steps/journal"
)

// Step is one line of the checklist: what it is called and why it is there. What it
// does is a function of checklist; the playbook says what that is given.
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
	// Reads is true for a step after the run that only reads: where the connection is
	// lost under it, it waits for the server and is done again.
	Reads bool
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
	Code    int
	Outcome journal.Outcome
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

// HintOf finds the advice of an error; "" where it has none.
func HintOf(err error) string { return db.HintOf(err) }

// Refused is a step's error with its advice: something that cannot be done here.
type Refused struct {
	Problem, Advice string
	// Fatal is true where no answer of a person could lift it: exit code 1.
	Fatal bool
	// Code is the SQLSTATE where a server said it; "" = it did not.
	Code string
}

func (e *Refused) Error() string { return e.Problem }

// Hint says what to do now.
func (e *Refused) Hint() string { return e.Advice }

package journal

import "slices"

// written says when an event must be on the disk.
type written bool

const (
	// decided: before the engine goes on. What was decided cannot be read again.
	decided written = true
	// seen: when there is time. What was seen can be looked at again.
	seen written = false
)

// kinds is the table of all kinds. What an event makes of the state is in state/fold.go.
var kinds = []struct {
	Body
	written
}{
	{EngineStarted{}, decided},
	{EngineStopped{}, decided},
	{PlaybookChosen{}, decided},
	{RunOpened{}, decided},
	{LedgerOpened{}, decided},
	{RunAdopted{}, decided},
	{RunTakenOver{}, decided},
	{RunParked{}, decided},
	{RunAbandoned{}, decided},
	{RunFinished{}, decided},
	{SessionSeen{}, seen},
	{SessionEnding{}, decided},
	{SessionEnded{}, decided},
	{ScreensSeen{}, seen},
	{KeysAsked{}, decided},
	{KeysKept{}, decided},
	{KeysMoved{}, decided},
	{MessageRefused{}, seen},
	{ApprovalAsked{}, decided},
	{ApprovalGiven{}, decided},
	{ApprovalRefused{}, decided},
	{StepStarted{}, seen},
	{StepFinished{}, decided},
	{StepProgress{}, seen},
	{QuestionAsked{}, decided},
	{QuestionAnswered{}, decided},
	{QuestionWithdrawn{}, seen},
	{AnswerRefused{}, seen},
	{FactSeen{}, seen},
	{Sampled{}, seen},
	{SampleFailed{}, seen},
	{UnitIntent{}, decided},
	{StatementSent{}, decided},
	{StatementEnded{}, seen},
	{AttemptStarted{}, seen},
	{Attempted{}, seen},
	{UnitProgress{}, seen},
	{UnitApplied{}, decided},
	{UnitEnded{}, decided},
	{UnitProbed{}, decided},
	{WorkBegun{}, decided},
	{StopRequested{}, decided},
	{GoingOnUnwatched{}, decided},
	{ScreenLost{}, decided},
	{ScreenBack{}, decided},
	{BackfillDone{}, decided},
	{Noted{}, seen},
}

// Kinds has one zero body of each kind, for readers and tests.
func Kinds() []Body {
	all := make([]Body, len(kinds))
	for i, k := range kinds {
		all[i] = k.Body
	}
	return all
}

// durable reports whether an event must be on the disk before the engine goes on.
func durable(k Kind) bool { return !slices.Contains(seenOnly, k) }

// seenOnly are the kinds that may be written when there is time.
var seenOnly = func() (all []Kind) {
	for _, k := range kinds {
		if k.written == seen {
			all = append(all, k.Kind())
		}
	}
	return all
}()

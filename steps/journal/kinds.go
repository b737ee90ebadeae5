package journal

import (
	"encoding/json"
	"time"

	"belay/sqlview/activity"
	"belay/sqlview/lock"
)

// Kind names what happened. Scripts rely on the names listed in the README; a
// reader of `--output json` ignores the others.
type Kind string

// EngineStarted opens a journal and each further life of its engine.
type EngineStarted struct {
	Format  int    `json:"format"`
	Version string `json:"version"` // of belay
	Run     string `json:"run"`
	// Look is true while nothing was confirmed: nothing is written anywhere.
	Look    bool   `json:"look"`
	PID     int    `json:"pid"`
	Host    string `json:"host"`
	Command string `json:"command,omitempty"` // run, rollback
	Dir     string `json:"dir,omitempty"`     // where the command was given
}

// EngineStopped says that the engine closed its connections and ended.
type EngineStopped struct {
	Reason string `json:"reason"`
}

// PlaybookChosen lists the steps of this run in order.
type PlaybookChosen struct {
	Name  string     `json:"name"`
	Steps []StepName `json:"steps"`
}

// StepName is a step as screens name it.
type StepName struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// RunOpened says that the plan was confirmed: look mode is over.
type RunOpened struct {
	ID          string   `json:"id"`
	Folder      string   `json:"folder"`
	Database    string   `json:"database"`
	Environment string   `json:"environment"`
	Tool        string   `json:"tool"`
	Migrations  []string `json:"migrations"`
	PlanSHA256  string   `json:"plan_sha256"`
	// Adopts is the uuid of the run of another host that this journal goes on
	// with; "" = a new run. It is that host's until RunAdopted.
	Adopts string `json:"adopts,omitempty"`
}

// RunParked says that the engine waits for nobody: attach starts a new one.
type RunParked struct {
	Reason string `json:"reason"`
}

// RunAbandoned says that a person closed an open run without going on with it, and
// why. What it left is as it is.
type RunAbandoned struct {
	Reason string `json:"reason"`
}

// RunFinished is always the last event of a run.
type RunFinished struct {
	Exit    int     `json:"exit"`
	Outcome Outcome `json:"outcome"`
	Summary string  `json:"summary"`
	Hint    string  `json:"hint,omitempty"`
	// Unreported says why no report could be written; "" = there is one, or nothing to
	// report.
	Unreported string `json:"unreported,omitempty"`
}

// StepStarted is written before a step does anything.
type StepStarted struct{}

// StepFinished closes a step, or its latest look.
type StepFinished struct {
	Status  Status `json:"status"`
	Summary string `json:"summary"`
	// Hint says what lifts a status that is not done.
	Hint string `json:"hint,omitempty"`
}

// Status is where a step stands.
type Status string

// The statuses. Every one has its mark and its word on the screen.
const (
	Todo    Status = "to do"
	Running Status = "running"
	Paused  Status = "paused"
	Done    Status = "done"
	Look    Status = "to look at"
	Asking  Status = "needs you"
	Waived  Status = "waived"
	Stale   Status = "stale"
	Failed  Status = "failed"
	Unknown Status = "unknown"
)

// StepProgress says how far the step in hand is.
type StepProgress struct {
	Text string `json:"text"`
	// Status is paused while the step waits for a person; "" = running.
	Status Status `json:"status,omitempty"`
}

// QuestionAsked opens a question. Several may be open at once.
type QuestionAsked struct {
	ID   string `json:"id"`
	Text string `json:"text"`
	// Options are the words that may be answered; empty = free text.
	Options []string `json:"options"`
	// Labels say what each option does, in the same order; "" = the word says it.
	Labels []string `json:"labels,omitempty"`
	// Default is what enter would choose; "" = no default. It is never a write.
	Default string `json:"default,omitempty"`
	// Expect is the only answer that is a yes, typed in full, such as the
	// database's name; "" where Options rule.
	Expect string `json:"expect,omitempty"`
	// Scripted is what an answers file must say in the place of a yes; "" = the
	// same as a person.
	Scripted string `json:"scripted,omitempty"`
	// Why says what the answer changes.
	Why string `json:"why,omitempty"`
	// Bound is what an approval is of: the plan's bytes, the database, the settings.
	// An answer counts for it alone. "" = the answer counts as long as the run.
	Bound string `json:"bound,omitempty"`
	// Dialog is true for a question that is only opened by a key (run.confirm).
	Dialog bool `json:"dialog,omitempty"`
	// Preset is true where Default is taken with the yes that opens the run,
	// unless somebody answers before: nothing waits for it.
	Preset bool `json:"preset,omitempty"`
	// Detailed are the options that may carry words of the person's own, as in
	// "pitr: restore tested on 2 May".
	Detailed []string `json:"detailed,omitempty"`
	// Wants is what text is an answer where there are no options.
	Wants Wants `json:"wants,omitempty"`
}

// Waits reports whether the question waits for somebody: one of a dialog is put by a key,
// and a preset one has the answer that is proposed.
func (q QuestionAsked) Waits() bool { return !q.Dialog && !q.Preset }

// QuestionAnswered closes a question. By, in the envelope, says who.
type QuestionAnswered struct {
	ID     string `json:"id"`
	Answer string `json:"answer"`
}

// QuestionWithdrawn closes a question that no longer matters.
type QuestionWithdrawn struct {
	ID  string `json:"id"`
	Why string `json:"why"`
}

// AnswerRefused says why an answer in the inbox did not count.
type AnswerRefused struct {
	ID  string `json:"id"`
	Why string `json:"why"`
}

// FactSeen records an observation by name; the newest of a name counts.
type FactSeen struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

// Sampled is a moment of locks and sizes; it is never synced to the disk.
type Sampled struct {
	Sample activity.Sample `json:"sample"`
}

// SampleFailed says since when there is no sample, so that old numbers never
// pass for new.
type SampleFailed struct {
	Error string    `json:"error"`
	Since time.Time `json:"since"`
}

// UnitIntent is written, and on the disk, before the first byte of a unit is
// sent. Without a later UnitApplied or UnitEnded its outcome is unknown.
type UnitIntent struct {
	Unit        int    `json:"unit"`
	Version     string `json:"version"`
	SHA256      string `json:"sha256"`
	Transaction bool   `json:"transaction"`
	// The rest is what a new process needs to ask the database what became of it.
	BackendPID   int       `json:"backend_pid"`
	BackendStart time.Time `json:"backend_start"`
	XID          uint64    `json:"xid,omitempty"`
	Timeline     string    `json:"timeline,omitempty"`
	CommitSent   bool      `json:"commit_sent,omitempty"`
	Statement    int       `json:"statement"`
	// Aside is true while only the history row is written, or what was left behind
	// is cleared away: no statement of the file is under way.
	Aside bool `json:"aside,omitempty"`
	// Files are the files of what the statement writes anew, as they were before.
	Files []string `json:"files,omitempty"`
	// Catalog is the fingerprint of the schema before the team's command was started;
	// "" = belay runs the unit itself.
	Catalog string `json:"catalog,omitempty"`
}

// StatementSent and StatementEnded follow the statement in hand.
type StatementSent struct {
	Unit      int    `json:"unit"`
	Statement int    `json:"statement"`
	SQL       string `json:"sql"`
	Attempt   int    `json:"attempt"`
}

// StatementEnded closes the statement in hand.
type StatementEnded struct {
	Unit      int    `json:"unit"`
	Statement int    `json:"statement"`
	MS        int64  `json:"ms"`
	SQLState  string `json:"sqlstate,omitempty"`
	// Tag is the server's command tag, which of a data change counts the rows:
	// "UPDATE 99".
	Tag string `json:"tag,omitempty"`
	// Existed is true where IF NOT EXISTS met what was there, and made nothing.
	Existed bool `json:"met,omitempty"`
}

// AttemptStarted says what the next try of a unit may wait for.
type AttemptStarted struct {
	Unit          int   `json:"unit"`
	N             int   `json:"n"`
	Of            int   `json:"of"`
	LockTimeoutMS int64 `json:"lock_timeout_ms"`
	HoldMS        int64 `json:"hold_ms"`
	// Beside is what a backfill does before or after its batches; nil = the unit's own.
	Beside *Beside `json:"beside,omitempty"`
}

// Beside is a statement that needs a lock of its own beside the batches of a backfill.
type Beside struct {
	What     string    `json:"what"` // sync trigger
	SQL      string    `json:"sql"`
	Relation string    `json:"relation"`
	Mode     lock.Mode `json:"mode"`
}

// Attempted closes one try of a unit.
type Attempted struct {
	Unit          int       `json:"unit"`
	N             int       `json:"n"`
	LockTimeoutMS int64     `json:"lock_timeout_ms"`
	WaitedMS      int64     `json:"waited_ms"`
	Outcome       string    `json:"outcome"` // applied, lock timeout, deadlock, …
	SQLState      string    `json:"sqlstate,omitempty"`
	Blockers      []Blocker `json:"blockers"`
	// PauseMS is how long belay stays away before the next try; 0 = no next try.
	PauseMS int64 `json:"pause_ms"`
	// Beside is the AttemptStarted's Beside.What; "" = the unit's own.
	Beside string `json:"beside,omitempty"`
}

// Blocker is a session that stood in the way, and how often.
type Blocker struct {
	PID         int    `json:"pid"`
	Application string `json:"application"`
	User        string `json:"user"`
	State       string `json:"state"`
	AgeMS       int64  `json:"age_ms"`
	Query       string `json:"query,omitempty"`
	Count       int    `json:"count,omitempty"`
}

// UnitProgress says how far a build is, or what it waits for.
type UnitProgress struct {
	Unit  int    `json:"unit"`
	Phase string `json:"phase"` // in words
	Done  int64  `json:"done"`
	Total int64  `json:"total"` // 0 = the phase has no total
	Of    string `json:"of"`    // blocks, tuples, sessions
	// Blockers are who it waits for.
	Blockers []Blocker `json:"blockers,omitempty"`
}

// UnitApplied says that the database confirmed the unit.
type UnitApplied struct {
	Unit    int    `json:"unit"`
	Version string `json:"version"`
	MS      int64  `json:"ms"`
	// Proof is how belay knows, such as "history row 42".
	Proof string `json:"proof"`
	// Left names the event triggers whose code ran at its statements, as they were seen
	// around it; "" = none.
	Left string `json:"left,omitempty"`
}

// UnitEnded says that a unit ended without being applied, or unknown.
type UnitEnded struct {
	Unit     int       `json:"unit"`
	Version  string    `json:"version"`
	Outcome  Outcome   `json:"outcome"` // not applied, unknown
	Reason   string    `json:"reason"`
	Error    string    `json:"error,omitempty"`
	Hint     string    `json:"hint,omitempty"`
	SQLState string    `json:"sqlstate,omitempty"`
	Left     []string  `json:"left,omitempty"`
	Blockers []Blocker `json:"blockers,omitempty"`
}

// UnitProbed says what the database answered about a unit whose outcome was
// unknown.
type UnitProbed struct {
	Unit    int     `json:"unit"`
	Version string  `json:"version"`
	Outcome Outcome `json:"outcome"` // applied, not applied, running, unknown, lost
	// Evidence names what was read, such as "no history row; backend 5512 is gone".
	Evidence string `json:"evidence"`
	PID      int    `json:"pid,omitempty"` // of a ghost that still works
	// Statements is what was read of each statement of a unit that is no
	// transaction.
	Statements []StatementProbed `json:"statements,omitempty"`
}

// StatementProbed is one statement of a unit that was asked for.
type StatementProbed struct {
	Statement int     `json:"statement"`
	SQL       string  `json:"sql"`
	Outcome   Outcome `json:"outcome"` // applied, not applied, unknown
	Evidence  string  `json:"evidence"`
}

// StopRequested says that somebody asked to stop: before the next unit, or now.
type StopRequested struct {
	Now bool `json:"now"`
}

// GoingOnUnwatched says that the run may go on without a screen.
type GoingOnUnwatched struct{}

// ScreenLost says that the last screen went away without a word.
type ScreenLost struct{}

// ScreenBack says that somebody watches again.
type ScreenBack struct{}

// BackfillDone says that every row of a backfill was met and verified.
type BackfillDone struct {
	// ID is the uuid in the ledger.
	ID      string  `json:"id"`
	Rows    int64   `json:"rows"` // changed
	Batches int64   `json:"batches"`
	Seconds float64 `json:"seconds"` // without pauses
	// Left are the rows that are not as the statement makes them.
	Left int64 `json:"left"`
}

// Noted is a sentence for the log and the report.
type Noted struct {
	Text string `json:"text"`
}

// Kind names the event.
func (EngineStarted) Kind() Kind     { return "engine.started" }
func (EngineStopped) Kind() Kind     { return "engine.stopped" }
func (PlaybookChosen) Kind() Kind    { return "playbook.chosen" }
func (RunOpened) Kind() Kind         { return "run.opened" }
func (RunParked) Kind() Kind         { return "run.parked" }
func (RunAbandoned) Kind() Kind      { return "run.abandoned" }
func (RunFinished) Kind() Kind       { return "run.finished" }
func (StepStarted) Kind() Kind       { return "step.started" }
func (StepFinished) Kind() Kind      { return "step.finished" }
func (StepProgress) Kind() Kind      { return "step.progress" }
func (QuestionAsked) Kind() Kind     { return "question.asked" }
func (QuestionAnswered) Kind() Kind  { return "question.answered" }
func (QuestionWithdrawn) Kind() Kind { return "question.withdrawn" }
func (AnswerRefused) Kind() Kind     { return "answer.refused" }
func (FactSeen) Kind() Kind          { return "fact" }
func (Sampled) Kind() Kind           { return "sample" }
func (SampleFailed) Kind() Kind      { return "sample.failed" }
func (UnitIntent) Kind() Kind        { return "unit.intent" }
func (StatementSent) Kind() Kind     { return "statement.sent" }
func (StatementEnded) Kind() Kind    { return "statement.ended" }
func (AttemptStarted) Kind() Kind    { return "attempt.started" }
func (Attempted) Kind() Kind         { return "attempt" }
func (UnitProgress) Kind() Kind      { return "unit.progress" }
func (UnitApplied) Kind() Kind       { return "unit.applied" }
func (UnitEnded) Kind() Kind         { return "unit.ended" }
func (UnitProbed) Kind() Kind        { return "unit.probed" }
func (StopRequested) Kind() Kind     { return "stop.requested" }
func (GoingOnUnwatched) Kind() Kind  { return "unwatched.allowed" }
func (ScreenLost) Kind() Kind        { return "screen.lost" }
func (ScreenBack) Kind() Kind        { return "screen.back" }
func (BackfillDone) Kind() Kind      { return "backfill.done" }
func (Noted) Kind() Kind             { return "note" }

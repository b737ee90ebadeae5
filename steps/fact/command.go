package fact

import "time"

// Command is the team's own command, which runs the migrations while belay watches:
// before the run what it is, in the run what it does.
type Command struct {
	Line string `json:"line"`
	// From is the file that says it; Script what package.json runs by its name.
	From   string `json:"from"`
	Script string `json:"script,omitempty"`
	// Unseen are the files of which nobody can know beforehand which SQL they send.
	Unseen []string `json:"unseen,omitempty"`
	// Unread says why the tool's history cannot be read; "" = it can.
	Unread string `json:"unread,omitempty"`
	// LockTimeoutMS and StatementTimeoutMS are what PGOPTIONS asks of its sessions; 0 =
	// none.
	LockTimeoutMS      int64 `json:"lock_timeout_ms"`
	StatementTimeoutMS int64 `json:"statement_timeout_ms"`
	// PID is its process group; 0 = it was not started.
	PID   int       `json:"pid,omitempty"`
	Try   int       `json:"try,omitempty"`
	Since time.Time `json:"since,omitzero"`
	// Sessions are those that are there now, Seen how many there were in all.
	Sessions []CommandSession `json:"sessions,omitempty"`
	Seen     int              `json:"seen,omitempty"`
	// Limits says what is known of the limits in its sessions.
	Limits string `json:"limits,omitempty"`
	// Output are the last lines that it wrote, Log the file that has more of them.
	Output []string `json:"output,omitempty"`
	Log    string   `json:"log,omitempty"`
	// Ended is how it ended, in words; "" = it runs.
	Ended string `json:"ended,omitempty"`
}

// CommandSession is a session of the command's.
type CommandSession struct {
	PID   int    `json:"pid"`
	How   string `json:"how"`
	State string `json:"state"`
	// Waits is true while it waits for a lock; WaitMS how long it was seen to.
	Waits  bool   `json:"waits,omitempty"`
	WaitMS int64  `json:"wait_ms,omitempty"`
	Query  string `json:"query,omitempty"`
}

// Fact is the name under which it is kept.
func (Command) Fact() string { return "command" }

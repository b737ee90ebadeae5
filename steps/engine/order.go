// Package engine is the one loop of a run: it drives the steps of a playbook,
// writes the journal alone, reads the inbox, and decides when a step may begin.
// It has no terminal. It is its own process, so that neither a lost connection
// nor a stalled screen touches the run.
//
// Its life, each phase with what follows a turn (life.go):
//
//	          looks     settles   confirms  opens     deserts   ends
//	looking   looking   idle      looking   running   over      over
//	idle      looking   -         looking   running   over      over
//	running   running   -         -         -         -         over
//	over      over      -         -         -         -         over
//
// Once a run is open nothing looks any more; a run is never deserted: it ends or parks.
//
// The loop owns every part below and is the only goroutine that calls them. Each has the
// diary, and none has the engine:
//
//	diary      the run as its journal tells it, and the one way to tell more
//	requests   what steps and samplers ask the loop to do
//	queue      the steps that are still to do, and what is looked at once more
//	questions  what is asked and answered
//	approvals  what a second person says, by the notary through the ledger too
//	keyring    who watches, and who may ask for what
//	takeover   a run of another host that goes on here
//	copier     the journal's copy in the ledger
//	ender      sessions of others, looked at and ended
//	recorder   the samples that are kept
package engine

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"belay/steps"
	"belay/steps/journal"
	"belay/steps/project"
)

// Order is what a command wants of a new engine. It travels over an inherited
// pipe, because it may hold a password: never argv, never the run folder.
type Order struct {
	// Dir is the working directory of the command.
	Dir string
	// Folder is the run folder. A new one is a look folder until the plan is
	// confirmed.
	Folder string
	Flags  project.Flags
	// DSN is the --dsn flag; it may hold a password.
	DSN string
	// Environ are the variables of the command that name a server or a password.
	Environ map[string]string
	// Command is run, rollback, backfill or tripwire; "" = run.
	Command string
	// Backfill is what `belay backfill` was asked for; nil = another command. Its
	// ID is that of a resume, "" = a new one.
	Backfill *steps.Backfill
	// Tripwire is what `belay campaign tripwire` was asked for; nil = another command.
	Tripwire *steps.Tripwire
	// Versions cuts the tail of what is pending; empty = all pending. Of a rollback
	// they are what is taken back; empty = the newest applied.
	Versions []string
	// Until is the last step that is wanted, of a look that nothing follows; "" = all.
	Until string
	// Answers are given by id before anything is asked.
	Answers map[string]string
	// Rehearsal is the file of a rehearsal's record; "" = look for one.
	Rehearsal string
	// Headless is true where nobody can be asked: a question without an answer
	// ends the engine with exit code 4.
	Headless bool
	// Adopt is the uuid of the run of another host that is to be taken over; "" =
	// none is named.
	Adopt string
	// Resume is true for a folder that holds an opened run.
	Resume bool
	// Started is the system identifier of a throwaway server that belay itself
	// started and that goes with the last screen; "" = none. Its databases are
	// local, and the engine ends when nobody watches.
	Started string
	// Left is what belay found left by engines before, in sentences.
	Left []string
	// By is the person, as the report names them.
	By string
}

// Settings of the engine's own patience. Tests shorten them.
type patience struct {
	// poll is how often the inbox is read.
	poll time.Duration
	// arrive is how long a new engine waits for its first screen.
	arrive time.Duration
	// park is how long a question stays open with nobody watching.
	park time.Duration
	// unwatched is how long a backfill goes on with nobody watching, unless that
	// was allowed.
	unwatched time.Duration
	// answer is how long the holder has to answer who asks for the keys. After it the OS
	// user whose run it is may take them: their other screen may stand in an office.
	answer time.Duration
	// sample is the shortest time between two samples.
	sample time.Duration
	// facts is how old what was looked at may be when a run opens.
	facts time.Duration
	// reconnect is how often an unreachable server is tried again in look mode.
	reconnect time.Duration
	// host is this host's name; nil = the system's.
	host func() string
	// moved is called before a phase follows another; nil but in tests, which count.
	moved func(phase, turn)
	// writing and written are called around each event; nil but in tests, which
	// end the process there.
	writing, written func(journal.Kind)
	// lending and asking are called where the monitor is lent and given back, and where
	// the loop is asked for something; nil but in tests, which hold one against the
	// other.
	lending func(bool)
	asking  func()
}

var usual = patience{
	poll:      40 * time.Millisecond,
	arrive:    20 * time.Second,
	park:      15 * time.Minute,
	unwatched: 5 * time.Minute,
	answer:    10 * time.Second,
	sample:    time.Second,
	facts:     10 * time.Second,
	reconnect: 5 * time.Second,
}

// WriteOrder and ReadOrder move an order through a pipe.
func WriteOrder(w io.Writer, o Order) error { return json.NewEncoder(w).Encode(o) }

// ReadOrder reads what WriteOrder wrote.
func ReadOrder(r io.Reader) (Order, error) {
	var o Order
	if err := json.NewDecoder(r).Decode(&o); err != nil {
		return o, fmt.Errorf("the engine's order: %w", err)
	}
	return o, nil
}

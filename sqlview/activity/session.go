package activity

import (
	"strconv"
	"strings"
	"time"

	"belay/sqlview/lock"
)

// Session is one backend at a moment, with all that must be known to end it and no
// other. The zero value is a backend that is not there.
type Session struct {
	PID int `json:"pid"`
	// BackendStart names the backend together with PID, which is given out again; zero
	// = the role may not see it. TransactionStart and StatementStart are zero where
	// there is none, or the role may not see them. By the server's clock.
	BackendStart     time.Time `json:"backend_start,omitzero"`
	TransactionStart time.Time `json:"transaction_start,omitzero"`
	StatementStart   time.Time `json:"statement_start,omitzero"`
	// StateSince is since when it is in State.
	StateSince  time.Time `json:"state_since,omitzero"`
	At          time.Time `json:"at,omitzero"`
	Application string    `json:"application"`
	User        string    `json:"user"`
	Database    string    `json:"database"`
	// Client is the address; "" = a socket of the server's own host, or not to be seen.
	Client      string `json:"client,omitempty"`
	BackendType string `json:"backend_type"`
	State       string `json:"state"`
	// Leader is the pid that a parallel worker works for; 0 = it works for itself.
	Leader int `json:"leader,omitempty"`
	// Query is the current or last statement, as much as the server keeps; Cut is true
	// where that is not all.
	Query string `json:"query"`
	Cut   bool   `json:"cut,omitempty"`
	// Wraparound is true for an autovacuum that will not yield.
	Wraparound bool `json:"wraparound,omitempty"`
	// Holds are its granted locks on relations of this database, the strongest first.
	Holds []Held `json:"holds,omitempty"`
	// Blocks are the pids that wait for it, directly or behind others, the longest
	// waiting first.
	Blocks []int `json:"blocks,omitempty"`
}

// Held is a lock on a relation.
type Held struct {
	Mode     lock.Mode `json:"mode"`
	Relation string    `json:"relation"` // "schema.name"
}

// Way is how a session is ended.
type Way string

// The ways, the gentle one first.
const (
	// Cancel ends its statement: pg_cancel_backend.
	Cancel Way = "cancel"
	// Terminate ends its connection: pg_terminate_backend.
	Terminate Way = "terminate"
)

// Consent is what a person types to end a session in a way.
func (s Session) Consent(w Way) string { return string(w) + " " + strconv.Itoa(s.PID) }

// Hidden reports whether the role may not see what the session does. Nothing then
// tells the backend from another that gets its pid.
func (s Session) Hidden() bool { return s.PID != 0 && s.BackendStart.IsZero() }

// Key is what a consent is bound to: this backend, in this transaction; where it is in
// none, in this state since this statement. What it does later has another key.
func (s Session) Key() string {
	at := func(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 36) }
	key := strconv.Itoa(s.PID) + "/" + at(s.BackendStart)
	if !s.TransactionStart.IsZero() {
		return key + "/" + at(s.TransactionStart)
	}
	return key + "/" + s.State + "/" + at(s.StatementStart)
}

// Same reports whether two moments are of one backend.
func (s Session) Same(o Session) bool {
	return s.PID == o.PID && s.BackendStart.Equal(o.BackendStart)
}

// InTheWay reports whether it holds what others may need.
func (s Session) InTheWay() bool { return len(s.Holds) > 0 || len(s.Blocks) > 0 }

// Ours reports whether a session calls itself one of belay's.
func Ours(application string) bool { return strings.HasPrefix(application, "belay/") }

// The types of backends that are told apart.
const (
	clientBackend  = "client backend"
	autovacuum     = "autovacuum worker"
	walSender      = "walsender"
	parallelWorker = "parallel worker"
)

// Ending says by which way a session may be ended next, "" = by none, and why it is
// not another: in a sentence. canceled is true where a cancel of it did not help.
func (s Session) Ending(canceled bool) (w Way, why string) {
	pid := strconv.Itoa(s.PID)
	switch {
	case s.PID == 0:
		return "", "a prepared transaction has no session: COMMIT PREPARED or ROLLBACK PREPARED ends it"
	case Ours(s.Application):
		return "", "it is belay's own: `belay stop` stops a run and leaves nothing half done"
	case s.Hidden():
		return "",
			"hidden: needs pg_read_all_stats; without it belay could not tell this session from another that gets " +
				"its pid"
	case s.BackendType == parallelWorker && s.Leader != 0:
		return "", "it works for pid " + strconv.Itoa(s.Leader) + ": end that one"
	case s.BackendType == walSender:
		return Terminate, "cancel does nothing to a replication connection"
	case s.BackendType != clientBackend && s.BackendType != autovacuum:
		return "", "it is a process of the server itself (" + s.BackendType + "), not a session"
	case strings.HasPrefix(s.State, "idle in transaction"):
		return Terminate, "it is idle in its transaction: it runs nothing that could be cancelled"
	case s.State != "active" && s.BackendType == clientBackend:
		return Terminate, "it runs nothing that could be cancelled"
	case canceled:
		return Terminate, "a cancel did not help"
	}
	return Cancel, "terminate " + pid + " is offered only after a cancel that did not help"
}

// Means says what ending it in a way means for whoever uses it, one idea a sentence.
func (s Session) Means(w Way) []string {
	var out []string
	switch {
	case s.BackendType == walSender:
		out = []string{
			"It sends WAL to a replica or a subscriber. That one falls behind until it connects again, which it does " +
				"by itself.",
			"Where it is the synchronous standby, commits wait meanwhile.",
		}
	case s.Wraparound:
		out = []string{
			"It vacuums so that the server does not run out of transaction ids. It starts again soon, from the " +
				"beginning.",
			"Ended again and again, it lets the server come to the point where it takes no more writes.",
		}
	case s.BackendType == autovacuum:
		out = []string{"It starts again by itself, from the beginning."}
	case w == Cancel:
		out = []string{"Its statement fails with SQLSTATE 57014. The connection stays.", inItsTransaction(s)}
	case !s.TransactionStart.IsZero():
		out = []string{
			"Its connection is closed, and its application gets SQLSTATE 57P01.",
			"Its transaction is rolled back: all that it wrote since it began is lost.",
		}
	default:
		out = []string{
			"Its connection is closed, and its application gets SQLSTATE 57P01.",
			"It is in no transaction: nothing is rolled back.",
		}
	}
	return out
}

// inItsTransaction says what becomes of the rest of a transaction whose statement is
// cancelled.
func inItsTransaction(s Session) string {
	if s.TransactionStart.Equal(s.StatementStart) {
		return "What the statement has done so far is rolled back."
	}
	return "The whole transaction is rolled back with it, unless its application has set a savepoint."
}

package apply

import (
	"slices"
	"strings"

	"belay/db"
)

// hints say what to do now, by reason.
var hints = map[Reason]string{
	Held:             "try again, or end the session that is in the way, or come back when it is done",
	Vacuuming:        "let it finish, or allow belay to make the server cancel it: autovacuum starts again by itself",
	HoldExceeded:     "look what made it slow (a trigger, a scan, a function); accept a hold time, or split it",
	QueueLimit:       "run it at a quieter hour, or split it so that it holds its lock for less time",
	Canceled:         "run it again when you like",
	CanceledByOther:  "ask who cancelled it before running it again",
	Terminated:       "ask who ended the session before running it again",
	StatementError:   "fix the file, review it again, and run it again",
	TransactionEnded: "take transaction control out of the file, and look at what it committed",
	ConnectionLost:   "ask the database what became of it before anything else",
	IndexInvalid:     "drop the INVALID index with DROP INDEX CONCURRENTLY, then run it again",
	IndexDiffers:     "compare the two definitions; rename the new index, or drop the old one",
	DetachPending:    "end it with ALTER TABLE … DETACH PARTITION … FINALIZE, then run it again",
	Deadline:         "look what it waited for, and what it left; then run it again",
	KeysHeld:         "see who migrates this database, wait for them, then run it again",
	Untold:           "free space for the run folder, then run it again",
	TakenOver:        "nothing more is sent from here; `belay status` says who goes on with the run",
	Halfway:          "look what it committed, and make it safe to run again; then go on",
	Unrecorded: "look at the history table's rules, triggers and policies (\\d in psql): your own tool would " +
		"record nothing there either",
	Blind:   "reconnect: belay starts nothing that it cannot watch",
	Refused: "fix what the message names, then run it again",
}

// prepared is the gid of a prepared transaction where nothing but such stood in the way.
func (r Result) prepared() string {
	if slices.ContainsFunc(r.Blockers, func(b Blocker) bool { return b.Prepared == "" }) || len(r.Blockers) == 0 {
		return ""
	}
	return r.Blockers[0].Prepared
}

// Hint is what to do now; "" where the unit is applied.
func (r Result) Hint() string {
	if r.Outcome == Unknown {
		return hints[ConnectionLost]
	}
	if f := failureOf(r.Err); f != nil && f.Hint != "" {
		return f.Hint
	}
	if gid := r.prepared(); r.Reason == Held && gid != "" {
		gid = "'" + strings.ReplaceAll(gid, "'", "''") + "'"
		return "a prepared transaction has no session that could be ended: COMMIT PREPARED " + gid +
			" or ROLLBACK PREPARED " + gid + ", by whoever made it; then run it again"
	}
	if r.Outcome == Applied {
		return ""
	}
	if own := db.HintOf(r.Err); r.Reason == Refused && own != "" {
		return own
	}
	return hints[r.Reason]
}

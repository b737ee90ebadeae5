package apply

import (
	"errors"

	"belay/db"
)

// class is what an error means for the unit. It is told by SQLSTATE and
// severity, never by text.
type class int

const (
	fine          class = iota
	unsent              // no byte was handed over
	lost                // bytes were handed over and no answer came
	fatal               // the server ended the session and said so
	lockTimeout         // 55P03
	deadlock            // 40P01
	queryCanceled       // 57014: a cancel or a statement_timeout
	txTimeout           // 25P04: transaction_timeout, which ends the session
	serverError         // any other answer of the server
)

func classify(err error) class {
	switch db.Classify(err) {
	case "":
		return fine
	case db.Unknown, db.ConnectionLost:
		if errors.Is(err, errNotSent) {
			return unsent
		}
		return lost
	}
	if db.SQLState(err) == "25P04" {
		return txTimeout
	}
	if !db.Decided(err) {
		return fatal
	}
	switch db.Classify(err) {
	case db.LockTimeout:
		return lockTimeout
	case db.Deadlock:
		return deadlock
	case db.StatementCanceled:
		return queryCanceled
	}
	return serverError
}

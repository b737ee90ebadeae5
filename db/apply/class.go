package apply

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
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
	if err == nil {
		return fine
	}
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		if errors.Is(err, errNotSent) {
			return unsent
		}
		return lost
	}
	switch pg.Code {
	case "25P04":
		return txTimeout
	case "55P03":
		return lockTimeout
	case "40P01":
		return deadlock
	}
	if endsSession(pg) {
		return fatal
	}
	if pg.Code == "57014" {
		return queryCanceled
	}
	return serverError
}

func endsSession(pg *pgconn.PgError) bool {
	severity := pg.SeverityUnlocalized
	if severity == "" {
		severity = pg.Severity
	}
	return severity == "FATAL" || severity == "PANIC"
}

func code(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

package db

import (
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
)

// Class is what kind of failure an error is, by SQLSTATE alone. "" = no error.
type Class string

// The classes. Unknown is every error that did not come from the server: once
// bytes were sent, it says nothing of what became of the statement.
const (
	LockTimeout Class = "lock timeout" // 55P03
	// 57014: a cancel or statement_timeout; the server gives both one code
	StatementCanceled Class = "statement canceled"
	Deadlock          Class = "deadlock"        // 40P01
	Serialization     Class = "serialization"   // 40001
	ConnectionLost    Class = "connection lost" // class 08, as the server or a pooler reports it
	AdminShutdown     Class = "admin shutdown"  // 57P01, 57P02, 57P03: terminated, crashed, starting up
	// 25P03, 25P04, 57P05: the server closed an idle or too long session
	SessionTimeout     Class = "session timeout"
	TooManyConnections Class = "too many connections"   // 53300
	Privilege          Class = "insufficient privilege" // 42501
	Authentication     Class = "authentication"         // class 28
	NoDatabase         Class = "no such database"       // 3D000
	Syntax             Class = "syntax or name"         // class 42
	Data               Class = "data"                   // class 22 and 23
	DiskFull           Class = "disk full"              // 53100
	Resources          Class = "out of resources"       // rest of class 53
	ReadOnly           Class = "read only"              // 25006
	ActiveTransaction  Class = "in a transaction"       // 25001
	FailedTransaction  Class = "failed transaction"     // 25P02
	Other              Class = "other"                  // any other SQLSTATE
	Unknown            Class = "unknown"                // not an answer of the server
)

var byState = map[string]Class{
	"55P03": LockTimeout, "57014": StatementCanceled, "40P01": Deadlock, "40001": Serialization,
	"57P01": AdminShutdown, "57P02": AdminShutdown, "57P03": AdminShutdown,
	"25P03": SessionTimeout, "25P04": SessionTimeout, "57P05": SessionTimeout,
	"53300": TooManyConnections, "42501": Privilege, "3D000": NoDatabase, "53100": DiskFull,
	"25006": ReadOnly, "25001": ActiveTransaction, "25P02": FailedTransaction,
	// statement_completion_unknown: the server itself does not know.
	"40003": Unknown, "08007": Unknown,
}

var byStateClass = map[string]Class{
	"08": ConnectionLost, "28": Authentication, "42": Syntax,
	"22": Data, "23": Data, "53": Resources,
}

// Classify says what kind of failure err is. Only the SQLSTATE decides; the
// driver's own opinion on what may be sent again is never asked, because it
// calls a committed statement safe to send again.
func Classify(err error) Class {
	if err == nil {
		return ""
	}
	code := SQLState(err)
	if code == "" && Elsewhere(err) {
		return Other
	}
	if code == "" {
		return Unknown
	}
	if c, ok := byState[code]; ok {
		return c
	}
	if len(code) == 5 {
		if c, ok := byStateClass[code[:2]]; ok {
			return c
		}
	}
	return Other
}

// Elsewhere reports that what answers is not what was looked at: waiting does not help.
func Elsewhere(err error) bool {
	var other *OtherError
	return errors.As(err, &other) || errors.Is(err, ErrPooler)
}

// SQLState is the five letters of the server's error; "" where the error did
// not come from the server.
func SQLState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// Lost reports whether err says that the line or the session is no more: the network's
// own word, the server's last one, or no answer in time.
func Lost(err error) bool {
	switch Classify(err) {
	case ConnectionLost, AdminShutdown, SessionTimeout:
		return true
	case Unknown:
		var line net.Error
		var silent *SilentError
		return errors.As(err, &line) || errors.As(err, &silent) || isTimeout(err) || errors.Is(err, io.EOF) ||
			errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
			errors.Is(err, pgconn.ErrConnClosed) ||
			errors.Is(err, errEnded) || errors.Is(err, ErrClosed)
	}
	return false
}

// Decided reports whether err is the server's own word that the statement
// failed and its effect is undone, in a session that lives on. It is false for
// a lost connection, a deadline of ours, and for FATAL and PANIC: these may
// follow a COMMIT that has taken effect.
func Decided(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || Classify(err) == Unknown || Classify(err) == ConnectionLost {
		return false
	}
	severity := pg.SeverityUnlocalized
	if severity == "" {
		severity = pg.Severity
	}
	return severity == "ERROR"
}

package db

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// ConnectError is a connection that was not opened. Nothing was sent on it, so
// nothing has happened in the database.
type ConnectError struct {
	// Target is the Config's Description; User the login role.
	Target, User string
	// Err is the cause; a *pgconn.PgError in it carries the SQLSTATE.
	Err error
}

// Error is one line with target and SQLSTATE.
func (e *ConnectError) Error() string { m, _ := Explain(e); return m }

// Hint is what to do now.
func (e *ConnectError) Hint() string { _, h := Explain(e); return h }

// Unwrap gives the cause.
func (e *ConnectError) Unwrap() error { return e.Err }

// Explain says in one line why a connection was not opened, and in a second
// what to do now. For other errors the message is the error's own text, and the
// hint "" where there is nothing to advise.
func Explain(err error) (message, hint string) {
	if err == nil {
		return "", ""
	}
	var c *ConnectError
	if !errors.As(err, &c) {
		return explainStatement(err)
	}
	var pg *pgconn.PgError
	if errors.As(c.Err, &pg) {
		return explainRefusal(c, pg)
	}
	return explainNetwork(c)
}

func explainRefusal(c *ConnectError, pg *pgconn.PgError) (string, string) {
	said := func(format string, a ...any) string { return fmt.Sprintf(format, a...) + " (SQLSTATE " + pg.Code + ")" }
	switch {
	case pg.Code == "28P01":
		return said("wrong password for role %q: %s", c.User, c.Target),
			"give the password by PGPASSFILE, PGPASSWORD or the DSN in DATABASE_URL; check the role's name too"
	case Classify(pg) == Authentication:
		return said("role %q may not log in: %s: %s", c.User, c.Target, pg.Message),
			"check role, database and sslmode against pg_hba.conf of the server"
	case Classify(pg) == NoDatabase:
		return said("no such database: %s", c.Target),
			"check the database name in the DSN; psql -l lists what the server has"
	case Classify(pg) == TooManyConnections:
		return said("no connection slot left: %s: %s", c.Target, pg.Message),
			"belay needs three; wait, or free slots (idle sessions in pg_stat_activity, limits of role and database)"
	case Classify(pg) == Privilege:
		return said("role %q lacks rights: %s: %s", c.User, c.Target, pg.Message),
			"GRANT CONNECT ON DATABASE to the role, or use a role that has it"
	case pg.Code == "57P03":
		return said("server does not take connections now: %s: %s", c.Target, pg.Message),
			"it starts up, shuts down or recovers; wait and try again"
	}
	return said("server refused the connection: %s: %s", c.Target, pg.Message),
		"check the DSN and the server's log"
}

func explainNetwork(c *ConnectError) (string, string) {
	var dns *net.DNSError
	switch {
	case isTLS(c.Err):
		return fmt.Sprintf("TLS with the server failed: %s: %v", c.Target, root(c.Err)),
			"check sslmode and sslrootcert; verify-full wants the host name that is in the certificate"
	case errors.As(c.Err, &dns):
		return fmt.Sprintf("host name not found: %s: %s", c.Target, dns.Name),
			"check the host in the DSN, and that the VPN or tunnel is up"
	case errors.Is(c.Err, syscall.ECONNREFUSED), errors.Is(c.Err, syscall.ENOENT):
		return "nobody listens there: " + c.Target,
			"check host and port, and that the server or the tunnel runs"
	case errors.Is(c.Err, context.Canceled):
		return "connecting was canceled: " + c.Target, ""
	case isTimeout(c.Err):
		return "no answer in time: " + c.Target,
			"check host and port, firewall and VPN; connect_timeout in the DSN sets the limit in seconds"
	}
	return fmt.Sprintf("cannot reach the server: %s: %v", c.Target, root(c.Err)),
		"check host, port and sslmode in the DSN"
}

func isTLS(err error) bool {
	var (
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		alert     tls.AlertError
		record    tls.RecordHeaderError
	)
	return errors.As(err, &verify) || errors.As(err, &authority) || errors.As(err, &name) ||
		errors.As(err, &invalid) || errors.As(err, &alert) || errors.As(err, &record)
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.As(err, &n) && n.Timeout() || pgconn.Timeout(err)
}

// root is the innermost error: the driver's own wrapping repeats the address.
func root(err error) error {
	for {
		switch x := err.(type) {
		case interface{ Unwrap() error }:
			if x.Unwrap() == nil {
				return err
			}
			err = x.Unwrap()
		case interface{ Unwrap() []error }:
			if len(x.Unwrap()) == 0 {
				return err
			}
			err = x.Unwrap()[0]
		default:
			return err
		}
	}
}

var statementHints = map[Class]string{
	LockTimeout:        "nothing changed; somebody held a conflicting lock: see who blocks and try again",
	StatementCanceled:  "nothing of the transaction stays; it took longer than allowed or was canceled",
	Deadlock:           "nothing of the transaction stays; it may be tried again as a whole",
	Serialization:      "nothing of the transaction stays; it may be tried again as a whole",
	Privilege:          "run as the owner of the object, or set role for this target",
	ReadOnly:           "this is a standby, or default_transaction_read_only is on: connect to the primary",
	DiskFull:           "free space on the server before trying again",
	TooManyConnections: "wait, or free connection slots",
	AdminShutdown:      "the server ended the session; the database must be asked what became of the statement",
	SessionTimeout:     "the server ended the session after its timeout",
}

func explainStatement(err error) (string, string) {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		var h interface{ Hint() string }
		if errors.As(err, &h) {
			return err.Error(), h.Hint()
		}
		return err.Error(), ""
	}
	return fmt.Sprintf("%s (SQLSTATE %s)", pg.Message, pg.Code), statementHints[Classify(err)]
}

package db

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"belay/sqlview/pattern"
)

// ConnectError is a connection that was not opened. Nothing was sent on it, so
// nothing has happened in the database.
type ConnectError struct {
	// Target is the Config's Description; User the login role; Database what was asked for.
	Target, User, Database string
	// AsRole is true where the connection itself asks to begin as another role.
	AsRole bool
	// Err is the cause; a *pgconn.PgError in it carries the SQLSTATE.
	Err error
	// Attrs is the target_session_attrs that the server has to meet; "" = any.
	Attrs string
	// Direct is true where TLS is begun without asking first.
	Direct bool
}

// Error is one line with target and SQLSTATE.
func (e *ConnectError) Error() string { m, _ := Explain(e); return m }

// Hint is what to do now.
func (e *ConnectError) Hint() string { _, h := Explain(e); return h }

// Unwrap gives the cause.
func (e *ConnectError) Unwrap() error { return e.Err }

// HintOf finds what an error says to do now; "" where it has nothing to say.
func HintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// Explain says in one line why a connection was not opened, and in a second
// what to do now. Of another error the message is the server's, or the error's own
// text; the hint is the error's own where it has one.
func Explain(err error) (message, hint string) {
	if err == nil {
		return "", ""
	}
	var c *ConnectError
	if !errors.As(err, &c) {
		return explainStatement(err)
	}
	if pin, ok := errors.AsType[*PinError](c.Err); ok {
		return pin.Error() + ": " + c.Target, pin.Hint()
	}
	if errors.Is(c.Err, ErrPooler) {
		return c.Err.Error() + ": " + c.Target, poolerError{}.Hint()
	}
	var pg *pgconn.PgError
	if errors.As(c.Err, &pg) {
		return explainRefusal(c, pg)
	}
	return explainNetwork(c)
}

func explainRefusal(c *ConnectError, pg *pgconn.PgError) (message, hint string) {
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
	case Classify(pg) == Privilege && c.AsRole:
		return said("role %q lacks rights: %s: %s", c.User, c.Target, pg.Message),
			"let the DBA GRANT the role that the connection asks for to " + pgx.Identifier{c.User}.Sanitize() +
				", or take it out of the DSN, the service file or PGOPTIONS"
	case Classify(pg) == Privilege:
		return said("role %q lacks rights: %s: %s", c.User, c.Target, pg.Message),
			fmt.Sprintf("GRANT CONNECT ON DATABASE %s TO %s, or use a role that has it",
				pgx.Identifier{c.Database}.Sanitize(), pgx.Identifier{c.User}.Sanitize())
	case pg.Code == "57P03":
		return said("server does not take connections now: %s: %s", c.Target, pg.Message),
			"it starts up, shuts down or recovers; wait and try again"
	case pg.Code == "22023" && refusedParameter.MatchString(pg.Message):
		name := refusedParameter.FindStringSubmatch(pg.Message)[1]
		return said("the server does not take the connection's value of %s: %s", name, c.Target),
			"take " + name + " out of options in the DSN, the service file or PGOPTIONS, or give it another value"
	case pg.Code == "58P01":
		return said("server refused the connection: %s: %s", c.Target, pg.Message),
			"session_preload_libraries or local_preload_libraries, of the server, the role, the database or the DSN, " +
				"names what is not installed there"
	case parameterStates[pg.Code]:
		// The server quotes what it does not like, and that may be a piece of a password.
		return said("the server refuses a run-time parameter of the connection: %s", c.Target),
			"check options and the parameters in the DSN, the service file and PGOPTIONS; the server's log names " +
				"the one"
	}
	return said("server refused the connection: %s: %s", c.Target, pg.Message),
		"check the DSN and the server's log"
}

// refusedParameter finds the name of a parameter that the server knows.
var refusedParameter = pattern.New(`^invalid value for parameter "([A-Za-z_]+)"`)

// parameterStates are of a start that asks for what no such parameter can be:
// undefined_object, invalid_parameter_value, syntax_error, invalid_name,
// cant_change_runtime_param.
var parameterStates = map[string]bool{"42704": true, "22023": true, "42601": true, "42602": true, "55P02": true}

func explainNetwork(c *ConnectError) (message, hint string) {
	var dns *net.DNSError
	var plain *PlainPasswordError
	var silent *SilentError
	switch {
	case errors.As(c.Err, &plain):
		return fmt.Sprintf("%s: %v", c.Target, plain), plainHint(plain)
	case errors.As(c.Err, &silent):
		return fmt.Sprintf("cannot use the server: %s: %v", c.Target, silent), silent.Hint()
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
		return "connecting was canceled: " + c.Target,
			"it was told to stop before the server had answered: nothing has changed"
	case isTimeout(c.Err):
		return "no answer in time: " + c.Target,
			"check host and port, firewall and VPN; connect_timeout in the DSN sets the limit in seconds"
	}
	hint = "check host, port and sslmode in the DSN"
	switch {
	case c.Direct && errors.Is(c.Err, io.EOF):
		hint = "servers before 17 know nothing of sslnegotiation=direct: take it out of the DSN"
	case c.Attrs != "" && c.Attrs != "any" && !errors.Is(c.Err, io.EOF):
		hint = "target_session_attrs=" + c.Attrs + " asks for a server of that kind: name one that is, or take it out"
	}
	return fmt.Sprintf("cannot reach the server: %s: %v", c.Target, root(c.Err)), hint
}

func plainHint(e *PlainPasswordError) string {
	if e.Method == "password" {
		return "sslmode=require in the DSN encrypts the line; require_auth=password sends the password as it is, to " +
			"whoever sits on it"
	}
	return "sslmode=require in the DSN encrypts the line; sslmode=disable says that you mean an unencrypted one"
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
	AdminShutdown:      lostHint,
	SessionTimeout: "the server ended the session after its timeout: see idle_session_timeout and its kin, then " +
		"try again",
	ConnectionLost: lostHint,
}

const (
	lostHint = "the connection was lost: check that the server and the way to it are up, then look again"
	ownHint  = "this is no answer of the server: `belay doctor` looks what this machine and this role lack; where " +
		"it finds nothing, it is a fault of belay's"
	serverHint = "the server refused what belay asked: its log at this moment says more; nothing was changed by the " +
		"question"
)

func explainStatement(err error) (message, hint string) {
	var pg *pgconn.PgError
	message, hint = err.Error(), serverHint
	if errors.As(err, &pg) {
		message = fmt.Sprintf("%s (SQLSTATE %s)", ShownMessage(pg.Message, ""), pg.Code)
	}
	switch own := HintOf(err); {
	case own != "":
		hint = own
	case statementHints[Classify(err)] != "":
		hint = statementHints[Classify(err)]
	case Lost(err):
		hint = lostHint
	case pg == nil:
		hint = ownHint
	}
	return message, hint
}

// explainedError is an error of the connection in words; its own text is that of a library.
type explainedError struct {
	text string
	err  error
}

func (e *explainedError) Error() string { return e.text }
func (e *explainedError) Unwrap() error { return e.err }

// Explained gives an error of the connection a text for people: pgx and the network say
// "timeout: context deadline exceeded" and "unexpected EOF". Every other error is as it
// was, also where it is one of ours that says more of such a cause.
func Explained(err error) error {
	var (
		pg        *pgconn.PgError
		explained *explainedError
		silent    *SilentError
		away      *AwayError
		connect   *ConnectError
	)
	switch {
	case err == nil || errors.As(err, &pg) || errors.As(err, &explained),
		errors.As(err, &silent), errors.As(err, &away), errors.As(err, &connect):
		return err
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return &explainedError{"the server did not answer in time", err}
	case errors.Is(err, context.Canceled):
		return &explainedError{"it was stopped while it waited for the server", err}
	case Lost(err):
		return &explainedError{"the connection broke", err}
	}
	return err
}

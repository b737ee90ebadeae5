package db

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Whose names the database behind a connection: "SYSTEM/OID", without the first
// where the role may not read it; "" = not known.
type Whose string

// Same reports whether both may be the same database. What one of them does not
// tell is not held against the other.
func (w Whose) Same(o Whose) bool {
	if w == "" || o == "" {
		return true
	}
	a, oid, _ := strings.Cut(string(w), "/")
	b, other, _ := strings.Cut(string(o), "/")
	return oid == other && (a == b || a == "" || b == "")
}

// OtherError says that another database answers at an address.
type OtherError struct{ Was, Is Whose }

// Error names both.
func (e *OtherError) Error() string {
	return "another database answers there now: " + string(e.Is) + ", it was " + string(e.Was) +
		" (system identifier/oid)"
}

// Hint says what to do now.
func (e *OtherError) Hint() string {
	return "find out where the address leads; nothing is asked or sent there before it is the same database again"
}

// same holds a new connection against the database that the line belongs to.
func (s *Shared) same(ctx context.Context, c *Conn) error {
	is, err := WhoseIs(ctx, c)
	if err != nil {
		return &ConnectError{Target: c.Target, User: c.Config().User, Err: err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.whose.Same(is) {
		return &OtherError{Was: s.whose, Is: is}
	}
	if s.whose == "" {
		s.whose = is
	}
	return nil
}

// WhoseIs asks which database is behind a connection, in one round trip.
func WhoseIs(ctx context.Context, c *Conn) (Whose, error) {
	var b pgx.Batch
	var oid, system string
	b.Queue("SELECT oid::text FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()")
	b.Queue("SELECT system_identifier::text FROM pg_catalog.pg_control_system()")
	results := c.SendBatch(ctx, &b)
	err := results.QueryRow().Scan(&oid)
	if err == nil {
		err = results.QueryRow().Scan(&system)
	}
	if closed := results.Close(); err == nil {
		err = closed
	}
	// The role may not read it: that is the server's own word.
	if err != nil && (oid == "" || !Decided(err)) {
		return "", err
	}
	return Whose(system + "/" + oid), nil
}

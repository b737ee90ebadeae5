package db

import (
	"context"
	"fmt"
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
func (s *Shared) same(c *Conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	is := c.Whose()
	if !s.whose.Same(is) {
		return &OtherError{Was: s.whose, Is: is}
	}
	if s.whose == "" {
		s.whose = is
	}
	return nil
}

// Whose names the database behind the connection, as it was when it was opened: a
// connection leads to one for as long as it lives.
func (c *Conn) Whose() Whose { return Whose(c.systemID + "/" + c.databaseOID) }

const (
	oidSQL    = "SELECT oid::text FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()"
	systemSQL = "SELECT system_identifier::text FROM pg_catalog.pg_control_system()"
)

func (c *Conn) oid(r pgx.Row) error { return r.Scan(&c.databaseOID) }

func (c *Conn) system(r pgx.Row) error { return r.Scan(&c.systemID) }

// WhoseIs asks it anew: behind a pooler the same connection may lead elsewhere by now.
func WhoseIs(ctx context.Context, c *Conn) (Whose, error) {
	err := c.askWhose(ctx)
	return c.Whose(), err
}

// askWhose asks which database it is. That the role may not read the system identifier
// is the server's own word.
func (c *Conn) askWhose(ctx context.Context) error {
	err := c.oid(c.QueryRow(ctx, oidSQL))
	if err != nil {
		return fmt.Errorf("which database this is: %w", err)
	}
	if err = c.system(c.QueryRow(ctx, systemSQL)); err != nil && !Decided(err) {
		return fmt.Errorf("which system this is: %w", err)
	}
	c.unnamed = SQLState(err)
	return nil
}

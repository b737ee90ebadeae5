package db

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

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

// OtherError says that another database answers at an address, or, where both are of the
// same identifiers, another server that has a copy of it.
type OtherError struct {
	Was, Is Whose
	// Before is the server that answered before, Now the one that does now; zero where the
	// identifiers already differ.
	Before, Now Instance
}

// Error names both.
func (e *OtherError) Error() string {
	switch {
	case e.Now.Start.IsZero():
	case e.Now.Timeline < e.Before.Timeline:
		return fmt.Sprintf("another server answers there now: it has the same identifiers and an older timeline, %d, "+
			"and the one before was on %d: a copy, or the primary of before a failover",
			e.Now.Timeline, e.Before.Timeline)
	default:
		return fmt.Sprintf("another server answers there now: it has the same identifiers and was up since %s, while "+
			"the one before still answered at %s: a copy, such as a restored backup, or this server with a clock that "+
			"was wrong when it started", shownTime(e.Now.Start), shownTime(e.Before.Seen))
	}
	return "another database answers there now: " + string(e.Is) + ", it was " + string(e.Was) +
		" (system identifier/oid)"
}

// Hint says what to do now.
func (e *OtherError) Hint() string {
	if !e.Now.Start.IsZero() && e.Now.Timeline >= e.Before.Timeline {
		return "find out where the address leads; nothing is asked or sent there. Where it is the same server, give " +
			"the same command again: it asks anew which one it is"
	}
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
	if s.server.Other(c.Server) {
		return &OtherError{Was: s.whose, Is: is, Before: s.server, Now: c.Server}
	}
	if s.whose == "" {
		s.whose = is
	}
	s.server = s.server.then(c.Server)
	return nil
}

func shownTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000 UTC") }

// Whose names the database behind the connection, as it was when it was opened: a
// connection leads to one for as long as it lives.
func (c *Conn) Whose() Whose { return Whose(c.systemID + "/" + c.databaseOID) }

const (
	oidSQL = `SELECT d.oid::text, (extract(epoch FROM pg_catalog.pg_postmaster_start_time()) * 1000000)::bigint,
		(extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint
		FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`
	systemSQL = "SELECT system_identifier::text FROM pg_catalog.pg_control_system()"
)

// oid takes the answer of oidSQL: the database, and the server as it is met.
func (c *Conn) oid(r pgx.Row) error {
	var start, now int64
	err := r.Scan(&c.databaseOID, &start, &now)
	c.Server.Start, c.Server.Seen, c.Server.HostClock = micros(start), micros(now), time.Now()
	return err
}

func (c *Conn) system(r pgx.Row) error { return r.Scan(&c.systemID) }

// Whose names the database of an identity.
func (i Identity) Whose() Whose {
	return Whose(i.SystemIdentifier + "/" + strconv.FormatUint(uint64(i.DatabaseOID), 10))
}

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
	if failed := c.timeline(c.QueryRow(ctx, timelineSQL)); failed != nil && !Decided(failed) {
		return fmt.Errorf("which timeline this is: %w", failed)
	}
	c.unnamed = SQLState(err)
	return nil
}

// Package lock knows PostgreSQL's eight table lock modes and which of them
// conflict. Source: PostgreSQL documentation, "Explicit Locking", table 13.2,
// unchanged from 10 to 18.
package lock

import (
	"fmt"
	"slices"
)

// Mode is a table-level lock mode, ordered from weakest to strongest.
// The zero value is None: no lock on the relation itself.
type Mode int

// The lock modes as PostgreSQL numbers them.
const (
	None Mode = iota
	AccessShare
	RowShare
	RowExclusive
	ShareUpdateExclusive
	Share
	ShareRowExclusive
	Exclusive
	AccessExclusive
)

var names = [...]string{
	None:                 "",
	AccessShare:          "ACCESS SHARE",
	RowShare:             "ROW SHARE",
	RowExclusive:         "ROW EXCLUSIVE",
	ShareUpdateExclusive: "SHARE UPDATE EXCLUSIVE",
	Share:                "SHARE",
	ShareRowExclusive:    "SHARE ROW EXCLUSIVE",
	Exclusive:            "EXCLUSIVE",
	AccessExclusive:      "ACCESS EXCLUSIVE",
}

var pgLocks = [...]string{
	None:                 "",
	AccessShare:          "AccessShareLock",
	RowShare:             "RowShareLock",
	RowExclusive:         "RowExclusiveLock",
	ShareUpdateExclusive: "ShareUpdateExclusiveLock",
	Share:                "ShareLock",
	ShareRowExclusive:    "ShareRowExclusiveLock",
	Exclusive:            "ExclusiveLock",
	AccessExclusive:      "AccessExclusiveLock",
}

// conflicts holds, for each mode, the weakest-to-strongest set it conflicts
// with, as a bit mask over Mode.
var conflicts = [...]uint16{
	AccessShare:          bits(AccessExclusive),
	RowShare:             bits(Exclusive, AccessExclusive),
	RowExclusive:         bits(Share, ShareRowExclusive, Exclusive, AccessExclusive),
	ShareUpdateExclusive: bits(ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive),
	Share:                bits(RowExclusive, ShareUpdateExclusive, ShareRowExclusive, Exclusive, AccessExclusive),
	ShareRowExclusive: bits(RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive,
		AccessExclusive),
	Exclusive: bits(RowShare, RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive,
		AccessExclusive),
	AccessExclusive: bits(AccessShare, RowShare, RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive,
		Exclusive, AccessExclusive),
}

func bits(modes ...Mode) uint16 {
	var b uint16
	for _, m := range modes {
		b |= 1 << m
	}
	return b
}

// String is the mode as SQL spells it, such as "ACCESS EXCLUSIVE"; "" for None.
func (m Mode) String() string {
	if m < None || m > AccessExclusive {
		return fmt.Sprintf("lock mode %d", int(m))
	}
	return names[m]
}

// Conflicts reports whether one session must wait for m while another holds o.
func (m Mode) Conflicts(o Mode) bool {
	if m <= None || m > AccessExclusive {
		return false
	}
	return conflicts[m]&(1<<o) != 0
}

// BlocksReads reports whether a plain SELECT waits while m is held or waited for.
func (m Mode) BlocksReads() bool { return m.Conflicts(AccessShare) }

// BlocksWrites reports whether INSERT, UPDATE and DELETE wait while m is held
// or waited for.
func (m Mode) BlocksWrites() bool { return m.Conflicts(RowExclusive) }

// Parse reads a mode as SQL spells it ("ACCESS EXCLUSIVE").
func Parse(s string) (Mode, error) {
	for m, n := range names {
		if n == s && n != "" {
			return Mode(m), nil
		}
	}
	return None, fmt.Errorf("unknown lock mode %q", s)
}

// FromPgLocks reads a mode as pg_locks.mode spells it ("AccessExclusiveLock").
// Unknown spellings, such as the predicate lock's SIReadLock, are None.
func FromPgLocks(s string) Mode { return Mode(max(slices.Index(pgLocks[:], s), int(None))) }

// PgLocks is the mode as pg_locks.mode spells it ("AccessExclusiveLock"); "" for None.
func (m Mode) PgLocks() string { return pgLocks[m] }

// MarshalText writes the mode as SQL spells it.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (m *Mode) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*m = None
		return nil
	}
	v, err := Parse(string(b))
	if err != nil {
		return err
	}
	*m = v
	return nil
}

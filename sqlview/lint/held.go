package lint

import (
	"slices"

	"belay/sqlview/catalog"
	"belay/sqlview/effect"
	"belay/sqlview/lock"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Held is a lock that a transaction took before a statement.
type Held struct {
	Relation string
	Mode     lock.Mode
	// Line is where the statement that took it stands.
	Line int
}

// Held lists the locks on live tables that the statement's transaction holds
// already when it begins. It is empty for a statement on its own.
func (s Stmt) Held() []Held {
	if !s.InTransaction() {
		return nil
	}
	return s.pass.facts.held[s.Index]
}

// Table reports whether the name is no index and no sequence, as far as the
// catalog knows.
func (s Stmt) Table(name string) bool {
	r := s.Catalog().Seen(name)
	return r == nil || r.Kind != catalog.Index && r.Kind != catalog.Sequence
}

// StrongTables lists the live tables that the statement keeps from being
// written, or from being read.
func (s Stmt) StrongTables() []string {
	var tables []string
	for _, on := range s.strongLocks() {
		tables = append(tables, on.Relation)
	}
	return tables
}

func (s Stmt) strongLocks() []effect.On {
	return slices.DeleteFunc(slices.Clone(s.Effect().Locks), func(on effect.On) bool {
		return !on.Mode.BlocksWrites() || !s.Existed(on.Relation) || !s.Table(on.Relation)
	})
}

// NeedsTimeout reports whether others wait behind the statement while it waits
// for its lock. CONCURRENTLY wants no timeout, LOCK … NOWAIT never waits, and
// nobody waits for what his transaction holds already.
func (s Stmt) NeedsTimeout() bool {
	if s.Concurrently() != "" || s.Node.GetLockStmt().GetNowait() {
		return false
	}
	held := s.Held()
	return slices.ContainsFunc(s.strongLocks(), func(on effect.On) bool {
		return !slices.ContainsFunc(held, func(h Held) bool { return h.Relation == on.Relation && h.Mode >= on.Mode })
	})
}

// Slow reports whether the statement works for as long as a table is large:
// it rewrites, scans, changes many rows, or nobody can know.
func (s Stmt) Slow() bool {
	for _, d := range s.DataChanges() {
		if s.Existed(d.Table) && !s.FewRows(d) {
			return true
		}
	}
	if s.changesOrReads() {
		return false
	}
	e := s.Effect()
	return e.Known && (e.Duration == effect.Slow || e.Duration == effect.Unknown)
}

// changesOrReads reports whether the statement is one of SELECT, INSERT,
// UPDATE, DELETE and MERGE, whose rows its text bounds or not.
func (s Stmt) changesOrReads() bool {
	switch s.Node.GetNode().(type) {
	case *pg.Node_UpdateStmt, *pg.Node_DeleteStmt, *pg.Node_InsertStmt, *pg.Node_SelectStmt:
		return true
	}
	return false
}

package lint

import (
	"slices"

	"belay/sqlview/catalog"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Pending is a check that waits for the end of its transaction, for rows that an
// earlier statement wrote, or a cursor that reads the table. Until the check is made, or
// the cursor closed, the server changes nothing of the table (55006, CheckTableNotInUse in
// tablecmds.c).
type Pending struct {
	// Constraint is "" where a cursor holds the table, Cursor where a check does.
	Table, Constraint, Cursor string
	// Line is where the statement stands that wrote the rows, or opened the cursor.
	Line int
	// Surely is true where that one writes a row, or reads the table, whatever is in it.
	Surely bool
}

// Pending is what keeps the server from changing the statement's table; false =
// nothing that is known.
func (s Stmt) Pending() (Pending, bool) {
	tables := s.changed()
	if len(tables) == 0 || !s.InTransaction() {
		return Pending{}, false
	}
	waits := s.pass.facts.waits[s.Index]
	at := slices.IndexFunc(waits, func(w Pending) bool { return slices.Contains(tables, w.Table) })
	if at < 0 {
		return Pending{}, false
	}
	return waits[at], true
}

// Waits is the first statement of a file that the server refuses for a check that waits:
// its line, and what waits.
func Waits(f *File) (line int, w Pending, waits bool) {
	p := &Pass{File: f, facts: newFacts(f)}
	for s := range p.Statements() {
		if w, waits := s.Pending(); waits {
			return s.Line, w, true
		}
	}
	return 0, Pending{}, false
}

// waits are the checks that wait in a transaction, from statement to statement.
type waits struct {
	checks []Pending
	// later is true after SET CONSTRAINTS ALL DEFERRED.
	later bool
	// off is true where a trigger of a foreign key may not fire any more.
	off bool
	// anew are the tables whose rows the transaction has written anew. A row of its own is
	// checked at every UPDATE, whatever that changes (RI_FKey_fk_upd_check_required).
	anew []string
}

// waitsBefore lists, for each statement, the checks that wait when it begins.
func waitsBefore(p *Pass) [][]Pending {
	var before [][]Pending
	var w waits
	transaction := Alone
	for s := range p.Statements() {
		if s.Transaction() != transaction || !s.InTransaction() {
			w, transaction = waits{}, s.Transaction()
		}
		if w.off {
			before = append(before, nil)
			continue
		}
		before = append(before, w.checks[:len(w.checks):len(w.checks)])
		if s.InTransaction() {
			w.after(s)
		}
	}
	return before
}

// after follows what the statement leaves to wait.
func (w *waits) after(s Stmt) {
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_ConstraintsSetStmt:
		w.checks = s.checked(w.checks, n.ConstraintsSetStmt)
		w.later = n.ConstraintsSetStmt.Deferred && (w.later || len(n.ConstraintsSetStmt.Constraints) == 0)
	case *pg.Node_InsertStmt, *pg.Node_UpdateStmt, *pg.Node_DeleteStmt:
		w.checks = append(w.checks, s.awaited(w)...)
	case *pg.Node_DeclareCursorStmt:
		w.checks = append(w.checks, s.opened(n.DeclareCursorStmt)...)
	case *pg.Node_ClosePortalStmt:
		name := n.ClosePortalStmt.Portalname
		w.checks = slices.DeleteFunc(slices.Clone(w.checks), func(p Pending) bool {
			return p.Cursor != "" && (name == "" || p.Cursor == name)
		})
	case *pg.Node_TransactionStmt, *pg.Node_RenameStmt, *pg.Node_AlterObjectSchemaStmt:
		if !opens(transactionKind(s.Statement)) {
			w.checks = nil // rows are taken back, or a name means another table
		}
	case *pg.Node_VariableSetStmt:
		w.off = n.VariableSetStmt.Name == "session_replication_role"
	case *pg.Node_AlterTableStmt:
		w.off = slices.ContainsFunc(n.AlterTableStmt.Cmds, func(c *pg.Node) bool {
			return disables[c.GetAlterTableCmd().GetSubtype()]
		})
		w.anew = append(w.anew, s.Effect().Rewrites...)
	}
}

// disables are the subcommands after which a foreign key may go unchecked.
var disables = map[pg.AlterTableType]bool{
	pg.AlterTableType_AT_DisableTrig: true, pg.AlterTableType_AT_DisableTrigAll: true,
	pg.AlterTableType_AT_EnableReplicaTrig: true,
}

// changed lists the tables that the server looks at for checks that wait.
func (s Stmt) changed() []string {
	switch n := s.Node.GetNode().(type) {
	case *pg.Node_AlterTableStmt:
		if n.AlterTableStmt.Objtype == pg.ObjectType_OBJECT_TABLE {
			return []string{s.Name(n.AlterTableStmt.Relation)}
		}
	case *pg.Node_IndexStmt:
		return []string{s.Name(n.IndexStmt.Relation)}
	case *pg.Node_ClusterStmt:
		return []string{s.Name(n.ClusterStmt.Relation)}
	case *pg.Node_TruncateStmt:
		var all []string
		for _, v := range n.TruncateStmt.Relations {
			all = append(all, s.Name(v.GetRangeVar()))
		}
		return all
	case *pg.Node_DropStmt:
		var all []string
		for _, o := range s.Catalog().Dropped(n.DropStmt) {
			if o.Kind == catalog.Table {
				all = append(all, o.Name)
			}
		}
		return all
	}
	return nil
}

// checked takes away what SET CONSTRAINTS … IMMEDIATE checks at once.
func (s Stmt) checked(checks []Pending, set *pg.ConstraintsSetStmt) []Pending {
	if set.Deferred {
		return checks
	}
	return slices.DeleteFunc(slices.Clone(checks), func(w Pending) bool {
		if w.Cursor != "" {
			return false
		}
		return len(set.Constraints) == 0 || slices.ContainsFunc(set.Constraints, func(n *pg.Node) bool {
			return n.GetRangeVar().GetRelname() == w.Constraint
		})
	})
}

// awaited lists what is checked later of the rows that the statement writes: by the
// table's own foreign keys, and by those that point to it.
func (s Stmt) awaited(w *waits) []Pending {
	insert, update, remove := s.Node.GetInsertStmt(), s.Node.GetUpdateStmt(), s.Node.GetDeleteStmt()
	r := s.Catalog().Seen(s.Name(written(s.Node)))
	if r == nil || r.Kind != catalog.Table || r.Doubted || len(r.Rules) > 0 {
		return nil
	}
	sets := map[string]bool{}
	for _, t := range update.GetTargetList() {
		sets[t.GetResTarget().GetName()] = true
	}
	touches := func(columns []string) bool {
		return slices.ContainsFunc(columns, func(c string) bool { return sets[c] })
	}
	surely := insert != nil && len(insert.SelectStmt.GetSelectStmt().GetValuesLists()) > 0 &&
		insert.OnConflictClause == nil && len(r.Triggers) == 0
	var all []Pending
	add := func(k catalog.Constraint) {
		if k.Type == catalog.ForeignKey && k.Enforced && (k.Deferred || w.later && k.Deferrable) {
			all = append(all, Pending{Table: r.Name, Constraint: k.Name, Line: s.Line, Surely: surely})
		}
	}
	for _, k := range r.Constraints {
		if insert != nil || update != nil && (touches(k.Columns) || slices.Contains(w.anew, r.Name)) {
			add(k)
		}
	}
	for _, k := range s.Catalog().References(r.Name) {
		if remove != nil && k.OnDelete == "" || update != nil && k.OnUpdate == "" && touches(k.RefColumns) {
			add(k.Constraint)
		}
	}
	return all
}

// written is the table that an INSERT, UPDATE or DELETE writes to.
func written(n *pg.Node) *pg.RangeVar {
	switch n := n.GetNode().(type) {
	case *pg.Node_InsertStmt:
		return n.InsertStmt.Relation
	case *pg.Node_UpdateStmt:
		return n.UpdateStmt.Relation
	case *pg.Node_DeleteStmt:
		return n.DeleteStmt.Relation
	}
	return nil
}

package rewrite

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"belay/sqlview/catalog"
	"belay/sqlview/lint"
	"belay/sqlview/parse"
	"belay/sqlview/pattern"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// whole says why a file cannot be taken apart at all; "" = it can. What holds
// from one statement to the next would be lost between files.
func whole(f parse.File) string {
	if f.Problem != nil {
		return "the file could not be read: " + f.Problem.Message
	}
	if len(f.Meta) > 0 {
		return fmt.Sprintf("line %d is a %s, which only psql reads", f.Meta[0].Line, f.Meta[0].What)
	}
	for i, st := range f.Statements {
		if why := cmp.Or(binds(st, i, len(f.Statements)), hides(st, f.Statements)); why != "" {
			return fmt.Sprintf("line %d: %s", st.Line, why)
		}
	}
	return ""
}

// refusedByServer says which statement the server refuses, as far as the catalog
// tells: then the file changes nothing as it stands, and files of its parts would
// leave half of it behind. "" = none.
func refusedByServer(f *lint.File) string {
	for i, st := range f.Statements {
		if e := f.Effects[i].Fails; e.Code != "" && !e.IfRows {
			return fmt.Sprintf("line %d fails on the server (%s): %s", st.Line, e.Code, e.Message)
		}
		if name := missing(st, f.Catalogs[i]); name != "" {
			return fmt.Sprintf("line %d fails on the server (42P01): there is no %s", st.Line, name)
		}
		if name := missingColumn(st, f.Catalogs[i]); name != "" && !slices.ContainsFunc(f.Statements[:i], opaque) {
			return fmt.Sprintf("line %d fails on the server (42703): there is no column %s", st.Line, name)
		}
	}
	if line, w, waits := lint.Waits(f); waits {
		if w.Cursor != "" {
			return fmt.Sprintf("line %d fails on the server (55006) while the cursor of line %d is open", line, w.Line)
		}
		return fmt.Sprintf("line %d fails on the server (55006) where line %d changes a row: %s is checked at the "+
			"end of the transaction", line, w.Line, w.Constraint)
	}
	return ""
}

// widens says which statement of several gives a table a column while code takes the
// table's rows by place: what does not fit until a later statement has run would be
// there between files. "" = none.
func widens(f *lint.File) string {
	if len(f.Statements) < 2 {
		return ""
	}
	for i, st := range f.Statements {
		alter, meets := st.Node.GetAlterTableStmt(), f.Catalogs[i]
		if meets == nil || !slices.ContainsFunc(alter.GetCmds(), func(c *pg.Node) bool {
			return c.GetAlterTableCmd().GetSubtype() == pg.AlterTableType_AT_AddColumn
		}) {
			continue
		}
		table := meets.Name(alter.Relation)
		if function := meets.TakesRows(table); function != "" {
			return fmt.Sprintf("line %d gives %s a column, and function %s takes its rows as they are (*): whether "+
				"they fit between files, nobody sees", st.Line, table, function)
		}
	}
	return ""
}

// missing is a relation that a statement changes and that is not there; "" = there
// is none, or nobody knows.
func missing(st parse.Statement, meets *catalog.Snapshot) string {
	if meets == nil || meets.Source != catalog.SourceLive {
		return ""
	}
	var named *pg.RangeVar
	switch n := st.Node.GetNode().(type) {
	case *pg.Node_AlterTableStmt:
		if n.AlterTableStmt.MissingOk {
			return ""
		}
		named = n.AlterTableStmt.Relation
	case *pg.Node_RenameStmt:
		if n.RenameStmt.MissingOk {
			return ""
		}
		named = n.RenameStmt.Relation
	case *pg.Node_IndexStmt:
		named = n.IndexStmt.Relation
	case *pg.Node_UpdateStmt:
		named = n.UpdateStmt.Relation
	}
	if named == nil || named.Schemaname == "pg_catalog" || meets.Seen(meets.Name(named)) != nil {
		return ""
	}
	return meets.Name(named)
}

// opaque reports whether a statement may do what nobody reads in it.
func opaque(st parse.Statement) bool {
	return st.Node.GetDoStmt() != nil || st.Node.GetCallStmt() != nil || st.Node.GetSelectStmt() != nil ||
		st.Node.GetExecuteStmt() != nil
}

// missingColumn is a column that a statement changes or indexes and that its table has not;
// "" = there is none, or nobody knows.
func missingColumn(st parse.Statement, meets *catalog.Snapshot) string {
	if meets == nil || meets.Source != catalog.SourceLive {
		return ""
	}
	lacks := func(of *pg.RangeVar, column string) bool {
		if of == nil {
			return false
		}
		r := meets.Relation(meets.Name(of))
		return r != nil && !r.Partial && len(r.Columns) > 0 && r.Column(column) == nil
	}
	if n := st.Node.GetRenameStmt(); n.GetRenameType() == pg.ObjectType_OBJECT_COLUMN && lacks(n.Relation, n.Subname) {
		return n.Subname
	}
	index := st.Node.GetIndexStmt()
	for _, key := range slices.Concat(index.GetIndexParams(), index.GetIndexIncludingParams()) {
		if column := key.GetIndexElem().GetName(); column != "" && lacks(index.Relation, column) {
			return column
		}
	}
	n := st.Node.GetAlterTableStmt()
	added := map[string]bool{}
	for _, c := range n.GetCmds() {
		added[c.GetAlterTableCmd().GetDef().GetColumnDef().GetColname()] = true
	}
	for _, c := range n.GetCmds() {
		switch cmd := c.GetAlterTableCmd(); cmd.GetSubtype() {
		case pg.AlterTableType_AT_DropColumn, pg.AlterTableType_AT_ColumnDefault, pg.AlterTableType_AT_DropNotNull,
			pg.AlterTableType_AT_SetNotNull, pg.AlterTableType_AT_AlterColumnType:
			if !cmd.MissingOk && !added[cmd.Name] && lacks(n.Relation, cmd.Name) {
				return cmd.Name
			}
		}
	}
	return ""
}

// binds says what a statement hands on to those after it, in words.
func binds(st parse.Statement, i, of int) string {
	switch n := st.Node.GetNode().(type) {
	case *pg.Node_TransactionStmt:
		kind := n.TransactionStmt.Kind
		first := i == 0 &&
			(kind == pg.TransactionStmtKind_TRANS_STMT_BEGIN || kind == pg.TransactionStmtKind_TRANS_STMT_START)
		last := i == of-1 && kind == pg.TransactionStmtKind_TRANS_STMT_COMMIT
		if !first && !last {
			return "the file begins and ends transactions itself"
		}
	case *pg.Node_VariableSetStmt:
		if n.VariableSetStmt.Kind == pg.VariableSetKind_VAR_RESET_ALL {
			return "RESET ALL holds for everything below it"
		}
		if !isTimeout(st) {
			return fmt.Sprintf("SET %s holds for everything below it; files of their own would not have it",
				n.VariableSetStmt.Name)
		}
	case *pg.Node_LockStmt:
		return "LOCK TABLE holds for the rest of the transaction; files of their own would not have it"
	case *pg.Node_ConstraintsSetStmt:
		return "SET CONSTRAINTS holds for the rest of the transaction"
	case *pg.Node_PrepareStmt, *pg.Node_DeclareCursorStmt, *pg.Node_ExecuteStmt, *pg.Node_FetchStmt:
		return "a prepared statement or cursor lives in one session"
	case *pg.Node_DiscardStmt:
		return "DISCARD ends what the session has so far"
	}
	if temporary(st) {
		return "what is temporary lives in one session"
	}
	return ""
}

// temporary reports whether a statement makes or names something that only its
// session sees.
func temporary(st parse.Statement) bool {
	found := false
	catalog.Walk(st.Node, func(m any) bool {
		if r, ok := m.(*pg.RangeVar); ok {
			found = found || r.Relpersistence == "t" || strings.HasPrefix(r.Schemaname, "pg_temp")
		}
		return !found
	})
	return found
}

// hides says that a statement beside others does what nobody can see from here:
// it may open what a later one closes. "" = it does not.
func hides(st parse.Statement, all []parse.Statement) string {
	alone := !slices.ContainsFunc(all, func(o parse.Statement) bool {
		return o.Index != st.Index && !isTimeout(o) && o.Node.GetTransactionStmt() == nil
	})
	switch st.Node.GetNode().(type) {
	case *pg.Node_DoStmt, *pg.Node_CallStmt:
		if !alone {
			return st.Kind + " runs what belay cannot see: it may open what a statement below closes"
		}
	case *pg.Node_SelectStmt:
		if f := unseen(st.Node); f != "" && !alone {
			return "SELECT calls " + f + ", which may hold for what is below it"
		}
	}
	return ""
}

// harmless are functions of the server that hold for nothing below them.
var harmless = []string{
	"setval", "nextval", "currval", "pg_get_serial_sequence", "max", "min", "count", "coalesce", "now", "version",
	"greatest",
}

// unseen is a function that a SELECT calls and that may do anything; "" = none.
func unseen(n *pg.Node) string {
	found := ""
	catalog.Walk(n, func(m any) bool {
		if f, ok := m.(*pg.FuncCall); ok {
			words := catalog.Strings(f.Funcname)
			if name := words[len(words)-1]; !slices.Contains(harmless, strings.ToLower(name)) {
				found = strings.Join(words, ".")
			}
		}
		return found == ""
	})
	return found
}

var timeouts = []string{
	"lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout",
}

// isTimeout is a SET or RESET of a limit, which every new file can say again.
func isTimeout(st parse.Statement) bool {
	return slices.Contains(timeouts, strings.ToLower(st.Node.GetVariableSetStmt().GetName()))
}

// setting puts a SET in the place of an earlier one of the same name.
func setting(have []string, st parse.Statement) []string {
	name := strings.ToLower(st.Node.GetVariableSetStmt().GetName())
	kept := slices.DeleteFunc(slices.Clone(have), func(s string) bool {
		return strings.Contains(strings.ToLower(s), name)
	})
	switch st.Node.GetVariableSetStmt().GetKind() {
	case pg.VariableSetKind_VAR_RESET, pg.VariableSetKind_VAR_SET_DEFAULT:
		return kept
	}
	return append(kept, st.SQL)
}

// toolComments are the comments by which a tool is told how to run the file. They stand
// for the original and not for what is made of it.
var toolComments = pattern.New(
	`(?i)belay:\s*(no-transaction|backfill)|\+goose|migrate:(up|down)|tern:|atlas:|^--\s*no-transaction`,
)

// leading are the comments that belong to a statement: those above it, below
// the one before, and those behind it on its last line. Comments for a tool are
// left out.
func leading(f parse.File, i int) string {
	st := f.Statements[i]
	var lines []string
	for _, c := range f.Comments {
		above := c.End <= st.Start && (i == 0 || c.Start >= f.Statements[i-1].End &&
			c.Line > f.Statements[i-1].EndLine)
		behind := c.Start >= st.End && (c.Line == st.EndLine || i == len(f.Statements)-1)
		if (above || behind) && !toolComments.MatchString(c.Text) {
			lines = append(lines, strings.TrimRight(strings.ReplaceAll(c.Text, "\r", ""), " \n"))
		}
	}
	return strings.Join(lines, "\n")
}

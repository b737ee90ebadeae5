package rewrite

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"belay/sqlview/parse"

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
		if why := binds(st, i, len(f.Statements)); why != "" {
			return fmt.Sprintf("line %d: %s", st.Line, why)
		}
	}
	return ""
}

// binds says what a statement hands on to those after it, in words.
func binds(st parse.Statement, i, of int) string {
	switch n := st.Node.GetNode().(type) {
	case *pg.Node_TransactionStmt:
		kind := n.TransactionStmt.Kind
		first := i == 0 && (kind == pg.TransactionStmtKind_TRANS_STMT_BEGIN || kind == pg.TransactionStmtKind_TRANS_STMT_START)
		last := i == of-1 && kind == pg.TransactionStmtKind_TRANS_STMT_COMMIT
		if !first && !last {
			return "the file begins and ends transactions itself"
		}
	case *pg.Node_VariableSetStmt:
		if !isTimeout(st) {
			return fmt.Sprintf("SET %s holds for everything below it; files of their own would not have it", n.VariableSetStmt.Name)
		}
	case *pg.Node_LockStmt:
		return "LOCK TABLE holds for the rest of the transaction; files of their own would not have it"
	case *pg.Node_ConstraintsSetStmt:
		return "SET CONSTRAINTS holds for the rest of the transaction"
	case *pg.Node_PrepareStmt, *pg.Node_DeclareCursorStmt, *pg.Node_ExecuteStmt, *pg.Node_FetchStmt:
		return "a prepared statement or cursor lives in one session"
	case *pg.Node_CreateStmt:
		if n.CreateStmt.Relation.GetRelpersistence() == "t" {
			return "a temporary table lives in one session"
		}
	}
	return ""
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
	kept := slices.DeleteFunc(slices.Clone(have), func(s string) bool { return strings.Contains(strings.ToLower(s), name) })
	switch st.Node.GetVariableSetStmt().GetKind() {
	case pg.VariableSetKind_VAR_RESET, pg.VariableSetKind_VAR_SET_DEFAULT:
		return kept
	}
	return append(kept, st.SQL)
}

// told are the comments by which a tool is told how to run the file. They stand
// for the original and not for what is made of it.
var told = regexp.MustCompile(`(?i)belay:\s*(no-transaction|backfill)|\+goose|migrate:(up|down)|tern:|atlas:|^--\s*no-transaction`)

// leading are the comments that belong to a statement: those above it, below
// the one before, and those behind it on its last line. Comments for a tool are
// left out.
func leading(f parse.File, i int) string {
	st := f.Statements[i]
	var lines []string
	for _, c := range f.Comments {
		above := c.End <= st.Start && (i == 0 || c.Start >= f.Statements[i-1].End && c.Line > f.Statements[i-1].EndLine)
		behind := c.Start >= st.End && (c.Line == st.EndLine || i == len(f.Statements)-1)
		if (above || behind) && !told.MatchString(c.Text) {
			lines = append(lines, strings.TrimRight(strings.ReplaceAll(c.Text, "\r", ""), " \n"))
		}
	}
	return strings.Join(lines, "\n")
}

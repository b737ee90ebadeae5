package rules

import (
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "nested-begin", Severity: lint.Warn, Kind: "fails",
	Summary: "BEGIN inside a transaction, or BEGIN/COMMIT in a file that the tool already wraps",
	Run:     nestedBegin,
	Doc: `
## Advice
Let one side decide: either the tool opens the transaction or the file does.

## In practice
BEGIN in a transaction changes nothing but a WARNING (25001). The COMMIT that belongs to it ends the outer transaction:
what follows runs on its own, and the tool's history row is no longer in the same transaction as the change. A ROLLBACK
further down then undoes less than it says. A file that is one BEGIN … COMMIT as a whole is no trouble for a tool that
sends it as one string.

## Measured
Documented for BEGIN, COMMIT and ROLLBACK on 10 to 18: a nested BEGIN warns and does nothing, COMMIT ends the block.

## Instead
Leave BEGIN and COMMIT out of files that the tool wraps; use SAVEPOINT where a part must be undone alone.
`,
})

func nestedBegin(p *lint.Pass) {
	if p.File.Mode == lint.Implicit && oneBlock(p) {
		return
	}
	open := p.File.Mode == lint.OneTransaction
	wrapped := open
	for s, t := range lint.Each(p, (*pg.Node).GetTransactionStmt) {
		switch t.Kind {
		case pg.TransactionStmtKind_TRANS_STMT_BEGIN, pg.TransactionStmtKind_TRANS_STMT_START:
			if open || p.File.Mode == lint.Implicit {
				reportNestedBegin(s, wrapped)
			}
			open = true
		case pg.TransactionStmtKind_TRANS_STMT_COMMIT, pg.TransactionStmtKind_TRANS_STMT_ROLLBACK:
			if wrapped {
				reportEarlyCommit(s)
			}
			open, wrapped = false, false
		}
	}
}

func reportNestedBegin(s lint.Stmt, wrapped bool) {
	why := "A transaction is open here already."
	switch {
	case wrapped:
		why = "The tool opens a transaction around the file; the server only warns (25001) and goes on."
	case s.Pass().File.Mode == lint.Implicit:
		why = "The file is sent as one string, which already is one transaction; what stands before BEGIN becomes " +
			"part of the block."
	}
	s.Report(lint.Hazard{
		Message: "This BEGIN opens nothing: the statement already runs inside a transaction.",
		Why:     why, Instead: "Leave BEGIN and its COMMIT out.",
	})
}

func reportEarlyCommit(s lint.Stmt) {
	s.Report(lint.Hazard{
		Message: "This ends the transaction that the tool opened, before the tool has recorded the version.",
		Why: "What follows runs outside of it, and a failure after this point leaves the change without its " +
			"history row.",
		Instead: "Leave COMMIT and ROLLBACK out of the file.",
	})
}

// oneBlock reports whether the file is one BEGIN … COMMIT as a whole.
func oneBlock(p *lint.Pass) bool {
	statements := p.File.Statements
	if len(statements) < 2 {
		return false
	}
	first, last := statements[0].Node.GetTransactionStmt(), statements[len(statements)-1].Node.GetTransactionStmt()
	if first == nil || last == nil || last.Kind != pg.TransactionStmtKind_TRANS_STMT_COMMIT {
		return false
	}
	for _, s := range statements[1 : len(statements)-1] {
		if s.Node.GetTransactionStmt() != nil {
			return false
		}
	}
	return true
}

package lint

import (
	"fmt"

	"belay/sqlview/effect"
	"belay/sqlview/parse"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// Alone is the transaction number of a statement that runs on its own.
const Alone = -1

// Transactions numbers the transactions of a file: statements with the same
// number share one, Alone is a statement that commits by itself. BEGIN and
// COMMIT belong to the transaction they open and close.
func Transactions(statements []parse.Statement, mode Mode) []int {
	t := newTransactions(mode, len(statements))
	numbers := make([]int, len(statements))
	for i := range statements {
		numbers[i] = t.number(transactionKind(&statements[i]))
	}
	return numbers
}

type transactions struct {
	next int
	open bool
	// wrapped is true where the server opens the next block by itself, as it
	// does for a string of several statements.
	wrapped bool
}

func newTransactions(mode Mode, statements int) *transactions {
	implicit := mode == Implicit && statements > 1
	return &transactions{open: implicit || mode == OneTransaction, wrapped: implicit}
}

func (t *transactions) number(kind pg.TransactionStmtKind) int {
	switch {
	case opens(kind):
		t.open = true
	case !t.open:
		return Alone
	}
	n := t.next
	if closes(kind) {
		t.next++
		t.open = t.wrapped
	}
	return n
}

func opens(kind pg.TransactionStmtKind) bool {
	return kind == pg.TransactionStmtKind_TRANS_STMT_BEGIN || kind == pg.TransactionStmtKind_TRANS_STMT_START
}

func closes(kind pg.TransactionStmtKind) bool {
	return kind == pg.TransactionStmtKind_TRANS_STMT_COMMIT ||
		kind == pg.TransactionStmtKind_TRANS_STMT_ROLLBACK ||
		kind == pg.TransactionStmtKind_TRANS_STMT_PREPARE
}

func transactionKind(s *parse.Statement) pg.TransactionStmtKind {
	t := s.Node.GetTransactionStmt()
	if t == nil {
		return pg.TransactionStmtKind_TRANSACTION_STMT_KIND_UNDEFINED
	}
	return t.Kind
}

// InTransaction reports whether the statement runs inside a transaction block.
func (s Stmt) InTransaction() bool { return s.Transaction() != Alone }

// Transaction is the number of the statement's transaction; Alone = none.
func (s Stmt) Transaction() int { return s.pass.File.Transactions[s.Index] }

// Earlier lists the statements that ran before s in the same transaction, in
// order. It is empty for a statement on its own.
func (s Stmt) Earlier() []Stmt {
	if !s.InTransaction() {
		return nil
	}
	var earlier []Stmt
	for i := s.pass.facts.began[s.Transaction()]; i < s.Index; i++ {
		earlier = append(earlier, Stmt{&s.pass.File.Statements[i], s.pass})
	}
	return earlier
}

// commitsAlone reports a file of one CALL or DO that may commit: where belay
// decides what shares a transaction, it has none, as with psql.
func (f *File) commitsAlone() bool {
	return f.ByBelay && f.Mode == OneTransaction && len(f.Statements) == 1 && len(f.Effects) == 1 &&
		f.Effects[0].Commits != effect.CommitsNever
}

// WithTool says in one sentence what the team's own tool comes to where the
// server answers the file with that SQLSTATE; "" where belay is what runs it.
func (p *Pass) WithTool(code string) string {
	if p.File.Mode != Implicit {
		return ""
	}
	tool := p.File.Tool
	if tool == "" {
		tool = "a tool that does so"
	}
	return fmt.Sprintf("The file is sent as one string: with %s it ends in %s, nothing of it is applied, and the "+
		"version stays dirty.", tool, code)
}

package rules

import (
	"belay/sqlview/lint"

	pg "github.com/pganalyze/pg_query_go/v6"
)

var _ = add(lint.Rule{
	ID: "unclosed-tx", Severity: lint.Stop, Kind: "fails",
	Summary: "BEGIN without COMMIT",
	Run:     unclosedTx,
	Doc: `
## Advice
Every BEGIN has its COMMIT in the same file.

## In practice
At the end of the session the server rolls an open transaction back without an error. The tool has sent everything,
saw no failure, and may record the version; the change is not there. While the session stays open, its locks stay too.

## Measured
Documented for 10 to 18: the end of a session in an open transaction is a ROLLBACK, with no error for the client.

## Instead
    BEGIN;
    …
    COMMIT;
`,
})

func unclosedTx(p *lint.Pass) {
	var open []lint.Stmt
	for s, t := range lint.Each(p, (*pg.Node).GetTransactionStmt) {
		switch t.Kind {
		case pg.TransactionStmtKind_TRANS_STMT_BEGIN, pg.TransactionStmtKind_TRANS_STMT_START:
			open = append(open, s)
		case pg.TransactionStmtKind_TRANS_STMT_COMMIT, pg.TransactionStmtKind_TRANS_STMT_ROLLBACK,
			pg.TransactionStmtKind_TRANS_STMT_PREPARE:
			open = nil
		}
	}
	if len(open) == 0 || p.File.Mode == lint.OneTransaction {
		return
	}
	open[0].Report(lint.Hazard{
		Message: "Nothing after this BEGIN lasts: the transaction is never committed.",
		Why:     "The file has no COMMIT after it; at the end of the session the server rolls back without an error.",
		Instead: "Write COMMIT; at the end of the transaction.",
	})
}

package rules

import (
	"fmt"

	"belay/sqlview/lint"
)

var _ = add(lint.Rule{
	ID: "batches-in-one-transaction", Severity: lint.Stop, Kind: "blocks",
	Summary:    "several batch UPDATEs that the file's one transaction turns into one",
	Supersedes: []string{"big-update"},
	Run:        batchesInOneTransaction,
	Doc: `
## Advice
Fill a large table by UPDATE … WHERE id BETWEEN … batches of 10,000.

## In practice
Batches help only when each of them commits. Most tools run a file as one transaction, and a file of several statements
sent as one string is one as well: then every row of every batch stays locked to the end, and vacuum cannot clean up
between. The file looks careful and behaves like one big UPDATE.

## Measured
Documented: row locks last until the transaction ends. Seen on 15 with 300,000 rows: longest lock 4.4 s for one transaction,
0.23 s for 30 batches that each committed.

## Instead
    belay backfill --table t --set "c = …" --where "…"

or a file that the tool runs without a transaction.
`,
})

// fewBatches is the number of updates of one table that still may be meant as they are.
const fewBatches = 1

func batchesInOneTransaction(p *lint.Pass) {
	type group struct {
		transaction int
		table       string
	}
	first, number := map[group]lint.Stmt{}, map[group]int{}
	changes := map[group]lint.DataChange{}
	var order []group
	for s, d := range p.DataChanges() {
		g := group{s.Transaction(), d.Table}
		if !s.InTransaction() || !s.Existed(d.Table) || !d.Range() {
			continue
		}
		if number[g]++; number[g] == 1 {
			first[g], changes[g] = s, d
			order = append(order, g)
		}
	}
	for _, g := range order {
		if number[g] > fewBatches {
			reportBatches(first[g], changes[g], number[g])
		}
	}
}

func reportBatches(s lint.Stmt, d lint.DataChange, n int) {
	instead := "Let each batch commit: a file that the tool runs without a transaction."
	if d.Update != nil {
		instead = lint.Batches{Table: lint.Quote(d.Table), Set: s.SetText(d.Update)}.Command()
	}
	s.Report(lint.Hazard{
		Relation: d.Table, Object: d.Table, At: d.At,
		Message: fmt.Sprintf("The %d batches on %s are one transaction: every row stays locked until the last one is "+
			"done.", n, d.Table),
		Why:     transactionOf(s.Pass(), s),
		Instead: instead,
	})
}

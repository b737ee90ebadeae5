package checklist

import (
	"strings"
	"testing"

	"belay/db/inspect"
)

// TestAPileIsCounted: of a hundred old transactions the few that are in the way are named,
// and those that only wait for a lock are counted.
func TestAPileIsCounted(t *testing.T) {
	old, young := oldTransaction.Milliseconds(), oldTransaction.Milliseconds()-1
	f := inspect.Facts{Transactions: []inspect.Transaction{{PID: 1, AgeMS: old, Touches: []string{"public.t"}}}}
	for pid := range 90 {
		waits := inspect.Transaction{PID: 100 + pid, AgeMS: old, Wait: "Lock/relation"}
		f.Transactions = append(f.Transactions, waits)
	}
	for pid := range 7 {
		idle := inspect.Transaction{PID: 200 + pid, AgeMS: old, Wait: "Client/ClientRead"}
		f.Transactions = append(f.Transactions, idle)
	}
	f.Transactions = append(f.Transactions, inspect.Transaction{PID: 300, AgeMS: young})
	items := transactionItems(f)
	if len(items) != mostTransactions+1 {
		t.Fatalf("%d items", len(items))
	}
	first := items[0].Text
	if !strings.Contains(first, "pid 1,") || !strings.HasSuffix(first, "holds locks on public.t") {
		t.Errorf("first: %s", first)
	}
	last := items[mostTransactions].Text
	if last != "besides: 93 transactions over 10s old, of which 90 wait for a lock" {
		t.Errorf("last: %s", last)
	}
}

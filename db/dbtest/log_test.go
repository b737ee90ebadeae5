package dbtest

import (
	"strings"
	"testing"
)

func TestEntriesOfLog(t *testing.T) {
	long := strings.Repeat("long\n", 20_000) + strings.Repeat("x", 70_000)
	log := "2026-11-23 17:00:00.001 UTC [10] LOG:  checkpoint starting\n" +
		"2026-11-23 17:00:00.002 UTC [11] shop belay/7f3/run :: LOG:  statement: SELECT 1,\n\t2\n" +
		"2026-11-23 17:00:00.003 UTC [12] other psql :: LOG:  statement: DROP TABLE x\n" +
		"2026-11-23 17:00:00.004 UTC [11] shop belay/7f3/run :: LOG:  execute s1/p1: INSERT INTO a VALUES ($1)\n" +
		"2026-11-23 17:00:00.004 UTC [11] shop belay/7f3/run :: DETAIL:  parameters: $1 = '2026-11-23'\n" +
		"2026-11-23 17:00:00.005 UTC [11] shop belay/7f3/run :: ERROR:  no\n" +
		"2026-11-23 17:00:00.006 UTC [11] shop belay/7f3/run :: LOG:  statement: SELECT '" +
		strings.ReplaceAll(long, "\n", "\n\t") + "'\n"
	entries, err := entriesOf(strings.NewReader(log), "shop")
	if err != nil || len(entries) != 5 {
		t.Fatalf("entries = %+v, %v", entries, err)
	}
	for i, want := range []string{"SELECT 1,\n2", "INSERT INTO a VALUES ($1)", "", "", "SELECT '" + long + "'"} {
		if got := entries[i].Statement(); got != want {
			t.Errorf("statement %d = %q, want %q", i, got, want)
		}
	}
	if e := entries[0]; e.PID != 11 || e.Application != "belay/7f3/run" || e.Level != "LOG" {
		t.Errorf("entry = %+v", e)
	}
}

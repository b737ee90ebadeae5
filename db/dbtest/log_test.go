package dbtest

import "testing"

func TestEntriesOfLog(t *testing.T) {
	const log = "2026-11-23 17:00:00.001 UTC [10] LOG:  checkpoint starting\n" +
		"2026-11-23 17:00:00.002 UTC [11] shop belay/7f3/run :: LOG:  statement: SELECT 1,\n\t2\n" +
		"2026-11-23 17:00:00.003 UTC [12] other psql :: LOG:  statement: DROP TABLE x\n" +
		"2026-11-23 17:00:00.004 UTC [11] shop belay/7f3/run :: LOG:  execute s1/p1: INSERT INTO a VALUES ($1)\n" +
		"2026-11-23 17:00:00.004 UTC [11] shop belay/7f3/run :: DETAIL:  parameters: $1 = '2026-11-23'\n" +
		"2026-11-23 17:00:00.005 UTC [11] shop belay/7f3/run :: ERROR:  no\n"
	entries := entriesOf(log, "shop")
	if len(entries) != 4 {
		t.Fatalf("entries = %+v", entries)
	}
	for i, want := range []string{"SELECT 1,\n2", "INSERT INTO a VALUES ($1)", "", ""} {
		if got := entries[i].Statement(); got != want {
			t.Errorf("statement %d = %q, want %q", i, got, want)
		}
	}
	if e := entries[0]; e.PID != 11 || e.Application != "belay/7f3/run" || e.Level != "LOG" {
		t.Errorf("entry = %+v", e)
	}
}

package measure

import (
	"testing"
	"time"
)

func TestWritten(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Bytes(0), "0 B"}, {Bytes(1023), "1023 B"}, {Bytes(1024), "1 kB"}, {Bytes(1536), "1.5 kB"},
		{Bytes(48 << 30), "48 GB"}, {Bytes(3 << 40), "3 TB"}, {Bytes(-1), "unknown size"}, {Bytes(1<<20 - 1), "1 MB"},
		{Growth(0), "+0 B"}, {Growth(-2048), "-2 kB"},
		{Count(212e6), "212 M"}, {Count(2310), "2 310"}, {Count(-1), "unknown"}, {Count(31000), "31 k"},
		{Count(999999), "1 M"},
		{Grouped(132311004), "132 311 004"}, {Grouped(-1000), "-1 000"}, {Grouped(12), "12"},
		{Rate(0.2), "0.2"}, {Rate(0), "0"}, {Rate(310), "310"},
		{MS(200), "200 ms"}, {MS(1200), "1.2 s"}, {MS(0), "0 ms"}, {MS(40000), "40 s"}, {MS(3600e3), "1 h"},
		{MS(150e3), "2 min"},
		{Duration(50 * time.Microsecond), "1 ms"},
		{Elapsed(451 * time.Second), "7 min 31 s"}, {Elapsed(26 * time.Hour), "1 d 2 h"},
		{Elapsed(120 * time.Millisecond), "120 ms"}, {Elapsed(46 * time.Second), "46 s"},
		{Elapsed(-time.Second), "0 ms"},
		{Age(400 * time.Millisecond), "0.4 s ago"}, {Age(-time.Second), "0.0 s ago"},
		{Age(3 * time.Minute), "3 min ago"},
		{Plural(1, "try"), "1 try"}, {Plural(3, "statement"), "3 statements"},
		{Plural(2, "index"), "2 indexes"}, {Plural(0, "batch"), "0 batches"},
		{Noun(Count(31000), "row"), "31 k rows"}, {Noun(Grouped(1), "row"), "1 row"},
		{Verb(1, "waits", "wait"), "waits"}, {Verb(0, "waits", "wait"), "wait"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

package main

import (
	"regexp"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// richColour is a colour beyond the eight of a console and their bright ones.
var richColour = regexp.MustCompile(`\x1b\[[0-9;:]*\b[34]8[;:][25][;:]`)

// plainBytes fails where the terminal was sent what a console of TERM=linux does not
// show: a byte beyond ASCII, or a colour beyond its own.
func (s *story) plainBytes(ts *testscript.TestScript, _ bool, _ []string) {
	s.term.drawing.Lock()
	defer s.term.drawing.Unlock()
	all := s.term.drawn.Bytes()
	for i, b := range all {
		if b >= 0x80 {
			ts.Fatalf("a byte beyond ASCII: %q", all[max(0, i-40):min(i+10, len(all))])
		}
	}
	if at := richColour.FindIndex(all); at != nil {
		ts.Fatalf("a colour beyond eight: %q", all[at[0]:min(at[1]+10, len(all))])
	}
	ts.Logf("%d bytes", len(all))
}

// bytesASecond fails where a screen that nobody touches sends more than so many bytes a
// second, in so many seconds: bytes-a-second 500 6. A machine under load only sends less.
func (s *story) bytesASecond(ts *testscript.TestScript, _ bool, args []string) {
	most, err := strconv.ParseFloat(args[0], 64)
	ts.Check(err)
	seconds, err := strconv.Atoi(args[1])
	ts.Check(err)
	size := func() int {
		s.term.drawing.Lock()
		defer s.term.drawing.Unlock()
		return s.term.drawn.Len()
	}
	before, began := size(), time.Now()
	time.Sleep(time.Duration(seconds) * time.Second)
	rate := float64(size()-before) / time.Since(began).Seconds()
	ts.Logf("%.0f bytes/s", rate)
	if rate > most {
		ts.Fatalf("%.0f bytes/s, over %.0f", rate, most)
	}
}

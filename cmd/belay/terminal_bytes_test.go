package main

import (
	"regexp"
	"strconv"
	"strings"
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

// settled is how many windows a screen has to come to rest in: what is first seen of a table,
// a lock or a person is sent once, and on a busy machine late.
const settled = 5

// bytesASecond fails where a screen that nobody touches goes on to send more than so many
// bytes a second, looked at for so many seconds at a time: bytes-a-second 500 6. One quiet
// window is enough: a screen that sends too much does so in each.
func (s *story) bytesASecond(ts *testscript.TestScript, _ bool, args []string) {
	most, err := strconv.ParseFloat(args[0], 64)
	ts.Check(err)
	seconds, err := strconv.Atoi(args[1])
	ts.Check(err)
	var rates []string
	for range settled {
		from, began := s.drawnSoFar(), time.Now()
		time.Sleep(time.Duration(seconds) * time.Second)
		rate := float64(s.drawnSoFar()-from) / time.Since(began).Seconds()
		ts.Logf("%.0f bytes/s", rate)
		if rate <= most {
			return
		}
		rates = append(rates, strconv.FormatFloat(rate, 'f', 0, 64))
	}
	ts.Fatalf("%s bytes/s, each over %.0f:\n%s", strings.Join(rates, ", "), most, s.term.vt)
}

// drawnSoFar is how many bytes belay sent to the terminal.
func (s *story) drawnSoFar() int {
	s.term.drawing.Lock()
	defer s.term.drawing.Unlock()
	return s.term.drawn.Len()
}

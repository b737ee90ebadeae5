package journal

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// Skim returns the events of a journal file as Read does, and takes no line apart
// further than its envelope: what a line carries is looked at by who decodes it.
func Skim(path string) ([]Event, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	events, _, err := eventsOf(data, skimLine)
	if err != nil {
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	return events, nil
}

// skimLine reads the envelope of a line as encode writes it. One that is written in
// any other way is parsed whole.
func skimLine(line []byte) (Event, error) {
	e := Event{Line: line}
	rest, is := bytes.CutPrefix(line, []byte(`{"seq":`))
	n := bytes.IndexByte(rest, ',')
	if !is || n < 0 || line[len(line)-1] != '}' {
		return ParseLine(line)
	}
	seq, err := strconv.ParseInt(string(rest[:n]), 10, 64)
	if err != nil || seq < 1 {
		return ParseLine(line)
	}
	e.Seq = seq
	at, rest, is := skimText(rest[n:], "at")
	if !is {
		return ParseLine(line)
	}
	if e.At, err = time.Parse(time.RFC3339Nano, at); err != nil {
		return ParseLine(line)
	}
	kind, rest, is := skimText(rest, "kind")
	if !is || kind == "" {
		return ParseLine(line)
	}
	e.Kind = Kind(kind)
	if step, after, is := skimText(rest, "step"); is {
		e.Step, rest = step, after
	}
	if by, after, is := skimText(rest, "by"); is {
		e.By, rest = by, after
	}
	if rest[0] != ',' && len(rest) > 1 || bytes.HasPrefix(rest, []byte(`,"step":`)) ||
		bytes.HasPrefix(rest, []byte(`,"by":`)) {
		return ParseLine(line)
	}
	return e, nil
}

// skimText takes a field of a plain string off the front of what is left of a line.
func skimText(rest []byte, name string) (text string, after []byte, is bool) {
	after, is = bytes.CutPrefix(rest, []byte(`,"`+name+`":"`))
	n := bytes.IndexByte(after, '"')
	if !is || n < 0 || n+1 == len(after) || bytes.IndexByte(after[:n], '\\') >= 0 {
		return "", rest, false
	}
	return string(after[:n]), after[n+1:], true
}

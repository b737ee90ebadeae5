package migration

import (
	"fmt"
	"strings"
	"time"

	"belay/sqlview/pattern"
)

// Backfill is a file's own word, `-- belay: backfill` above its first
// statement, that its one UPDATE is to be run in batches. The team's tool sees a
// comment and runs the plain UPDATE.
type Backfill struct {
	// Key are the columns to walk by; empty = chosen.
	Key []string
	// BatchTime is how long one batch should take; 0 = as configured.
	BatchTime time.Duration
}

var backfillLine = pattern.New(`(?i)^--\s*belay:\s*backfill(?:\s+(.*))?$`)

// backfillHeader reads the word in the comments before the first statement, the
// only place where it is obeyed; nil = it is not there. fault says what in it
// cannot be read, "" = nothing.
func backfillHeader(sql []byte) (b *Backfill, fault string) {
	eachLine(sql, func(line string, header bool) {
		said := backfillLine.FindStringSubmatch(line)
		if said == nil || !header {
			return
		}
		if b != nil {
			fault = "it stands there twice"
			return
		}
		b = &Backfill{}
		for _, setting := range strings.Fields(said[1]) {
			if why := b.set(setting); why != "" && fault == "" {
				fault = why
			}
		}
	})
	return b, fault
}

// set takes one KEY=VALUE of the header and says what is wrong with it.
func (b *Backfill) set(setting string) string {
	name, value, ok := strings.Cut(setting, "=")
	switch {
	case !ok || value == "":
		return fmt.Sprintf("%q is not written as name=value", setting)
	case name == "key":
		b.Key = strings.Split(value, ",")
	case name == "batch-time":
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return fmt.Sprintf("batch-time=%s is no time span such as 50ms", value)
		}
		b.BatchTime = d
	default:
		return fmt.Sprintf("%q is neither key=… nor batch-time=…", setting)
	}
	return ""
}

// checkBackfill finds a header that cannot be read, or that stands where it is
// not obeyed: a plain UPDATE of a large table would run in its place.
func checkBackfill(file File) []Problem {
	if _, fault := backfillHeader(file.Bytes); fault != "" {
		return []Problem{{Kind: Marker, Paths: []string{file.Path}, Stops: true,
			Message: fmt.Sprintf("%s: -- belay: backfill: %s", file.Path, fault),
			Hint:    "write it as -- belay: backfill key=id batch-time=50ms; both settings may be left out"}}
	}
	if line := lateMarker(file.Bytes, backfillLine); line > 0 {
		return []Problem{{Kind: Marker, Paths: []string{file.Path}, Stops: true,
			Message: fmt.Sprintf("%s line %d: belay: backfill stands below the first statement and is not obeyed there",
				file.Path, line),
			Hint: "move it above the first statement"}}
	}
	return nil
}
